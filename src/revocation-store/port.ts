import type { RevocationKind, RevocationPredicate, RevocationTarget } from '../core/revocation.ts';
import type { NumericDate } from '../core/time.ts';

/** One deny-list entry as written: what, until when, and its audit trail. */
export interface RevocationEntry extends RevocationEvent {
  readonly predicate: RevocationPredicate;
  /** When the last token it can hit has expired; the store forgets it then. */
  readonly expiresAt: NumericDate;
  /** What was said when it was revoked before, the oldest first; absent: this was the first time. */
  readonly history?: readonly RevocationEvent[];
}

/** Who asked for a revocation (client or subject identifier), through which intake, and why. Free text, bounded by the intake. */
export interface RevocationEvent {
  readonly revokedAt: NumericDate;
  readonly revokedBy: string;
  readonly intake: string;
  readonly reason: string;
}

/** Which entries a listing is of. */
export interface ListFilter {
  /** Only theirs are looked at. */
  readonly issuers: readonly string[];
  /** undefined: all. */
  readonly kinds?: readonly RevocationKind[] | undefined;
  /** By when they were last revoked, both ends included. */
  readonly revokedFrom?: NumericDate | undefined;
  readonly revokedTo?: NumericDate | undefined;
}

export interface RevocationPage {
  readonly entries: readonly RevocationEntry[];
  /** Of the next page; undefined: this is the last. Names no entry of issuers that the filter does not. */
  readonly cursor: string | undefined;
}

/** How a store's life stands. */
export interface StoreLife {
  readonly epoch: string | undefined;
  readonly position: number;
  readonly keptSeconds: ReadonlyMap<string, number> | undefined;
}

/**
 * What the control Worker writes through; both backends (Redis, Durable Object) pass one contract suite.
 * Each call is atomic (value and change log together) and idempotent. Throws `StoreUnavailable` when it is
 * not certain that the write is stored.
 */
export interface RevocationStore {
  /**
   * Writes all entries or none, and tells them as they are stored. A later watermark or expiry wins over an earlier one,
   * never the reverse; what was said before stays as history. Begins no epoch.
   */
  revoke(entries: readonly RevocationEntry[]): Promise<readonly RevocationEntry[]>;
  /** Whether there was something to remove. */
  unrevoke(target: RevocationTarget, by: string, now: NumericDate): Promise<boolean>;
  lookup(target: RevocationTarget, now: NumericDate): Promise<RevocationEntry | undefined>;
  list(
    filter: ListFilter,
    cursor: string | undefined,
    limit: number,
    now: NumericDate,
  ): Promise<RevocationPage>;
  /** Remembers `id` for `ttlSeconds`; false when it was already there (replay of a logout token or SET). */
  claimOnce(id: string, ttlSeconds: number): Promise<boolean>;
  /** Whether `id` is claimed now. Asked before a write whose claim follows it, so that a retry is no replay. */
  isClaimed(id: string): Promise<boolean>;
  life(): Promise<StoreLife>;
  /**
   * Begins a new epoch: whoever is in doubt about this store takes what it holds for all there is. `ifUnmarked`: only
   * in a store without one. Tells the epoch that stands now, and the one before.
   */
  adopt(how?: { readonly ifUnmarked: boolean }): Promise<{
    readonly epoch: string;
    readonly previous: string | undefined;
  }>;
  /**
   * Begins the first epoch of a store that was never marked, where a memory outside it can tell that from one that was
   * lost; absent where none can, or none is needed. To be called before anything else: cheap once it has done its work.
   */
  begin?(): Promise<void>;
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
