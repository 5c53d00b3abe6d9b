import type { NumericDate } from '../core/time.ts';
import { type Batch, readSeriesKey, type Sum } from './batch.ts';
import { countsRequests, metricNamed, widthOf } from './catalog.ts';

/** Series that are kept at most: of several policies, since a renamed route leaves its own behind. */
export const MAX_TOTAL_SERIES = 50_000;
/** Longer than any isolate sends a batch again (`GIVEN_UP_AFTER_SECONDS`). */
const ISOLATE_KEPT_SECONDS = 2 * 3_600;
/** A series that nothing was added to for so long is dropped: of a route that is no more. */
const SERIES_KEPT_SECONDS = 30 * 86_400;

export interface Total {
  readonly values: readonly number[];
  /** Of the latest request that was counted. */
  readonly reference: string | undefined;
  readonly at: NumericDate | undefined;
  readonly changedAt: NumericDate;
}

export type Totals = ReadonlyMap<string, Total>;

const LOST = JSON.stringify(['portcullis_metrics_lost', 'series']);

/** What all isolates have counted, and up to which of its batches each isolate's counts are in it. */
export class RunningTotals {
  readonly #series: Map<string, Total>;
  readonly #isolates: Map<string, { readonly sequence: number; readonly at: NumericDate }>;
  readonly #most: number;

  constructor(series: Totals = new Map(), most = MAX_TOTAL_SERIES) {
    this.#series = new Map(series);
    this.#isolates = new Map();
    this.#most = most;
  }

  get series(): Totals {
    return this.#series;
  }

  get isolates(): ReadonlyMap<string, { readonly sequence: number; readonly at: NumericDate }> {
    return this.#isolates;
  }

  /** Whether the batch has been counted. */
  knows({ isolate, sequence }: Omit<Batch, 'sums'>): boolean {
    return sequence <= (this.#isolates.get(isolate)?.sequence ?? 0);
  }

  /** A batch that has been counted changes nothing. */
  add(batch: Batch, now: NumericDate): void {
    if (this.knows(batch)) return;
    this.see(batch, now);
    for (const sum of batch.sums) this.#add(sum, now);
  }

  /** Notes that the isolate's batches up to this one are counted. */
  see({ isolate, sequence }: Omit<Batch, 'sums'>, at: NumericDate): void {
    this.#isolates.set(isolate, { sequence, at });
  }

  forget(now: NumericDate): void {
    for (const [isolate, { at }] of this.#isolates) {
      if (now - at > ISOLATE_KEPT_SECONDS) this.#isolates.delete(isolate);
    }
    for (const [key, { changedAt }] of this.#series) {
      if (now - changedAt > SERIES_KEPT_SECONDS) this.#series.delete(key);
    }
  }

  #add([key, values, reference, at]: Sum, now: NumericDate): void {
    const held = this.#series.get(key);
    if (held === undefined && this.#series.size >= this.#most && key !== LOST) {
      this.#addLost(key, values, now);
      return;
    }
    // Another version of the gateway may have other buckets: what cannot be added begins anew.
    const before = held?.values.length === values.length ? held.values : undefined;
    const later = at !== undefined && at >= (held?.at ?? 0);
    this.#series.set(key, {
      values: values.map((value, i) => value + (before?.[i] ?? 0)),
      reference: later ? reference : held?.reference,
      at: later ? at : held?.at,
      changedAt: now,
    });
  }

  #addLost(key: string, [count = 0]: readonly number[], now: NumericDate): void {
    if (countsRequests(readSeriesKey(key)?.metric)) this.#add([LOST, [count]], now);
  }
}

/** Whether a key, and as many values, are of the catalog: what another version counted is kept and not shown. */
export function isShown(key: string, { values }: Pick<Total, 'values'>): boolean {
  const read = readSeriesKey(key);
  const metric = read && metricNamed(read.metric);
  return (
    metric !== undefined && read?.labels.length === metric.labels.length && values.length === widthOf(metric)
  );
}
