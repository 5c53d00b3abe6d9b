import { dirname, join } from 'node:path';
import type { Policy } from '../core/policy.ts';
import { visibleText } from '../core/visible-text.ts';
import { readArguments } from './arguments.ts';
import { type Command, CommandFailed, EXIT, type Terminal, UsageError } from './command.ts';
import { counted } from './report.ts';
import { unreachable } from './review/audit-reach.ts';
import { type Concern, concernsOf } from './review/audit-rules.ts';
import { tokenText } from './review/print-judgement.ts';
import { type Proof, prove } from './review/prove.ts';
import { readSentence } from './review/sentence.ts';
import { type AuditFile, NO_AUDIT_FILE, readAuditFile } from './review/silences.ts';
import { readPolicy } from './review/sources.ts';

const DEFAULT_FILE = 'portcullis.audit.toml';

const USAGE = `Asks what a careful reviewer would ask about a policy, and proves sentences about it.

  portcullis audit                    wrangler.toml, with ${DEFAULT_FILE} beside it where there is one
  portcullis audit --assert <sentence>
                                      nothing but the sentence; may be given more than once

  --config <file>     another wrangler file
  --policy <file>     a module whose policy stands in code; the wrangler file has the bindings
  --env <name>        an environment of it
  --json              as JSON
  --help

Sentences: no request [with method "POST"] reaches (any origin | origin "o" | route "r" | host "h" | path "/p/*")
  [without (a token | scope "s:*" | issuer "i" | client "c" | claim "c" [equal to "v"]) [from issuer "i"] [and …]]

docs/reviewing.md explains both. Exit codes: 0 nothing to ask and all sentences hold, 1 otherwise, 2 mistyped.`;

interface Proven {
  readonly sentence: string;
  readonly proof: Proof;
}

export const audit: Command = {
  summary: 'ask what a reviewer would ask, and prove sentences about a policy',
  usage: USAGE,
  async run(args, terminal) {
    const { values } = readArguments(args, {
      config: { type: 'string', default: 'wrangler.toml' },
      policy: { type: 'string' },
      env: { type: 'string' },
      assert: { type: 'string', multiple: true },
      json: { type: 'boolean', default: false },
      help: { type: 'boolean', short: 'h' },
    });
    const { config } = values;
    const file = values.policy ?? config;
    if (!(await terminal.exists(file))) throw new CommandFailed(visibleText(`${file} is not there.`));
    const policy = await readPolicy(file, { config, environment: values.env });
    const asked = values.assert === undefined;
    const notes = asked ? await auditFile(join(dirname(config), DEFAULT_FILE), terminal) : NO_AUDIT_FILE;
    const concerns = asked ? [...concernsOf(policy), ...unreachable(policy)] : [];
    const proven = await proveAll(values.assert ?? notes.assert, policy, asked);
    const open = [
      ...concerns.filter(({ name }) => !notes.silence.has(name)),
      ...uselessSilences(notes, concerns),
    ];
    const silenced = concerns.length - concerns.filter(({ name }) => !notes.silence.has(name)).length;
    if (values.json) {
      terminal.out(JSON.stringify({ concerns: open, silenced, assertions: proven }, null, 2));
    } else {
      print({ open, silenced, proven, asked }, terminal);
    }
    return open.length === 0 && proven.every(({ proof }) => proof.outcome === 'holds')
      ? EXIT.done
      : EXIT.failed;
  },
};

async function auditFile(path: string, { exists, readFile }: Terminal): Promise<AuditFile> {
  return (await exists(path)) ? readAuditFile(path, await readFile(path)) : NO_AUDIT_FILE;
}

/** A sentence that cannot be read is a mistyped argument, or a mistaken file. */
async function proveAll(
  texts: readonly string[],
  policy: Policy,
  ofFile: boolean,
): Promise<readonly Proven[]> {
  const proven: Proven[] = [];
  for (const text of texts) {
    const sentence = readSentence(text);
    if (!sentence.ok) {
      const message = visibleText(`${text}: ${sentence.error}`);
      throw ofFile ? new CommandFailed(message) : new UsageError(message);
    }
    proven.push({ sentence: text, proof: await prove(sentence.value, policy) });
  }
  return proven;
}

const uselessSilences = ({ silence }: AuditFile, concerns: readonly Concern[]): readonly Concern[] =>
  [...silence.keys()]
    .filter((name) => !concerns.some((concern) => concern.name === name))
    .map((name) => ({
      name: `silence.${name}`,
      what: `${DEFAULT_FILE} silences ${name}, which nothing asks`,
      why: 'the next one of that name would go unseen',
      reference: 'docs/reviewing.md',
    }));

interface Findings {
  readonly open: readonly Concern[];
  readonly silenced: number;
  readonly proven: readonly Proven[];
  readonly asked: boolean;
}

function print({ open, silenced, proven, asked }: Findings, { out }: Terminal): void {
  for (const { name, what, why, reference } of open) {
    out(visibleText(what));
    out(visibleText(`  ${why} (${reference})`));
    out(visibleText(`  silenced by "${name}" = "why it is right here"`));
    out('');
  }
  for (const { sentence, proof } of proven)
    for (const line of proofLines(sentence, proof)) out(visibleText(line));
  if (!asked) return;
  const quiet = silenced === 0 ? '' : `, ${silenced} silenced`;
  out(`${open.length === 0 ? 'nothing to ask' : counted(open.length, 'question')}${quiet}`);
}

function proofLines(sentence: string, proof: Proof): readonly string[] {
  switch (proof.outcome) {
    case 'holds':
      return [`holds      ${sentence}`, `           (${counted(proof.regions, 'region')} of requests)`];
    case 'undecided':
      return [
        `undecided  ${sentence}`,
        `           what route ${proof.route} requires is beyond what is judged exactly`,
      ];
    case 'nothing':
      return [`says nothing  ${sentence}`, `           there is no ${proof.missing}`];
    case 'fails': {
      const { method, url, token } = proof.counterexample;
      const doubt = proof.confirmed ? '' : ' (unconfirmed: please report it)';
      return [
        `FAILS      ${sentence}`,
        `           ${method} ${url}, ${tokenText(token)}: let through by route ${proof.route}${doubt}`,
      ];
    }
  }
}
