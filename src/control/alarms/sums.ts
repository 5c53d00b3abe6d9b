import { readSeriesKey } from '../../metrics/batch.ts';
import { type Metric, metricNamed } from '../../metrics/catalog.ts';
import { isShown, type Totals } from '../../metrics/totals.ts';
import type { Selector } from './kind.ts';
import { type AlarmRule, alarmKind } from './rules.ts';

/** What was counted since ever, by `sumName`. */
export type CountedSums = Readonly<Record<string, number>>;

/** Another selection is another sum: one must not be compared with what was added up differently before. */
export const sumName = (of: readonly Selector[]): string => JSON.stringify(of);
export const aboveName = (histogram: string, seconds: number): string => `${histogram} > ${seconds}`;

/** Adds up what the rules look at. A sum of which nothing has been counted is 0. */
export function sumsFor(rules: readonly AlarmRule[], totals: Totals): CountedSums {
  const adders = new Map(rules.flatMap((rule) => addersOf(rule)).map((adder) => [adder.name, adder]));
  const sums: Record<string, number> = Object.fromEntries([...adders.keys()].map((name) => [name, 0]));
  for (const [key, total] of totals) {
    const read = readSeriesKey(key);
    const metric = read && metricNamed(read.metric);
    if (read === undefined || metric === undefined || !isShown(key, total)) continue;
    for (const { name, count } of adders.values()) {
      sums[name] =
        (sums[name] ?? 0) + count({ name: read.metric, metric, labels: read.labels, values: total.values });
    }
  }
  return sums;
}

interface CountedSeries {
  readonly name: string;
  readonly metric: Metric;
  readonly labels: readonly string[];
  readonly values: readonly number[];
}

interface Adder {
  readonly name: string;
  readonly count: (series: CountedSeries) => number;
}

function addersOf({ name, olderThanSeconds }: AlarmRule): readonly Adder[] {
  const { measure } = alarmKind(name);
  switch (measure.kind) {
    case 'increase':
    case 'spike':
      return [selecting(measure.of)];
    case 'share':
      return [selecting(measure.of), selecting(measure.among)];
    case 'above':
      return [above(measure.histogram, olderThanSeconds)];
    case 'state':
      return [];
  }
}

const selecting = (of: readonly Selector[]): Adder => ({
  name: sumName(of),
  count: (series) => (of.some((selector) => fits(selector, series)) ? (series.values[0] ?? 0) : 0),
});

const fits = ({ metric: wanted, where }: Selector, { name, metric, labels }: CountedSeries): boolean =>
  name === wanted &&
  Object.entries(where).every(([label, values]) =>
    values.includes(labels[metric.labels.indexOf(label)] ?? ''),
  );

const above = (histogram: string, seconds: number): Adder => ({
  name: aboveName(histogram, seconds),
  count: ({ name, metric: { bounds = [] }, values }) =>
    name !== histogram
      ? 0
      : values
          .slice(0, bounds.length + 1)
          .reduce((sum, count, i) => ((bounds[i - 1] ?? 0) >= seconds ? sum + count : sum), 0),
});
