import type { JsonObject } from '../core/jose.ts';
import { isObject } from '../core/json.ts';
import type { Policy } from '../core/policy.ts';
import { visibleText } from '../core/visible-text.ts';
import type { Explanation } from '../telemetry/explanation.ts';
import { plainText, REMEDIES } from '../telemetry/remedies.ts';
import { whyOf } from '../telemetry/why.ts';
import { readArguments } from './arguments.ts';
import { type Command, CommandFailed, EXIT, type Terminal, UsageError } from './command.ts';
import { askedRequest } from './explain/asked-request.ts';
import { eventLines, readEvent } from './explain/event-text.ts';
import { explanationLines } from './explain/explanation-text.ts';
import { explainLive } from './explain/live.ts';
import { parseMoment } from './moment.ts';
import { type ExplainKeys, loadExplainOffline } from './offline/port.ts';
import { inCodeOf } from './policy-module.ts';
import { printReport } from './report.ts';
import { type CheckOptions, checkWorker } from './worker-check.ts';

const USAGE = `Says why a request gets the answer that it gets, and what to do about it.

  portcullis explain [METHOD] URL [options]
  portcullis explain --event FILE        from a line of the log; "-" is standard input

  --token -           read the token from standard input: it goes where Authorization: Bearer has it
  -H 'Name: value'    a header; may be given more than once
  --config <file>     the wrangler file, wrangler.toml by default
  --policy <file>     a module whose policy stands in code; the wrangler file has the bindings
  --env <name>        an environment of it
  --offline           ask no issuer for its keys: the signature is not checked then, and it says so
  --jwks <file>       a JWK Set in the place of what issuers publish
  --at <moment>       as if it were then: 2026-01-31T12:00:00Z or seconds since 1970
  --live <url>        ask the gateway that runs there, as its [vars.GATEWAY] explain allows; it asks its deny-list
  --token-file <file> the token that may ask it, or PORTCULLIS_TOKEN; not the one to explain
  --json
  --help

No origin is asked, and no deny-list: "portcullis lookup -" asks that. Keys are fetched from the issuers of the policy, as
the gateway would; secrets are read from .dev.vars beside the file. The token itself is never printed.
Exit codes: 0 explained, 1 the policy or the file is mistaken, 2 mistyped.`;

export const explain: Command = {
  summary: 'say why a request gets its answer',
  usage: USAGE,
  async run(args, terminal) {
    const { values, positionals } = readArguments(
      args,
      {
        token: { type: 'string' },
        header: { type: 'string', short: 'H', multiple: true },
        config: { type: 'string', default: 'wrangler.toml' },
        policy: { type: 'string' },
        env: { type: 'string' },
        event: { type: 'string' },
        offline: { type: 'boolean', default: false },
        jwks: { type: 'string' },
        at: { type: 'string' },
        live: { type: 'string' },
        'token-file': { type: 'string' },
        json: { type: 'boolean', default: false },
        help: { type: 'boolean', short: 'h' },
      },
      true,
    );
    if (values.event !== undefined) {
      if (positionals.length > 0) throw new UsageError('--event has the request already: leave out the URL.');
      const event = await readEvent(values.event, terminal);
      const { cause, mend } = event.remedy ?? {};
      if (values.json) terminal.out(JSON.stringify({ ...event.shown, cause, mend }, null, 2));
      else for (const line of eventLines(event, terminal.now())) terminal.out(line);
      return EXIT.done;
    }
    if (values.offline && values.jwks !== undefined) throw new UsageError('--offline and --jwks: only one.');
    const { live } = values;
    if (live !== undefined) {
      if (values.offline || values.jwks !== undefined || values.at !== undefined) {
        throw new UsageError(
          '--live: the gateway has its own policy, keys and clock. Leave out the other options.',
        );
      }
      if (values.token === '-' && values['token-file'] === '-') {
        throw new UsageError(
          'Standard input holds one token: name a file, or PORTCULLIS_TOKEN, for --token-file.',
        );
      }
      const asked = await askedRequest(positionals, values, terminal);
      print(await explainLive({ ...values, live }, asked, terminal), values.json, terminal);
      return EXIT.done;
    }
    const request = await askedRequest(positionals, values, terminal);
    const now = values.at === undefined ? terminal.now() : parseMoment('--at', values.at);
    const environment = values.env ?? (terminal.environment.CLOUDFLARE_ENV || undefined);
    const given = policyIn(
      values.config,
      { environment, deploy: false, inCode: await inCodeOf(values.policy) },
      terminal,
    );
    if (given === undefined) return EXIT.failed;
    const explainOffline = await loadExplainOffline();
    const explanation = await explainOffline(given.policy, request, {
      bindings: given.bindings,
      keys: await keysFrom(values, terminal),
      fetch,
      now,
    });
    print(explanation, values.json, terminal);
    return EXIT.done;
  },
};

function print(explanation: Explanation, json: boolean, { out }: Terminal): void {
  if (!json) {
    for (const line of explanationLines(explanation)) out(line);
    return;
  }
  const reason = explanation.reason ?? explanation.wouldRefuse;
  const remedy = reason === null ? {} : (REMEDIES[reason] ?? {});
  out(JSON.stringify({ ...explanation, why: whyOf(explanation), ...plain(remedy) }, null, 2));
}

const plain = (remedy: object): object =>
  Object.fromEntries(Object.entries(remedy).map(([name, text]) => [name, plainText(String(text))]));

interface GivenPolicy {
  readonly policy: Policy;
  readonly bindings: Readonly<Record<string, unknown>>;
}

function policyIn(file: string, options: CheckOptions, terminal: Terminal): GivenPolicy | undefined {
  const { compiled, file: read, report } = checkWorker(file, options);
  if (compiled?.kind === 'gateway' && read !== undefined) {
    return { policy: compiled.policy, bindings: read.bindings };
  }
  printReport(report, terminal);
  if (compiled !== undefined) terminal.err(`${visibleText(file)} is not a gateway's`);
  else if (read !== undefined) {
    terminal.err(
      `\nA gateway with this configuration answers 500 config_invalid to everything. ${plainText(REMEDIES.config_invalid.mend)}`,
    );
  }
  return undefined;
}

async function keysFrom(
  { offline, jwks }: { readonly offline: boolean; readonly jwks?: string | undefined },
  terminal: Terminal,
): Promise<ExplainKeys> {
  if (jwks === undefined) return offline ? 'none' : 'issuers';
  const set = await readSet(jwks, terminal);
  if (set === undefined)
    throw new CommandFailed(`${visibleText(jwks)} is no JWK Set: an object with "keys" (RFC 7517 §5).`);
  return { jwks: set };
}

async function readSet(file: string, terminal: Terminal): Promise<JsonObject | undefined> {
  try {
    // As a set that is fetched may begin with a byte order mark.
    const set = JSON.parse((await terminal.readFile(file)).replace(/^\uFEFF/, ''));
    return isObject(set) && Array.isArray(set.keys) ? set : undefined;
  } catch {
    return undefined;
  }
}
