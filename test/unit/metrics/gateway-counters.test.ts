import { describe, expect, it } from 'vitest';
import type { Policy } from '../../../src/core/policy.ts';
import { REJECTIONS } from '../../../src/core/rejection.ts';
import { readSeriesKey } from '../../../src/metrics/batch.ts';
import { METRICS, type MetricName } from '../../../src/metrics/catalog.ts';
import { GatewayCounters } from '../../../src/metrics/gateway-counters.ts';
import { Sums } from '../../../src/metrics/sums.ts';
import { newRequestEvent, type RequestEvent } from '../../../src/telemetry/request-event.ts';
import { ARRIVAL } from '../../fixtures/arrival.ts';

const named = <T>(...names: string[]): T[] => names.map((name) => ({ name }) as T);
const POLICY: Pick<Policy, 'routes' | 'issuers' | 'candidate'> = {
  routes: named<Policy['routes'][number]>('orders', 'open'),
  issuers: named<Policy['issuers'][number]>('acme'),
  candidate: undefined,
};

function counting() {
  const sums = new Sums();
  const readings = { cacheHits: 0, cacheMisses: 0, answerHits: 0, answerMisses: 0, storeReads: 0 };
  const counters = new GatewayCounters(POLICY, sums, () => readings);
  return {
    readings,
    counters,
    request: (fields: Partial<RequestEvent>) =>
      counters.sink({ ...newRequestEvent('GET', ARRIVAL), ...fields }),
    of: (metric: MetricName) =>
      sums.take().flatMap(([key, values]) => {
        const read = readSeriesKey(key);
        return read?.metric === metric ? [[...read.labels, values]] : [];
      }),
  };
}

describe('what a request counts as', () => {
  it.each([
    [{ route: 'orders', decision: 'allowed', issuer: 'acme' }, ['orders', 'allowed', '', 'acme']],
    [{ route: 'orders', decision: 'denied', reason: 'expired' }, ['orders', 'denied', 'expired', '']],
    [{ decision: 'denied', reason: 'route_not_found' }, ['', 'denied', 'route_not_found', '']],
    [
      { route: 'orders', decision: 'unknown', reason: 'keys_unavailable' },
      ['orders', 'unknown', 'keys_unavailable', ''],
    ],
    [{ route: 'portcullis-status', decision: 'allowed' }, ['portcullis-status', 'allowed', '', '']],
    [{ route: 'a-route-of-nobody', issuer: 'x"y\n', decision: 'allowed' }, ['other', 'allowed', '', 'other']],
  ] as const)('%j', (fields, labels) => {
    const { request, of } = counting();
    request(fields);
    request(fields);
    expect(of('portcullis_requests')).toEqual([[...labels, [2]]]);
  });

  it('has its answer, its durations, its look into the deny-list and the age of the copy beside it', () => {
    const fields = {
      route: 'orders',
      decision: 'allowed',
      status: 200,
      revocation: 'checked',
      replicaAgeSeconds: 2,
      verifyMs: 0,
      revocationMs: 12,
      originMs: 90,
      totalMs: 102,
    } as const;
    const each = (metric: MetricName) => {
      const { request, of } = counting();
      request(fields);
      return of(metric);
    };
    expect(each('portcullis_responses')).toEqual([['orders', '2xx', [1]]]);
    expect(each('portcullis_revocation_checks')).toEqual([['checked', [1]]]);
    expect(each('portcullis_revocation_replica_age_seconds')).toEqual([
      [[0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 2]],
    ]);
    const bucketOf = (values: unknown) => (values as number[]).indexOf(1);
    expect(
      each('portcullis_stage_duration_seconds').map(([stage, values]) => [stage, bucketOf(values)]),
    ).toEqual([
      ['verification', 0],
      ['revocation', 4],
      ['origin', 6],
    ]);
    expect(
      each('portcullis_request_duration_seconds').map(([route, values]) => [route, bucketOf(values)]),
    ).toEqual([['orders', 7]]);
  });

  it('tells of what a route that only reports would refuse, and of clients that left', () => {
    const { request, of } = counting();
    request({ route: 'orders', decision: 'allowed', wouldRefuse: 'expired', status: 200 });
    expect(of('portcullis_would_refuse')).toEqual([['orders', 'expired', [1]]]);
    request({ route: 'orders', decision: 'failed', reason: 'client_disconnected', status: 0 });
    expect(of('portcullis_responses')).toEqual([['orders', 'none', [1]]]);
  });
});

describe('cardinality', () => {
  it('has a bound that nothing sent can move', () => {
    const { request, counters, of } = counting();
    for (let i = 0; i < 5_000; i++) {
      request({
        route: `r${i}`,
        issuer: `i${i}`,
        decision: 'allowed',
        status: i,
        host: `h${i}`,
        path: `/${i}`,
      });
      counters.sink({ event: `e${i}`, level: 'info', issuer: `i${i}` });
    }
    for (const metric of Object.keys(METRICS) as MetricName[]) {
      expect(of(metric).length, metric).toBeLessThan(10);
    }
  });

  it('is at most routes by issuers by reasons', () => {
    const { request, of } = counting();
    for (const route of ['orders', 'open', 'x', 'y', null]) {
      for (const issuer of ['acme', 'x', 'y', undefined]) {
        for (const reason of Object.keys(REJECTIONS) as (keyof typeof REJECTIONS)[]) {
          request({ route, issuer, reason, decision: REJECTIONS[reason].state });
        }
      }
    }
    expect(of('portcullis_requests')).toHaveLength(4 * 3 * Object.keys(REJECTIONS).length);
  });
});

describe('events and readings', () => {
  it('count by name and issuer', () => {
    const { counters, of } = counting();
    counters.sink({ event: 'jwks_refreshed', level: 'info', issuer: 'acme' });
    counters.sink({ event: 'jwks_refreshed', level: 'info', issuer: 'acme' });
    counters.sink({ event: 'revocation_store_lost', level: 'error' });
    expect(of('portcullis_events')).toEqual([
      ['jwks_refreshed', 'acme', [2]],
      ['revocation_store_lost', '', [1]],
    ]);
  });

  it('add what has grown since they were last read', () => {
    const { counters, readings, of } = counting();
    Object.assign(readings, { cacheHits: 5, cacheMisses: 2, answerHits: 7, answerMisses: 4, storeReads: 3 });
    counters.read();
    readings.cacheHits = 6;
    counters.read();
    expect(of('portcullis_token_cache_lookups')).toEqual([
      ['hit', [6]],
      ['miss', [2]],
    ]);
    Object.assign(readings, { answerHits: 8, answerMisses: 6 });
    counters.read();
    expect(of('portcullis_revocation_cache_lookups')).toEqual([
      ['hit', [1]],
      ['miss', [2]],
    ]);
    counters.read();
    expect(of('portcullis_revocation_store_reads')).toEqual([]);
  });
});
