import { parseDuration } from '../config/duration.ts';
import { didYouMean, quoted } from '../config/problem.ts';
import type { JsonValue } from '../core/jose.ts';
import { visibleText } from '../core/visible-text.ts';
import { readArguments } from './arguments.ts';
import { type Command, CommandFailed, EXIT, type Terminal, UsageError } from './command.ts';
import { type DevState, STATE_FILE } from './dev/state.ts';
import type { TokenOrder } from './dev/token-server.ts';
import { SHAPES } from './stand-in/shapes.ts';

const USAGE = `Prints a token of a stand-in issuer of the running portcullis dev, and nothing else.

  portcullis token --issuer acme --scope orders:read

  --issuer <name>        of an ISSUERS table; may be left out where there is one
  --subject <text>       user-1 by default
  --audience <text>      may be given more than once
  --scope <scope>        may be given more than once, or several with spaces between
  --claim <name=value>   any other; a value that is JSON is taken as JSON; /org/tenant_id reaches into objects
  --without <name>       leaves a claim out
  --expires-in <time>    5m by default; -1m: it has expired
  --issued-ago <time>    -5m: it is of the future
  --type <text>          "typ" of the header
  --alg <name>           "alg" of the header; none: unsigned
  --kid <text>           "kid" of the header
  --forged               signed with a key of nobody
  --like <provider>      claims as its tokens have them: ${Object.keys(SHAPES).join(', ')}
  --help

These tokens are good at the gateway that portcullis dev runs, while it runs, and nowhere else: their keys are made when it
starts, and no deployed gateway knows them.`;

export const token: Command = {
  summary: 'make a token for portcullis dev, good or bad',
  usage: USAGE,
  async run(args, terminal) {
    const { values } = readArguments(args.flatMap(signedTime), {
      issuer: { type: 'string' },
      subject: { type: 'string' },
      audience: { type: 'string', multiple: true },
      scope: { type: 'string', multiple: true },
      claim: { type: 'string', multiple: true, default: [] },
      without: { type: 'string', multiple: true },
      'expires-in': { type: 'string' },
      'issued-ago': { type: 'string' },
      type: { type: 'string' },
      alg: { type: 'string' },
      kid: { type: 'string' },
      forged: { type: 'boolean', default: false },
      like: { type: 'string' },
      help: { type: 'boolean', short: 'h' },
    });
    const [audience, ...more] = values.audience ?? [];
    const order: TokenOrder = {
      issuer: values.issuer,
      wish: {
        subject: values.subject,
        audience: more.length > 0 ? values.audience : audience,
        scope: values.scope?.flatMap((scope) => scope.split(' ').filter((word) => word !== '')),
        claims: { ...shapeOf(values.like), ...Object.fromEntries(values.claim.map(parseClaim)) },
        without: values.without,
        expiresInSeconds: seconds('--expires-in', values['expires-in']),
        issuedAgoSeconds: seconds('--issued-ago', values['issued-ago']),
        type: values.type,
        algorithm: values.alg,
        kid: values.kid,
        signature: values.forged ? 'forged' : 'valid',
      },
    };
    terminal.out(await ask(await readState(terminal), order));
    return EXIT.done;
  },
};

/** `--expires-in -1m` as it is meant: a dash alone would make another option of it. */
const signedTime = (arg: string, index: number, args: readonly string[]): string[] => {
  const takesTime = (name: string | undefined) => name === '--expires-in' || name === '--issued-ago';
  if (takesTime(args[index - 1]) && /^-\d/.test(arg)) return [];
  const next = args[index + 1] ?? '';
  return [takesTime(arg) && /^-\d/.test(next) ? `${arg}=${next}` : arg];
};

function shapeOf(name: string | undefined): Readonly<Record<string, JsonValue>> {
  if (name === undefined) return {};
  const shape = SHAPES[name];
  if (shape !== undefined && Object.hasOwn(SHAPES, name)) return shape;
  const hint = didYouMean(name, Object.keys(SHAPES));
  throw new UsageError(
    `--like: allowed: ${quoted(Object.keys(SHAPES))}${hint === undefined ? '' : `; ${hint}`}`,
  );
}

function parseClaim(text: string): [string, JsonValue] {
  const [, name, value = ''] = /^([^=]+)=(.*)$/s.exec(text) ?? [];
  if (name === undefined) throw new UsageError(`--claim: expected name=value, found "${visibleText(text)}"`);
  try {
    return [name, JSON.parse(value)];
  } catch {
    return [name, value];
  }
}

function seconds(option: string, text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  const past = text.startsWith('-');
  const ms = parseDuration(past ? text.slice(1) : text);
  if (ms === undefined)
    throw new UsageError(`${option}: expected 30s, 5m, 1h, or -1m, found "${visibleText(text)}"`);
  return (past ? -ms : ms) / 1000;
}

async function readState({ exists, readFile }: Terminal): Promise<DevState> {
  if (!(await exists(STATE_FILE))) {
    throw new CommandFailed(
      'portcullis dev does not run here. Start it first, in another terminal in this folder: npx portcullis dev',
      EXIT.unavailable,
    );
  }
  const state: DevState = JSON.parse(await readFile(STATE_FILE));
  return state;
}

async function ask({ url, key }: DevState, order: TokenOrder): Promise<string> {
  const request = {
    method: 'POST',
    headers: { authorization: `Bearer ${key}` },
    body: JSON.stringify(order),
  };
  const response = await fetch(`${url}/token`, request).catch(() => undefined);
  if (response === undefined) {
    throw new CommandFailed('portcullis dev does not answer: start it again', EXIT.unavailable);
  }
  const answer = (await response.json()) as { readonly token?: string; readonly error?: string };
  if (answer.token === undefined)
    throw new CommandFailed(visibleText(answer.error ?? `HTTP ${response.status}`));
  return answer.token;
}
