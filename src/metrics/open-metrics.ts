import { readSeriesKey } from './batch.ts';
import { METRICS, type Metric, type MetricName } from './catalog.ts';
import { braces, headOf } from './exposition-lines.ts';
import { gaugeLines } from './gauge-families.ts';
import type { GaugesReading } from './told-gauges.ts';
import { isShown, type Total, type Totals } from './totals.ts';

/** OpenMetrics 1.0, or the text format that Prometheus had before it. */
export type MetricsFormat = 'openmetrics' | 'text';

export const CONTENT_TYPES: Readonly<Record<MetricsFormat, string>> = {
  openmetrics: 'application/openmetrics-text; version=1.0.0; charset=utf-8',
  text: 'text/plain; version=0.0.4; charset=utf-8',
};

/** Which format an `Accept` header prefers (RFC 9110 §12.5.1); the older one where it does not say. */
export function formatFor(accept: string | null): MetricsFormat {
  let openmetrics = 0;
  let other = 0;
  for (const range of (accept ?? '').split(',')) {
    const [type = '', ...parameters] = range.split(';').map((part) => part.trim().toLowerCase());
    const named = new Map(parameters.map((each) => each.split('=', 2) as [string, string | undefined]));
    const quality = Number(named.get('q') ?? 1);
    const weight = quality >= 0 && quality <= 1 ? quality : 0;
    if (type === 'application/openmetrics-text') {
      if (['1.0.0', undefined].includes(named.get('version'))) openmetrics = Math.max(openmetrics, weight);
    } else if (['text/plain', 'text/*', '*/*'].includes(type)) other = Math.max(other, weight);
  }
  return openmetrics > 0 && openmetrics >= other ? 'openmetrics' : 'text';
}

/** What stands beside the counts. */
export interface Surroundings {
  /** Which revocation store, for people to read. */
  readonly store: string;
  /** NumericDate of the last hand-over; undefined: there was none lately. */
  readonly lastAt: number | undefined;
  /** What isolates hold; undefined: nobody has told. */
  readonly gauges?: GaugesReading | undefined;
}

/** The whole exposition. Series that the catalog does not know are left out. */
export function renderMetrics(
  totals: Totals,
  { store, lastAt, gauges }: Surroundings,
  format: MetricsFormat,
): string {
  const open = format === 'openmetrics';
  const byMetric = new Map<string, { readonly labels: readonly string[]; readonly total: Total }[]>();
  for (const [key, total] of totals) {
    const read = readSeriesKey(key);
    if (read === undefined || !isShown(key, total)) continue;
    const series = byMetric.get(read.metric) ?? [];
    byMetric.set(read.metric, series);
    series.push({ labels: read.labels, total });
  }
  const lines: string[] = [];
  for (const name of Object.keys(METRICS) as MetricName[]) {
    const metric: Metric = METRICS[name];
    const series = byMetric.get(name) ?? [];
    const sampled = metric.kind === 'counter' ? `${name}_total` : name;
    lines.push(...headOf(open ? name : sampled, metric.kind, metric.help, open));
    for (const { labels, total } of series) {
      const pairs = metric.labels.map((label, i) => [label, labels[i] ?? ''] as const);
      if (metric.kind === 'counter') {
        lines.push(`${sampled}${braces(pairs)} ${total.values[0] ?? 0}${open ? exemplarOf(total) : ''}`);
      } else lines.push(...histogram(name, pairs, metric.bounds ?? [], total));
    }
  }
  const info = open ? 'portcullis' : 'portcullis_info';
  lines.push(
    ...headOf(info, open ? 'info' : 'gauge', 'The revocation store that control writes to', open),
    `portcullis_info${braces([['store', store]])} 1`,
  );
  if (lastAt !== undefined) {
    const name = 'portcullis_metrics_last_hand_over_timestamp_seconds';
    lines.push(
      ...headOf(name, 'gauge', 'When an isolate last handed its counts on', open),
      `${name} ${lastAt}`,
    );
  }
  lines.push(...gaugeLines(gauges, open));
  return `${lines.join('\n')}\n${open ? '# EOF\n' : ''}`;
}

function histogram(
  name: string,
  labels: readonly (readonly [string, string])[],
  bounds: readonly number[],
  { values }: Total,
): string[] {
  let count = 0;
  const buckets = [...bounds, Number.POSITIVE_INFINITY].map((bound, i) => {
    count += values[i] ?? 0;
    // Canonical numbers of OpenMetrics: floats.
    const le = bound === Number.POSITIVE_INFINITY ? '+Inf' : bound % 1 === 0 ? `${bound}.0` : String(bound);
    return `${name}_bucket${braces([...labels, ['le', le]])} ${count}`;
  });
  const sum = values[bounds.length + 1] ?? 0;
  return [...buckets, `${name}_count${braces(labels)} ${count}`, `${name}_sum${braces(labels)} ${sum}`];
}

/** Of the latest request: 32 hexadecimal digits, so within the 128 characters that an exemplar's labels may have. */
const exemplarOf = ({ reference, at }: Total): string =>
  reference === undefined || at === undefined ? '' : ` # ${braces([['trace_id', reference]])} 1 ${at}`;
