import type { JsonObject } from '../core/jose.ts';
import type { NumericDate } from '../core/time.ts';
import type { SealedKey } from './sealed-key.ts';

/** Algorithms the service signs with (RFC 9068 §2.1; RFC 8037 for EdDSA). */
export const SIGNING_ALGORITHMS = ['ES256', 'RS256', 'EdDSA'] as const;
export type SigningAlgorithm = (typeof SIGNING_ALGORITHMS)[number];

/** One signing key at rest: public in the clear, private sealed. */
export interface RingKey {
  /** RFC 7638 thumbprint. */
  readonly kid: string;
  readonly algorithm: SigningAlgorithm;
  readonly publicJwk: JsonObject;
  readonly sealed: SealedKey;
  readonly publishedAt: NumericDate;
  /** When it stopped signing; null while it has not. */
  readonly retiredAt: NumericDate | null;
}

/** `next` is published and does not sign yet, `current` signs, `previous` only verify. */
export interface Keyring {
  readonly next: RingKey;
  readonly current: RingKey;
  readonly previous: readonly RingKey[];
  /** When `next` is wanted as `current`; it happens no sooner than its publication allows. */
  readonly rotateAt: NumericDate;
}

/** Seconds. */
export interface KeyTimes {
  /** How long a key is published before it signs: the longest that a verifier takes its copy of the set for fresh. */
  readonly publishSeconds: number;
  readonly rotateSeconds: number;
  /** How long a retired key stays published: the longest token lifetime and the verifiers' clock tolerance. */
  readonly retainSeconds: number;
}

/** The first ring: nobody can hold an older copy of the set, so `current` signs at once. */
export const newKeyring = (
  current: RingKey,
  next: RingKey,
  { rotateSeconds }: KeyTimes,
  now: NumericDate,
): Keyring => ({ current, next, previous: [], rotateAt: now + rotateSeconds });

/** When `next` takes the place of `current` by itself. */
export const promotionAt = ({ next, rotateAt }: Keyring, { publishSeconds }: KeyTimes): NumericDate =>
  Math.max(rotateAt, next.publishedAt + publishSeconds);

const isKept = ({ retiredAt }: RingKey, { retainSeconds }: KeyTimes, now: NumericDate): boolean =>
  retiredAt === null || now < retiredAt + retainSeconds;

/** When the ring changes next by itself. */
export const changesAt = (ring: Keyring, times: KeyTimes): NumericDate =>
  Math.min(
    promotionAt(ring, times),
    ...ring.previous.map(({ retiredAt }) => (retiredAt ?? Number.POSITIVE_INFINITY) + times.retainSeconds),
  );

/** Brings the ring to `now`: forgets what no valid token is signed with, promotes `next` when its time has come. */
export function advance(ring: Keyring, times: KeyTimes, spare: RingKey, now: NumericDate): Keyring {
  const kept = { ...ring, previous: ring.previous.filter((key) => isKept(key, times, now)) };
  return now >= promotionAt(ring, times) ? promote(kept, times, spare, now) : kept;
}

function promote(ring: Keyring, times: KeyTimes, spare: RingKey, now: NumericDate): Keyring {
  return {
    current: ring.next,
    next: spare,
    previous: [{ ...ring.current, retiredAt: now }, ...ring.previous],
    rotateAt: now + times.rotateSeconds,
  };
}

/** A rotation on command; it waits until `next` has been published for long enough. */
export const hasten = (ring: Keyring, now: NumericDate): Keyring => ({
  ...ring,
  rotateAt: Math.min(ring.rotateAt, now),
});

/** What takes the place of a key that goes. */
export interface Replacement {
  readonly times: KeyTimes;
  readonly spare: RingKey;
}

/**
 * Emergency: the key leaves the set at once, whatever its stage. For a leaked `current` the `next` signs from now on,
 * even if just published: verifiers look an unknown key up, and a token of a leaked key is worse than a late one.
 * Does NOT write the deny-list; until verifiers fetch the set again only that stops tokens of the key.
 */
export function withdraw(
  ring: Keyring,
  kid: string,
  { times, spare }: Replacement,
  now: NumericDate,
): Keyring {
  if (ring.next.kid === kid) return { ...ring, next: spare };
  const others = { ...ring, previous: ring.previous.filter((key) => key.kid !== kid) };
  if (ring.current.kid !== kid) return others;
  const promoted = promote(others, times, spare, now);
  return { ...promoted, previous: others.previous };
}

/** A `next` of another algorithm than the configured one has signed nothing and gives way. */
export const withAlgorithm = (ring: Keyring, algorithm: SigningAlgorithm, spare: RingKey): Keyring =>
  ring.next.algorithm === algorithm ? ring : { ...ring, next: spare };

export const publishedKeys = ({ current, next, previous }: Keyring): readonly RingKey[] => [
  current,
  next,
  ...previous,
];

export type KeyStage = 'next' | 'current' | 'previous';

export const stageOf = (ring: Keyring, { kid }: RingKey): KeyStage =>
  kid === ring.current.kid ? 'current' : kid === ring.next.kid ? 'next' : 'previous';
