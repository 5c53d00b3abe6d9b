import type { RevocationPredicate, RevocationTarget } from '../core/revocation.ts';
import type { NumericDate } from '../core/time.ts';

/** One deny-list entry as written: what, until when, and its audit trail. */
export interface RevocationEntry {
  readonly predicate: RevocationPredicate;
  /** When the last token it can hit has expired; the store forgets it then. */
  readonly expiresAt: NumericDate;
  readonly revokedAt: NumericDate;
  /** Who asked (client or subject identifier), through which intake, and why. Free text, bounded by the intake. */
  readonly revokedBy: string;
  readonly intake: string;
  readonly reason: string;
}

/**
 * What the control Worker writes through; both backends (Redis, Durable Object) pass one contract suite.
 * Each call is atomic (value and change log together) and idempotent. Throws `StoreUnavailable` when it is
 * not certain that the write is stored.
 */
export interface RevocationStore {
  /** Writes all entries or none. A later watermark or expiry wins over an earlier one, never the reverse. */
  revoke(entries: readonly RevocationEntry[]): Promise<void>;
  /** Whether there was something to remove. */
  unrevoke(target: RevocationTarget, by: string, now: NumericDate): Promise<boolean>;
  lookup(target: RevocationTarget, now: NumericDate): Promise<RevocationEntry | undefined>;
  list(
    cursor: string | undefined,
    limit: number,
    now: NumericDate,
  ): Promise<{ readonly entries: readonly RevocationEntry[]; readonly cursor: string | undefined }>;
  /** Remembers `id` for `ttlSeconds`; false when it was already there (replay of a logout token or SET). */
  claimOnce(id: string, ttlSeconds: number): Promise<boolean>;
  /** Whether `id` is claimed now. Asked before a write whose claim follows it, so that a retry is no replay. */
  isClaimed(id: string): Promise<boolean>;
  /**
   * Housekeeping that is not part of any write, such as the snapshots replicas start from; absent where the backend
   * needs none. Cheap when nothing is due. To be called behind writes and from a cron. Throws `StoreUnavailable`.
   */
  maintain?(now: NumericDate): Promise<void>;
}

/** The store did not confirm. The caller answers 503 and the sender retries. */
export class StoreUnavailable extends Error {
  override readonly name = 'StoreUnavailable';
}
