import type { RequestContext } from '../core/context.ts';
import { withinDeadline } from '../core/deadline.ts';
import { err, ok, type Result } from '../core/result.ts';
import type { Clock, NumericDate } from '../core/time.ts';
import type { KeyTimes } from './rotation.ts';
import type { SealedKey, Sealer } from './sealing.ts';
import { PRIVATE_SHAPES } from './signing-key.ts';

const MINUTE = 60;
const HOUR = 60 * MINUTE;

/** An isolate asks for the key again after this, behind a request. */
const REFRESH_SECONDS = 5 * MINUTE;
/** And signs with what it has for no longer than this, while the object does not answer. */
const LEASE_SECONDS = 15 * MINUTE;
/** Longest life of what is signed. */
export const MAX_LIFETIME_SECONDS = 60;
/** A verifier's clock may be off by as much. */
const SKEW_SECONDS = 5 * MINUTE;
/** Least time between two attempts behind requests. */
const RETRY_SECONDS = 5;
const LEASE_TIMEOUT_MS = 2_000;

/**
 * A key is published for far longer than an isolate and a verifier hold their copies of the set before it signs, and
 * after it for as long as an isolate may still sign with it and what it signed is valid.
 */
export const IDENTITY_KEY_TIMES: KeyTimes = {
  publishSeconds: HOUR,
  rotateSeconds: 24 * HOUR,
  retainSeconds: LEASE_SECONDS + MAX_LIFETIME_SECONDS + SKEW_SECONDS,
};

/** What identity keys are sealed for (see `createSealer`). */
export const IDENTITY_SEAL = 'identity keys';

/** What the object hands to an isolate: the current key, sealed, and the published set. A type: it crosses RPC. */
export type IdentityKeyLease = {
  readonly kid: string;
  readonly sealed: SealedKey;
  readonly jwks: string;
};

export interface LeasedKey {
  readonly kid: string;
  /** Cannot be exported. */
  readonly key: CryptoKey;
  readonly jwks: string;
}

export interface KeyLeaser {
  /** The key to sign with: at once from memory, but for an isolate's first request. `signing_unavailable` otherwise. */
  current(context: RequestContext): Result<LeasedKey> | Promise<Result<LeasedKey>>;
}

interface Held {
  readonly key: LeasedKey;
  readonly since: NumericDate;
}

/**
 * One per isolate. A refresh runs behind the request that finds one due; an isolate without a key asks for one in each
 * request that needs it, since no request may wait for another's I/O.
 */
export function createKeyLeaser(
  lease: () => Promise<IdentityKeyLease>,
  sealer: Sealer,
  clock: Clock,
): KeyLeaser {
  let held: Held | undefined;
  let nextAttempt = 0;
  const renew = async (): Promise<Result<LeasedKey>> => {
    const since = clock();
    try {
      const { kid, sealed, jwks } = await withinDeadline(LEASE_TIMEOUT_MS, lease);
      const known = held?.key.kid === kid ? held.key.key : undefined;
      const key = known ?? (await sealer.open(sealed, PRIVATE_SHAPES.ES256, kid));
      held = { key: { kid, key, jwks }, since };
      return ok(held.key);
    } catch (error) {
      // Only the kind: a message may carry what it was given.
      const evidence = error instanceof Error ? error.name : 'thrown';
      return err({ reason: 'signing_unavailable', evidence, retryAfterSeconds: RETRY_SECONDS });
    }
  };
  return {
    current({ now, waitUntil, emit }) {
      const age = held === undefined ? Number.POSITIVE_INFINITY : now - held.since;
      if (held === undefined || age >= LEASE_SECONDS) return renew();
      if (age >= REFRESH_SECONDS && now >= nextAttempt) {
        nextAttempt = now + RETRY_SECONDS;
        const refreshing = renew().then((renewed) => {
          if (!renewed.ok) emit({ event: 'identity_key_refresh_failed', level: 'warn' });
        });
        waitUntil(refreshing);
      }
      return ok(held.key);
    },
  };
}
