import { describe, expect, it } from 'vitest';
import { type Counts, issuerKeys, quantile, timeline, totals } from '../../../src/console/now/counts.ts';

const counts = (more: Partial<Counts> = {}): Counts => ({
  at: 1_038,
  last_hand_over_at: 1_036,
  series: [],
  recent: {
    point_seconds: 10,
    points: [
      { at: 990, decisions: { allowed: 5 }, reasons: {} },
      { at: 1_010, decisions: { allowed: 10, denied: 40 }, reasons: { expired: 40 } },
      { at: 1_030, decisions: { allowed: 70 }, reasons: {} },
    ],
    durations: [],
  },
  ...more,
});

describe('what was counted lately', () => {
  it('tells nothing of the time before its first point but five minutes, nor of more than is asked for', () => {
    const long = (at: number) => timeline(counts({ at }), 'decisions', 1_800).times;
    expect([long(1_038)[0], long(1_038).length]).toEqual([730, 30]);
    expect([long(1_990)[0], long(1_990).length]).toEqual([990, 100]);
    expect([long(5_000)[0], long(5_000).length]).toEqual([3_200, 180]);
  });

  it('is a rate at even steps, 0 in between, without the stretch that is not over', () => {
    const { times, of } = timeline(counts(), 'decisions', 40);
    expect(times).toEqual([990, 1_000, 1_010, 1_020]);
    expect(of('allowed')).toEqual([0.5, 0, 1, 0]);
    expect(of('denied')).toEqual([0, 0, 4, 0]);
    expect(of('failed')).toEqual([0, 0, 0, 0]);
  });

  it('adds up what lies within a time, the most first', () => {
    expect(totals(counts(), 'decisions', 60)).toEqual([
      { name: 'allowed', count: 85 },
      { name: 'denied', count: 40 },
    ]);
    expect(totals(counts(), 'decisions', 10)).toEqual([{ name: 'allowed', count: 70 }]);
    expect(totals(counts(), 'reasons', 10)).toEqual([]);
  });
});

it('finds the bound below which a share of observations lies', () => {
  const histogram = { le: [0.1, 1, null], counts: [90, 9, 1], sum: 20 };
  expect([0.5, 0.95, 0.999].map((share) => quantile(histogram, share))).toEqual([0.1, 1, undefined]);
  expect(quantile({ le: [0.1, null], counts: [0, 0], sum: 0 }, 0.5)).toBeUndefined();
});

it('says of an issuer’s keys what an isolate told, and when they were last fetched', () => {
  const told = (issuer: string, event: string, changed_at: number) => ({
    metric: 'portcullis_events',
    labels: { event, issuer },
    changed_at,
    value: 1,
  });
  const series = [
    told('acme', 'jwks_refreshed', 100),
    told('acme', 'jwks_refresh_failed', 199),
    told('', 'config_warning', 300),
    { metric: 'portcullis_requests', labels: { issuer: 'quiet' }, changed_at: 5, value: 1 },
    { metric: 'portcullis_requests', labels: { issuer: 'portcullis-canary' }, changed_at: 5, value: 1 },
  ];
  const set = (issuer: string) => ({
    issuer,
    state: 'stale' as const,
    usable_until: 300,
    next_refresh_at: 120,
    keys: 2,
    told_at: 200,
    isolates: { fresh: 0, stale: 1, none: 0 },
  });
  const key_sets = [set('acme'), set('beta')];
  expect(issuerKeys(counts({ series, key_sets }))).toEqual([
    { issuer: 'acme', refreshedAt: 100, failedAt: 199, set: set('acme') },
    { issuer: 'beta', refreshedAt: undefined, failedAt: undefined, set: set('beta') },
    { issuer: 'quiet', refreshedAt: undefined, failedAt: undefined, set: undefined },
  ]);
  expect(issuerKeys(counts({ series })).map(({ set: known }) => known)).toEqual([undefined, undefined]);
});
