import type { NumericDate } from '../core/time.ts';
import { readSeriesKey, type Sum } from './batch.ts';

/** One point of the curves. Isolates hand on every five seconds. */
export const POINT_SECONDS = 10;
/** Half an hour. */
const POINTS = 180;
/** After which durations begin anew; those before are kept for as long again. */
export const DURATIONS_SECONDS = 300;

/** Whose durations are told: those that come first. */
const MAX_ROUTES = 2_000;

/** Requests that were handed on in one stretch of time. */
export interface Point {
  /** NumericDate of its beginning. */
  readonly at: NumericDate;
  readonly decisions: Readonly<Record<string, number>>;
  /** Of those that were not allowed. */
  readonly reasons: Readonly<Record<string, number>>;
}

export interface RecentReading {
  readonly points: readonly Point[];
  /** By route: the buckets of `portcullis_request_duration_seconds`, then the sum, of the last five to ten minutes. */
  readonly durations: ReadonlyMap<string, readonly number[]>;
}

interface RunningPoint extends Point {
  readonly decisions: Record<string, number>;
  readonly reasons: Record<string, number>;
}

/** All of it, to be kept and gone on from. */
export interface KeptRecent {
  readonly points: readonly RunningPoint[];
  readonly durations: ReadonlyMap<string, readonly number[]>;
  readonly before: ReadonlyMap<string, readonly number[]>;
  readonly turnedAt: NumericDate;
}

/** What came in lately: how it goes, beside the totals that say how much there was. */
export class Recent {
  #points: readonly RunningPoint[];
  #durations: Map<string, readonly number[]>;
  #before: ReadonlyMap<string, readonly number[]>;
  #turnedAt: NumericDate;

  /** @param kept undefined: nothing came in before */
  constructor(kept: KeptRecent = { points: [], durations: new Map(), before: new Map(), turnedAt: 0 }) {
    this.#points = kept.points;
    this.#durations = new Map(kept.durations);
    this.#before = kept.before;
    this.#turnedAt = kept.turnedAt;
  }

  /** Less than a megabyte, however many routes there are. */
  keep(): KeptRecent {
    return {
      points: this.#points,
      durations: this.#durations,
      before: this.#before,
      turnedAt: this.#turnedAt,
    };
  }

  add(sums: readonly Sum[], now: NumericDate): void {
    this.#turn(now);
    const point = this.#point(now);
    for (const [key, values] of sums) {
      const read = readSeriesKey(key);
      if (read?.metric === 'portcullis_requests') {
        const [, decision = '', reason = ''] = read.labels;
        const count = values[0] ?? 0;
        point.decisions[decision] = (point.decisions[decision] ?? 0) + count;
        if (reason !== '') point.reasons[reason] = (point.reasons[reason] ?? 0) + count;
      } else if (read?.metric === 'portcullis_request_duration_seconds') {
        const [route = ''] = read.labels;
        if (this.#durations.size >= MAX_ROUTES && !this.#durations.has(route)) continue;
        this.#durations.set(route, added(this.#durations.get(route), values));
      }
    }
  }

  read(now: NumericDate): RecentReading {
    this.#turn(now);
    const durations = new Map(this.#before);
    for (const [route, values] of this.#durations) durations.set(route, added(durations.get(route), values));
    const since = now - POINTS * POINT_SECONDS;
    return { points: this.#points.filter(({ at }) => at > since), durations };
  }

  #point(now: NumericDate): RunningPoint {
    const at = Math.floor(now / POINT_SECONDS) * POINT_SECONDS;
    const last = this.#points.at(-1);
    if (last !== undefined && last.at >= at && last.at - at <= POINT_SECONDS) return last;
    const point = { at, decisions: {}, reasons: {} };
    // Of a clock that was ahead nothing is left.
    this.#points = [...this.#points.filter((each) => each.at < at).slice(1 - POINTS), point];
    return point;
  }

  #turn(now: NumericDate): void {
    const passed = now - this.#turnedAt;
    if (passed >= 0 && passed < DURATIONS_SECONDS) return;
    this.#before = passed >= 0 && passed < 2 * DURATIONS_SECONDS ? this.#durations : new Map();
    this.#durations = new Map();
    this.#turnedAt = now;
  }
}

/** Another version of the gateway may have other buckets: what cannot be added begins anew. */
const added = (held: readonly number[] | undefined, values: readonly number[]): readonly number[] =>
  held?.length === values.length ? values.map((value, i) => value + (held[i] ?? 0)) : values;
