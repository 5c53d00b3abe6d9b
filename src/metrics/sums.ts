import { type Sum, seriesKey } from './batch.ts';
import { countsRequests, METRICS, type Metric, type MetricName, widthOf } from './catalog.ts';

/**
 * Series of one isolate: a batch of all of them stays below the 2 MB of a row where batches are kept. A policy of a
 * thousand routes comes near it only where each is refused for three reasons within the life of one isolate.
 */
export const MAX_SERIES = 5_000;

/** One line of numbers that an isolate adds to. */
export class Series {
  readonly key: string;
  readonly values: number[];
  readonly #bounds: readonly number[] | undefined;
  #reference: string | undefined = undefined;
  #at = 0;

  constructor(key: string, metric: Metric) {
    this.key = key;
    this.values = new Array<number>(widthOf(metric)).fill(0);
    this.#bounds = metric.bounds;
  }

  add(count: number): void {
    this.values[0] = (this.values[0] ?? 0) + count;
  }

  /** Counts a request, and remembers it as the latest. */
  addRequest(reference: string, at: number): void {
    this.add(1);
    this.#reference = reference;
    this.#at = at;
  }

  /** @param value in the unit of the metric; one that is no number is left out */
  observe(value: number): void {
    const { values } = this;
    const bounds = this.#bounds;
    if (bounds === undefined || !(value >= 0)) return;
    let bucket = 0;
    while (bucket < bounds.length && value > (bounds[bucket] ?? 0)) bucket++;
    values[bucket] = (values[bucket] ?? 0) + 1;
    values[bounds.length + 1] = (values[bounds.length + 1] ?? 0) + value;
  }

  /** What has been added since the last time; undefined: nothing. */
  take(): Sum | undefined {
    const { values } = this;
    if (values.every((value) => value === 0)) return undefined;
    const taken = [...values];
    values.fill(0);
    if (this.#reference === undefined) return [this.key, taken];
    const sum: Sum = [this.key, taken, this.#reference, this.#at];
    this.#reference = undefined;
    return sum;
  }
}

/** All series of an isolate, never more than `MAX_SERIES`. */
export class Sums {
  readonly #all: Series[] = [];
  /** Stands in for every series beyond the bound; its keys are never handed on. */
  readonly #beyond = new Map<MetricName, Series>();
  readonly #lost = { series: this.#new('portcullis_metrics_lost', ['series']) };
  readonly #most: number;

  constructor(most = MAX_SERIES) {
    this.#most = most;
  }

  /** A new series, for its owner to keep: it is not looked up again by its labels. */
  series(metric: MetricName, labels: readonly string[]): Series {
    if (this.#all.length < this.#most) return this.#new(metric, labels);
    const known = this.#beyond.get(metric);
    if (known !== undefined) return known;
    const beyond = new Series('', METRICS[metric]);
    this.#beyond.set(metric, beyond);
    return beyond;
  }

  take(): Sum[] {
    for (const [metric, series] of this.#beyond) {
      const [, [count = 0] = []] = series.take() ?? [];
      if (countsRequests(metric)) this.#lost.series.add(count);
    }
    return this.#all.flatMap((series) => {
      const sum = series.take();
      return sum === undefined ? [] : [sum];
    });
  }

  #new(metric: MetricName, labels: readonly string[]): Series {
    const series = new Series(seriesKey(metric, labels), METRICS[metric]);
    this.#all.push(series);
    return series;
  }
}
