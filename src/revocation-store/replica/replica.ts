import type { RequestContext } from '../../core/context.ts';
import { remember } from '../../core/remember.ts';
import type { Result } from '../../core/result.ts';
import type { Clock, NumericDate } from '../../core/time.ts';
import type { EpochWatch } from '../../revocation/epoch-watch.ts';
import type { ReplicaStatus, RevocationReplica } from '../../revocation/port.ts';
import { comparePositions, type Manifest, type Position, type RevocationFeed } from '../feed.ts';
import type { ColoCache } from './colo-cache.ts';
import { type ColoHead, type ColoShare, createColoShare, noColoShare } from './colo-share.ts';
import {
  BACKGROUND_TIMEOUT_MS,
  MAX_CHANGE_PAGES,
  MAX_REBUILD_SECONDS,
  MAX_RECORDS,
  MIN_REBUILD_SECONDS,
  REFRESH_ALONE_AT,
  REFRESH_AT,
} from './limits.ts';
import { loadSnapshot } from './load-snapshot.ts';
import { type Fingerprint, fingerprint } from './record.ts';
import { ReplicaTable } from './table.ts';

/** All revocations as they were at `asOf`. */
interface Copy {
  readonly epoch: string;
  readonly table: ReplicaTable;
  position: Position;
  /** When the read that brought it up to date was sent. */
  asOf: NumericDate;
  /** Changes may be missing: it gets no younger, and is replaced. */
  gap: boolean;
}

export interface ReplicaOptions {
  readonly feed: RevocationFeed;
  readonly clock: Clock;
  /** Where the isolates of one colo share what one of them has read; undefined: every isolate asks for itself. */
  readonly colo?: ColoCache | undefined;
  /** Of the table's hash; random unless a test says otherwise. */
  readonly seeds?: (() => readonly [number, number]) | undefined;
}

/** Tied to the list of a token's keys, which the verified-token cache keeps: hashed once per token, not per request. */
const fingerprintsOf = remember((keys: readonly string[]): readonly Fingerprint[] => keys.map(fingerprint));

/** For `createRevocation`, which knows whose life the store is in. */
export const replicaOf =
  (options: ReplicaOptions) =>
  (epochs: EpochWatch): RevocationReplica =>
    new Replica(options, epochs);

/**
 * The isolate's own copy of the deny-list: built from a snapshot, kept current by the changes since. It knows how
 * old it is and never claims to be younger; when changes may be missing it stops getting younger and is built anew,
 * so it ages out of every route's bound rather than go on incomplete.
 */
class Replica implements RevocationReplica {
  readonly #feed: RevocationFeed;
  readonly #clock: Clock;
  readonly #colo: ColoShare;
  readonly #epochs: EpochWatch;
  readonly #seeds: () => readonly [number, number];
  #copy: Copy | undefined;
  #busyUntil: NumericDate = 0;
  #rebuildAfter: NumericDate = 0;
  #failures = 0;
  #fault: string | undefined;
  /** Whether it has been told that the copy cannot be brought up to date. */
  #toldFailing = false;

  constructor({ feed, clock, colo, seeds }: ReplicaOptions, epochs: EpochWatch) {
    this.#feed = feed;
    this.#clock = clock;
    this.#epochs = epochs;
    this.#colo = colo ? createColoShare(feed, colo) : noColoShare(feed);
    this.#seeds = seeds ?? randomSeeds;
  }

  /** undefined without a copy, or with one from the future (a clock that went back). */
  age(now: NumericDate): number | undefined {
    return this.#copy && ageOf(this.#copy, now);
  }

  /** What has ended since the copy was made still counts: it may have been extended by a change not seen yet. */
  hits(keys: readonly string[], issuedAt: NumericDate | undefined): boolean {
    const copy = this.#copy;
    return (
      copy !== undefined && fingerprintsOf(keys).some((each) => copy.table.hits(each, issuedAt, copy.asOf))
    );
  }

  status(now: NumericDate): ReplicaStatus {
    return {
      state: this.#copy ? 'ready' : 'none',
      ageSeconds: this.age(now),
      records: this.#copy?.table.size ?? 0,
      bytes: this.#copy?.table.bytes ?? 0,
      lastFault: this.#fault,
    };
  }

  refreshBehind(bound: number, context: RequestContext): void {
    const now = this.#clock();
    const age = this.age(now);
    if (age !== undefined && age <= bound * REFRESH_AT) return;
    if (this.#copy?.gap !== false && now < this.#rebuildAfter) return;
    const abandoned = this.#busyUntil - now > (BACKGROUND_TIMEOUT_MS / 1000) * 2;
    if (now < this.#busyUntil && !abandoned) return;
    this.#keepBusy();
    context.waitUntil(this.#refresh(bound, context).finally(() => this.#release()));
  }

  /** The mark lapses by itself: the request that carries the refresh may be cut off. */
  #keepBusy(): void {
    this.#busyUntil = this.#clock() + BACKGROUND_TIMEOUT_MS / 1000 + 1;
  }

  #release(): void {
    this.#busyUntil = 0;
  }

  async #refresh(bound: number, context: RequestContext): Promise<void> {
    if (this.#copy && !this.#copy.gap && (await this.#follow(this.#copy, bound, context))) return;
    if (this.#clock() >= this.#rebuildAfter) await this.#rebuild(bound, context);
  }

  /** Brings the copy up to date. False: it cannot be, because changes may be missing. */
  async #follow(copy: Copy, bound: number, context: RequestContext): Promise<boolean> {
    const shared = await this.#colo.head(copy.epoch, this.#clock());
    if (shared && comparePositions(shared.from, copy.position) <= 0) {
      this.#apply(copy, shared, true);
    }
    const age = ageOf(copy, this.#clock());
    if (age !== undefined && age <= bound * REFRESH_AT) {
      this.#toldFailing = false;
      return true;
    }
    const alone = age === undefined || age > bound * REFRESH_ALONE_AT;
    if (!(await this.#colo.claimRefresh(copy.epoch)) && !alone) return true;
    return this.#catchUp(copy, context);
  }

  async #catchUp(copy: Copy, context: RequestContext): Promise<boolean> {
    for (let page = 0; page < MAX_CHANGE_PAGES; page++) {
      this.#keepBusy();
      const from = copy.position;
      const asOf = this.#clock();
      const askedAt = this.#epochs.position;
      const changes = await this.#feed.changesSince(from, BACKGROUND_TIMEOUT_MS);
      if (!changes.ok) {
        this.#fault = changes.error;
        if (changes.error !== 'malformed_change') {
          this.#tellFailing(changes.error, context);
          return true;
        }
      }
      if (!changes.ok || !changes.value.held || (changes.value.mark?.epoch ?? copy.epoch) !== copy.epoch) {
        copy.gap = true;
        context.emit({ event: 'revocation_replica_gap', level: 'warn' });
        return false;
      }
      const { records, position, more, mark } = changes.value;
      const doubt = mark && this.#epochs.observe(mark, askedAt, this.#clock(), context.emit);
      if (doubt !== undefined) {
        this.#fault = doubt;
        return true;
      }
      this.#apply(copy, { records, to: position, asOf }, !more);
      if (more) continue;
      this.#fault = undefined;
      this.#toldFailing = false;
      await this.#colo.publish(copy.epoch, { from, to: position, asOf, records }, this.#clock());
      return copy.table.size <= MAX_RECORDS;
    }
    return true;
  }

  /** Once until it succeeds: requests try again as fast as they come. */
  #tellFailing(cause: string, context: RequestContext): void {
    if (this.#toldFailing) return;
    this.#toldFailing = true;
    context.emit({ event: 'revocation_replica_refresh_failed', level: 'warn', cause });
  }

  /**
   * Applying a change twice, or an older one later, changes nothing: only the position must not go back.
   * `whole`: these are all changes up to `asOf`.
   */
  #apply(copy: Copy, { records, to, asOf }: Pick<ColoHead, 'records' | 'to' | 'asOf'>, whole: boolean): void {
    copy.table.add(records, Math.min(asOf, this.#clock()));
    if (comparePositions(to, copy.position) < 0) return;
    copy.position = to;
    if (whole && asOf > copy.asOf) copy.asOf = asOf;
  }

  async #rebuild(bound: number, context: RequestContext): Promise<void> {
    const built = await this.#build(context);
    if (typeof built === 'string' || !(await this.#follow(built, bound, context)) || built.asOf === 0) {
      this.#fault = typeof built === 'string' ? built : (this.#fault ?? 'gap');
      const wait = Math.min(MIN_REBUILD_SECONDS * 2 ** this.#failures++, MAX_REBUILD_SECONDS);
      this.#rebuildAfter = this.#clock() + wait;
      context.emit({ event: 'revocation_replica_failed', level: 'warn', cause: this.#fault });
      return;
    }
    this.#failures = 0;
    if (this.#copy && this.#copy.asOf > built.asOf && this.#copy.epoch === built.epoch) return;
    this.#copy = built;
    const { size, bytes } = built.table;
    context.emit({ event: 'revocation_replica_built', level: 'info', records: size, bytes });
  }

  /** A copy as of the snapshot, or why there is none. */
  async #build(context: RequestContext): Promise<Copy | string> {
    const begun = this.#clock();
    const manifest = await this.#manifest();
    if (!manifest.ok) return manifest.error;
    const { epoch, position, records } = manifest.value;
    const doubt = this.#epochs.observe({ epoch }, this.#epochs.position, this.#clock(), context.emit);
    if (doubt !== undefined) return doubt;
    if (records > MAX_RECORDS) return 'too_many_records';
    const table = new ReplicaTable(records, this.#seeds());
    const from = { table, colo: this.#colo, begun };
    const fault = await loadSnapshot(manifest.value, from, () => this.#keepBusy());
    return fault ?? { epoch, table, position, asOf: 0, gap: false };
  }

  /** The colo's, unless it has failed or is another store's: then the store's own. */
  async #manifest(): Promise<Result<Manifest, string>> {
    if (this.#failures === 0) {
      const shared = await this.#colo.manifest(BACKGROUND_TIMEOUT_MS);
      if (shared.ok && this.#epochs.mayBe(shared.value.epoch)) return shared;
    }
    return this.#feed.manifest(BACKGROUND_TIMEOUT_MS);
  }
}

/** undefined when the copy is from the future: the clock went back, and its age cannot be told. */
const ageOf = ({ asOf }: Copy, now: NumericDate): number | undefined => (asOf > now ? undefined : now - asOf);

function randomSeeds(): readonly [number, number] {
  const [low = 0, high = 0] = crypto.getRandomValues(new Uint32Array(2));
  return [low, high];
}
