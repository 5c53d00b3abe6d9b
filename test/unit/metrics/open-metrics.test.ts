import { describe, expect, it } from 'vitest';
import { seriesKey } from '../../../src/metrics/batch.ts';
import { METRICS } from '../../../src/metrics/catalog.ts';
import { GAUGES } from '../../../src/metrics/gauge-families.ts';
import { formatFor, renderMetrics } from '../../../src/metrics/open-metrics.ts';
import type { Total, Totals } from '../../../src/metrics/totals.ts';
import { readOpenMetrics } from '../../fixtures/open-metrics.ts';

const REFERENCE = '0af7651916cd43dd8448eb211c80319c';
const total = (values: readonly number[], reference?: string): Total => ({
  values,
  reference,
  at: reference === undefined ? undefined : 1_000.5,
  changedAt: 2_000,
});

const TOTALS: Totals = new Map([
  [seriesKey('portcullis_requests', ['orders', 'denied', 'expired', '']), total([3], REFERENCE)],
  [seriesKey('portcullis_requests', ['a\\b"c\nd\re\ud800', 'allowed', '', 'acme']), total([1])],
  [
    seriesKey('portcullis_revocation_replica_age_seconds', []),
    total([2, 1, 0, 0, 0, 0, 0, 0, 0, 1, 1, 7_202.01]),
  ],
  [seriesKey('portcullis_of_another_version', ['x']), total([1])],
  [seriesKey('portcullis_requests', ['too', 'few']), total([1])],
  [seriesKey('portcullis_request_duration_seconds', ['other buckets']), total([1, 2])],
  ['not a key', total([1])],
]);
const AROUND = { store: 'the object "x"', lastAt: 3_000 };

describe('OpenMetrics', () => {
  const families = readOpenMetrics(renderMetrics(TOTALS, AROUND, 'openmetrics'));

  it('holds every metric of the catalog, and nothing that it does not know', () => {
    const names = [...families.keys()];
    expect(names).toEqual([
      ...Object.keys(METRICS),
      'portcullis',
      'portcullis_metrics_last_hand_over_timestamp_seconds',
      ...Object.keys(GAUGES),
    ]);
  });

  it('carries hostile text in labels unharmed, and the reference as exemplar', () => {
    expect(families.get('portcullis_requests')?.samples).toEqual([
      {
        name: 'portcullis_requests_total',
        labels: { route: 'orders', decision: 'denied', reason: 'expired', issuer: '' },
        value: 3,
        exemplar: { labels: { trace_id: REFERENCE }, value: 1, at: 1_000.5 },
      },
      {
        name: 'portcullis_requests_total',
        labels: { route: 'a\\b"c\nd\ufffde\ufffd', decision: 'allowed', reason: '', issuer: 'acme' },
        value: 1,
        exemplar: undefined,
      },
    ]);
  });

  it('shows what isolates hold as gauges, and no line for what is not known', () => {
    const set = { issuer: 'ac"me', state: 'stale', freshUntil: 5, usableUntil: 90.5, refreshAt: 4 } as const;
    const isolates = { fresh: 3, stale: 1, none: 0 };
    const told = { toldAt: 6, toldBy: 'a', failing: false, isolates, failingIsolates: 1 };
    const fixed = { issuer: 'beta', state: 'fresh', freshUntil: undefined, usableUntil: undefined } as const;
    const gauges = {
      keySets: [
        { ...set, keys: 2, ...told },
        { ...fixed, refreshAt: undefined, keys: 1, ...told },
      ],
      store: { inDoubt: 0, doubt: undefined, position: 12 },
      replica: undefined,
      signingKeys: { at: 4, currentPublishedAt: 1.5, rotatesAt: 99, published: 2, denialsPending: 1 },
    };
    const shown = readOpenMetrics(renderMetrics(new Map(), { ...AROUND, gauges }, 'openmetrics'));
    const of = (name: string) =>
      shown
        .get(`portcullis_${name}`)
        ?.samples.map(({ labels, value }) => [...Object.values(labels), value].join(' '));
    expect(of('key_set_isolates')).toEqual([
      'ac"me fresh 3',
      'ac"me stale 1',
      'ac"me none 0',
      'beta fresh 3',
      'beta stale 1',
      'beta none 0',
    ]);
    expect(of('key_set_failing_isolates')).toEqual(['ac"me 1', 'beta 1']);
    expect(of('key_set_keys')).toEqual(['ac"me 2', 'beta 1']);
    expect(of('key_set_fresh_until_timestamp_seconds')).toEqual(['ac"me 5']);
    expect(of('key_set_usable_until_timestamp_seconds')).toEqual(['ac"me 90.5']);
    expect(of('revocation_store_doubt_isolates')).toEqual(['0']);
    expect(of('revocation_store_position')).toEqual(['12']);
    expect(of('revocation_replica_as_of_timestamp_seconds')).toEqual([]);
    expect(of('signing_key_published_timestamp_seconds')).toEqual(['1.5']);
    expect(of('signing_key_rotates_at_timestamp_seconds')).toEqual(['99']);
    expect(of('signing_keys')).toEqual(['2']);
    expect(of('signing_key_denials_pending')).toEqual(['1']);
  });

  it('has cumulative buckets, a count and a sum', () => {
    const samples = families.get('portcullis_revocation_replica_age_seconds')?.samples ?? [];
    expect(samples.map(({ name, labels, value }) => [name.slice(41), labels.le, value])).toEqual([
      ['_bucket', '0.5', 2],
      ['_bucket', '1.0', 3],
      ...['2.0', '5.0', '10.0', '30.0', '60.0', '300.0', '900.0'].map((le) => ['_bucket', le, 3]),
      ['_bucket', '3600.0', 4],
      ['_bucket', '+Inf', 5],
      ['_count', undefined, 5],
      ['_sum', undefined, 7_202.01],
    ]);
  });
});

describe('the older text format', () => {
  const text = renderMetrics(TOTALS, AROUND, 'text');

  it('names counters with their suffix, and has no exemplar, unit or end', () => {
    expect(text).toContain('# TYPE portcullis_requests_total counter\n');
    expect(text).not.toMatch(/trace_id|# UNIT|# EOF/);
    expect(text).toContain('# TYPE portcullis_info gauge\n');
  });
});

it.each([
  [null, 'text'],
  ['', 'text'],
  ['*/*', 'text'],
  ['text/plain', 'text'],
  ['application/openmetrics-text', 'openmetrics'],
  ['APPLICATION/OpenMetrics-Text; Version=1.0.0', 'openmetrics'],
  ['application/openmetrics-text;version=0.0.1', 'text'],
  ['application/openmetrics-text;q=0', 'text'],
  ['application/openmetrics-text;q=x', 'text'],
  ['application/openmetrics-text;q=0.5, text/plain;q=0.9', 'text'],
  [
    'application/openmetrics-text;version=1.0.0;q=0.75,text/plain;version=0.0.4;q=0.5,*/*;q=0.1',
    'openmetrics',
  ],
  [
    'application/openmetrics-text;version=1.0.0;q=0.5,application/openmetrics-text;version=0.0.1;q=0.4,text/plain;version=0.0.4;q=0.3,*/*;q=0.2',
    'openmetrics',
  ],
])('answers Accept %j in %s', (accept, format) => {
  expect(formatFor(accept)).toBe(format);
});
