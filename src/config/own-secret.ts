import { ASSUMED_SECRET } from './named-secret.ts';
import { MIN_SECRET_LENGTH } from './place.ts';
import { type ConfigProblem, problem } from './problem.ts';
import type { Bindings } from './variables.ts';

/** Secrets that a Worker makes for itself and nobody else holds; either may be absent, at what that costs. */
const COSTS = {
  CACHE_SECRET:
    'without it isolates share nothing: each fetches every key set, and loads and follows the deny-list, by itself',
  AUDIT_SECRET:
    'without it the audit line names what was revoked by kind and issuer alone: no digest, as one without a key could be guessed',
  METRICS_TOKEN: 'without it there is nothing at /metrics',
} as const;

export type OwnSecret = keyof typeof COSTS;

const ALLOWED = `a secret of at least ${MIN_SECRET_LENGTH} characters, made for this and used for nothing else`;

/** undefined: none is set. */
export const ownSecret = (bindings: Bindings, name: OwnSecret): string | undefined =>
  typeof bindings[name] === 'string' ? bindings[name] : undefined;

/** A secret that could be guessed, or that somebody else holds, is worse than none. It is never repeated. */
export function checkOwnSecret(bindings: Bindings, name: OwnSecret, problems: ConfigProblem[]): void {
  const secret = bindings[name];
  if (secret === undefined) return;
  const found =
    typeof secret !== 'string'
      ? 'no text'
      : secret.length < MIN_SECRET_LENGTH
        ? `a secret of ${secret.length} characters`
        : twinOf(bindings, name);
  if (found !== undefined) problems.push(problem([name], found, ALLOWED));
}

/** What to say of a secret that another binding holds as well, and with it whoever that one is for. */
export function twinOf(bindings: Bindings, name: string): string | undefined {
  if (bindings[name] === ASSUMED_SECRET) return undefined;
  const twin = Object.keys(bindings).find((other) => other !== name && bindings[other] === bindings[name]);
  return twin === undefined ? undefined : `the same text as ${twin}`;
}

/** Told by the Worker as it starts: the file that is checked cannot know what is set at deploy. */
export const warningWithout = (name: OwnSecret): ConfigProblem =>
  problem([name], 'nothing', ALLOWED, COSTS[name]);
