import type { RequestContext } from '../core/context.ts';
import type { Result } from '../core/result.ts';
import type { NumericDate } from '../core/time.ts';

/** What a store holds under one key, as far as a decision needs it. */
export interface StoredRevocation {
  /** The watermark; undefined when what is there is not a NumericDate. */
  readonly issuedBefore: NumericDate | undefined;
  /** When the store will forget it; undefined when the writer did not say. */
  readonly expiresAt: NumericDate | undefined;
}

/** What every answer says of the store itself. */
export interface StoreMark {
  /** Names the store's life; undefined when the store was never marked, or has lost its data. */
  readonly epoch: string | undefined;
  /** Grows with every write, whatever the epoch; undefined: this answer does not tell. */
  readonly position?: number | undefined;
  /** How long after a token's issue its issuer's revocations are kept, by `iss`; undefined: no writer has said. Seconds. */
  readonly keptSeconds?: ReadonlyMap<string, number> | undefined;
}

export interface RevocationAnswer extends StoreMark {
  /** In the order of the keys asked for; undefined: not there. */
  readonly values: readonly (StoredRevocation | undefined)[];
}

/**
 * A store as the decision reads it. Never throws: a failure is a cause that is safe to log.
 * An answer that is anything but exactly one value or absence per key is a failure.
 */
export interface RevocationReader {
  /** One round trip for all keys (`revocationKey`), answered or failed within `timeoutMs`. */
  read(keys: readonly string[], timeoutMs: number): Promise<Result<RevocationAnswer, string>>;
}

/** The isolate's own copy of the deny-list, as `replicated` asks it. Never throws. */
export interface RevocationReplica {
  /** In seconds; undefined without a copy, or with one whose age cannot be told. */
  age(now: NumericDate): number | undefined;
  /** Whether any of the keys may be revoked for a token issued then. A hit is no proof; without a copy there is none. */
  hits(keys: readonly string[], issuedAt: NumericDate | undefined): boolean;
  /** Starts a refresh behind the request when one is due and none is under way. Returns at once. */
  refreshBehind(maxStalenessSeconds: number, context: RequestContext): void;
  status(now: NumericDate): ReplicaStatus;
}

export interface ReplicaStatus {
  readonly state: 'none' | 'ready';
  readonly ageSeconds: number | undefined;
  readonly records: number;
  readonly bytes: number;
  readonly lastFault: string | undefined;
}
