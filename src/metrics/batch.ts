import type { Gauges } from './gauges.ts';
import type { Refusals } from './refusals.ts';

/**
 * What was counted in one series since the isolate last handed on: its key (`seriesKey`), its numbers (`widthOf` says how
 * many), and the reference and NumericDate of its last request, where it counts requests.
 */
export type Sum = readonly [key: string, values: readonly number[], reference?: string, at?: number];

/** Sums on their way. Whoever adds up takes each pair of isolate and sequence once. */
export interface Batch {
  readonly isolate: string;
  /** From 1, one more for each batch of the isolate; the next is not sent before this one has arrived. */
  readonly sequence: number;
  readonly sums: readonly Sum[];
  /** undefined: nothing was refused, or nobody wants to know. */
  readonly refusals?: Refusals | undefined;
  /** What the isolate held when it took the sums; undefined: it tells of nothing. */
  readonly gauges?: Gauges | undefined;
}

/** The name of a series: its metric and the values of its labels, in the order of the catalog. */
export const seriesKey = (metric: string, labels: readonly string[]): string =>
  JSON.stringify([metric, ...labels]);

/** undefined: not a key. */
export function readSeriesKey(key: string): { metric: string; labels: readonly string[] } | undefined {
  try {
    const parts: unknown = JSON.parse(key);
    if (!Array.isArray(parts) || !parts.every((part) => typeof part === 'string')) return undefined;
    const [metric, ...labels] = parts;
    return metric === undefined ? undefined : { metric, labels };
  } catch {
    return undefined;
  }
}
