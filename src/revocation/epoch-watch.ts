import type { OperationalEvent } from '../core/event.ts';
import type { NumericDate } from '../core/time.ts';
import type { StoreMark } from './port.ts';

type Emit = (event: OperationalEvent) => void;

/**
 * Why absences mean nothing. `store_unmarked`: nobody has said yet that this store is the one. `store_lost`: it has lost
 * its mark, or carries another than the pinned one. `store_set_back`: it stands behind where it was.
 */
export type StoreDoubt = 'store_unmarked' | 'store_lost' | 'store_set_back';

/** A replica of the store may lag so much behind another one; what stands behind for longer has been set back. Seconds. */
const MAX_LAG_SECONDS = 10;

/**
 * Notices a store that has lost its memory, or a part of it: flushed, restored from nothing or from an old copy, failed
 * over to an empty or a lagging one. Such a store answers "not there" to what it has forgotten, which must not read as
 * "not revoked". Every answer carries the epoch, which a person begins (`portcullis store adopt`) and no write does, and
 * a position, which only grows, over epochs too.
 *
 * The doubt stays until a person says otherwise: a store set back that comes to stand where it stood, by new writes, has
 * not got its memory back. An isolate that starts after a loss sees the missing epoch like all others; one that starts
 * after a store was set back has no position to compare with.
 */
export class EpochWatch {
  readonly #pinned: string | undefined;
  #seen: string | undefined;
  #position = 0;
  #behindSince: NumericDate | undefined;
  #setBack = false;
  #doubt: StoreDoubt | undefined;
  #keptSeconds: ReadonlyMap<string, number> | undefined;

  /** `pinned`: the only epoch whose answers count; undefined: the first one seen. */
  constructor(pinned: string | undefined) {
    this.#pinned = pinned;
    this.#seen = pinned;
  }

  /** What the last answer left in doubt. */
  get doubt(): StoreDoubt | undefined {
    return this.#doubt;
  }

  get epoch(): string | undefined {
    return this.#seen;
  }

  /** The highest one seen. Whoever asks the store takes it along: no answer may stand below it. */
  get position(): number {
    return this.#position;
  }

  /** As the writer last said. */
  get keptSeconds(): ReadonlyMap<string, number> | undefined {
    return this.#keptSeconds;
  }

  /** Whether `epoch` is not known to be another store's. */
  mayBe(epoch: string): boolean {
    return this.#seen === undefined || this.#seen === epoch;
  }

  /**
   * Why an absence in the answer does not mean "not revoked"; undefined: it does. Emits each change once. An answer that
   * a later one has overtaken stands below what that one told, which says nothing against the store.
   *
   * @param askedAt `position` as it was when the question was sent
   */
  observe(mark: StoreMark, askedAt: number, now: NumericDate, emit: Emit): StoreDoubt | undefined {
    if (this.#isOvertaken(mark, askedAt)) return this.#doubt;
    const before = this.#seen;
    const doubt = this.#judge(mark, now);
    if (doubt === undefined) {
      if (mark.position !== undefined) this.#keptSeconds = mark.keptSeconds;
      if (before !== undefined && before !== this.#seen) {
        emit({ event: 'revocation_store_replaced', level: 'error' });
      } else if (this.#doubt !== undefined) emit({ event: 'revocation_store_recovered', level: 'info' });
    } else if (doubt !== this.#doubt) {
      const event = doubt === 'store_set_back' ? 'revocation_store_set_back' : 'revocation_store_lost';
      emit({ event, level: 'error', cause: doubt });
    }
    this.#doubt = doubt;
    return doubt;
  }

  #isOvertaken({ epoch, position }: StoreMark, askedAt: number): boolean {
    const isMarked = epoch !== undefined && (this.#pinned === undefined || epoch === this.#pinned);
    return isMarked && position !== undefined && position >= askedAt && position < this.#position;
  }

  #judge({ epoch, position }: StoreMark, now: NumericDate): StoreDoubt | undefined {
    if (epoch === undefined) return this.#seen === undefined ? 'store_unmarked' : 'store_lost';
    if (this.#pinned !== undefined && epoch !== this.#pinned) return 'store_lost';
    const another = epoch !== this.#seen;
    if (position !== undefined && position < this.#position) {
      this.#behindSince ??= now;
      if (now - this.#behindSince >= MAX_LAG_SECONDS) this.#setBack = true;
      return 'store_set_back';
    }
    if (this.#setBack && !another) return 'store_set_back';
    this.#seen = epoch;
    this.#setBack = false;
    if (position !== undefined) {
      this.#position = position;
      this.#behindSince = undefined;
    }
    return undefined;
  }
}
