import { nearest } from './suggestion.ts';

/** One mistake in the configuration, or (as a warning) one doubt about it. */
export interface ConfigProblem {
  /** Where, in the words of wrangler.toml below `[vars]`, such as `ROUTES.orders.revocation.mode`. */
  readonly path: string;
  /** What is there: short, never the value of a secret. */
  readonly found: string;
  readonly allowed: string;
  readonly hint?: string;
}

/** For the log: a problem as one line. */
export const problemLine = ({ path, found, allowed, hint }: ConfigProblem): string =>
  `${path}: found ${found}; allowed: ${allowed}${hint === undefined ? '' : `; ${hint}`}`;

export type PathSegment = string | number;

const SHOWN_LENGTH = 60;
/** Keys whose value is never repeated: a key set may hold private members, a binding name may be the secret itself. */
const CONFIDENTIAL_KEYS: ReadonlySet<string> = new Set([
  'jwks',
  'pem',
  'decryption_keys',
  'hmac_secret',
  'secret',
  'client_secret',
  'authorization',
  'sealing_keys',
  'url',
  'routing_key',
]);

/** `found` is shown as the kind of value only, and no hint repeats it, where any key on the way to it is confidential. */
export function problemAt(
  path: readonly PathSegment[],
  found: unknown,
  allowed: string,
  hint?: string,
): ConfigProblem {
  const confidential = path.some((segment) => CONFIDENTIAL_KEYS.has(String(segment)));
  return confidential ? problem(path, kindOf(found), allowed) : problem(path, shown(found), allowed, hint);
}

/** As `problemAt`, with words of one's own for what was found. */
export function problem(
  path: readonly PathSegment[],
  found: string,
  allowed: string,
  hint?: string,
): ConfigProblem {
  const base = { path: pathText(path), found, allowed };
  return hint === undefined ? base : { ...base, hint };
}

export function didYouMean(word: string, candidates: Iterable<string>): string | undefined {
  const candidate = nearest(word, candidates);
  return candidate === undefined ? undefined : `did you mean ${JSON.stringify(candidate)}?`;
}

export const quoted = (words: Iterable<string>): string =>
  [...words].map((word) => JSON.stringify(word)).join(', ');

function pathText(path: readonly PathSegment[]): string {
  let text = '';
  for (const segment of path) {
    if (typeof segment === 'number') text += `[${segment}]`;
    else text += `${text === '' ? '' : '.'}${/^[\w-]{1,64}$/.test(segment) ? segment : shown(segment)}`;
  }
  return text;
}

/** A value in a few characters, without what may be credentials (all before an `@`) or a query. */
function shown(value: unknown): string {
  if (value === undefined) return 'nothing';
  if (typeof value === 'number' || typeof value === 'boolean' || value === null) return String(value);
  if (typeof value !== 'string') return kindOf(value);
  const safe = value.replace(/^.*@/s, '…@').replace(/\?.*$/s, '?…');
  return JSON.stringify(safe.length > SHOWN_LENGTH ? `${safe.slice(0, SHOWN_LENGTH)}…` : safe);
}

/** A value's kind and size, and nothing of what it says. */
export function kindOf(value: unknown): string {
  if (value === undefined) return 'nothing';
  if (typeof value === 'string') return value === '' ? '""' : `a string of ${value.length} characters`;
  if (Array.isArray(value)) return value.length === 0 ? 'an empty list' : `a list of ${value.length}`;
  if (typeof value === 'object' && value !== null) return 'a table';
  return value === null ? 'null' : `a ${typeof value}`;
}
