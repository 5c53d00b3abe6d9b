import { readSeriesKey, type Sum } from './batch.ts';
import { countsRequests } from './catalog.ts';

/** What a dataset takes from one invocation. */
export const MAX_POINTS = 250;

/** A Workers Analytics Engine dataset, as far as it is used. */
export interface Dataset {
  writeDataPoint(point: { indexes: string[]; blobs: string[]; doubles: number[] }): void;
}

/**
 * One data point for each series: the metric as index and first blob, its labels as further blobs, its numbers as
 * doubles (of a histogram: the buckets, then the sum). Never throws. @returns how many requests found no place
 */
export function writeDataPoints(dataset: Dataset, sums: readonly Sum[]): number {
  let left = 0;
  let requests = 0;
  for (const [key, values] of sums) {
    const read = readSeriesKey(key);
    if (read === undefined) continue;
    try {
      if (left === MAX_POINTS) throw new RangeError('no place');
      dataset.writeDataPoint({
        indexes: [read.metric],
        blobs: [read.metric, ...read.labels],
        doubles: [...values],
      });
      left++;
    } catch {
      if (countsRequests(read.metric)) requests += values[0] ?? 0;
    }
  }
  return requests;
}
