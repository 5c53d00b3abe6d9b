import { describe, expect, it } from 'vitest';
import { seriesKey } from '../../../src/metrics/batch.ts';
import { Recent } from '../../../src/metrics/recent.ts';
import { type RefusalQuery, RefusalRing } from '../../../src/metrics/refusal-ring.ts';
import type { GaugesReading } from '../../../src/metrics/told-gauges.ts';
import type { Total } from '../../../src/metrics/totals.ts';
import { controlApp, NOW, VARIABLES } from './control-app.ts';

const total = (values: readonly number[]): Total => ({
  values,
  reference: 'ab12',
  at: NOW,
  changedAt: NOW - 3,
});
const refusal = (path: string) =>
  ({ time: NOW, reference: 'r', method: 'GET', host: 'h', path, route: null, status: 401 }) as const;

const GAUGES: GaugesReading = {
  keySets: [
    {
      issuer: 'acme',
      state: 'stale',
      failing: true,
      freshUntil: NOW - 5,
      usableUntil: NOW + 50,
      refreshAt: undefined,
      keys: 2,
      toldAt: NOW - 4,
      toldBy: 'isolate-1',
      isolates: { fresh: 1, stale: 2, none: 0 },
      failingIsolates: 1,
    },
  ],
  store: { inDoubt: 1, doubt: 'store_lost', position: 8 },
  replica: { asOf: NOW - 30, isolates: 2 },
  signingKeys: {
    at: NOW - 9,
    currentPublishedAt: NOW - 900,
    rotatesAt: NOW + 100,
    published: 3,
    denialsPending: 0,
  },
};

function app(failing = false, gauges: GaugesReading | undefined = undefined) {
  const ring = new RefusalRing('life');
  ring.add({ events: [refusal('/1'), refusal('/2')], dropped: 1 });
  const recent = new Recent();
  recent.add([[seriesKey('portcullis_requests', ['orders', 'denied', 'expired', '']), [4]]], NOW);
  recent.add(
    [[seriesKey('portcullis_request_duration_seconds', ['orders']), [...Array(15).fill(1), 9]]],
    NOW,
  );
  const asked: RefusalQuery[] = [];
  const series = new Map([
    [seriesKey('portcullis_requests', ['orders', 'denied', 'expired', '']), total([7])],
    [seriesKey('portcullis_stage_duration_seconds', ['origin']), total([...Array(15).fill(2), 3.5])],
    [seriesKey('of_another_version', ['x']), total([1])],
    // The same, of a catalog with other buckets and with other labels.
    [seriesKey('portcullis_stage_duration_seconds', ['revocation']), total([1, 2])],
    [seriesKey('portcullis_requests', ['orders']), total([1])],
  ]);
  const answer = <T>(value: T): Promise<T> =>
    failing ? Promise.reject(new Error('gone')) : Promise.resolve(value);
  const counts = {
    read: () => answer({ series, lastAt: NOW - 2, gauges }),
    recent: () => answer(recent.read(NOW)),
    refusals: (query: RefusalQuery) => {
      asked.push(query);
      return answer(ring.read(query));
    },
  };
  return { ...controlApp(VARIABLES, undefined, undefined, { counts }), asked };
}

describe('GET /v1/metrics', () => {
  it('shows every series that the catalog knows, and how it went lately', async () => {
    const answer = await app().admin('GET', '/v1/metrics');
    expect([answer.status, answer.headers.get('Cache-Control')]).toEqual([200, 'no-store']);
    const shown = (await answer.json()) as { series: unknown[] };
    expect(shown).toMatchObject({
      at: NOW,
      last_hand_over_at: NOW - 2,
      series: [
        {
          metric: 'portcullis_requests',
          labels: { route: 'orders', decision: 'denied', reason: 'expired', issuer: '' },
          changed_at: NOW - 3,
          value: 7,
        },
        { metric: 'portcullis_stage_duration_seconds', counts: Array(15).fill(2), sum: 3.5 },
      ],
      recent: {
        point_seconds: 10,
        points: [{ decisions: { denied: 4 }, reasons: { expired: 4 } }],
        durations: [{ route: 'orders', counts: Array(15).fill(1), sum: 9 }],
      },
    });
    expect(shown.series).toHaveLength(2);
  });
});

describe('what isolates hold', () => {
  const held = async (gauges?: GaugesReading) => {
    const answer = await app(false, gauges).admin('GET', '/v1/metrics');
    const shown = (await answer.json()) as Record<string, unknown>;
    const { key_sets, store_seen, replica, signing_keys } = shown;
    return { key_sets, store_seen, replica, signing_keys };
  };

  it('is shown with who told it when', async () => {
    expect(await held(GAUGES)).toEqual({
      key_sets: [
        {
          issuer: 'acme',
          state: 'stale',
          fresh_until: NOW - 5,
          usable_until: NOW + 50,
          next_refresh_at: null,
          keys: 2,
          told_at: NOW - 4,
          told_by: 'isolate-1',
          isolates: { fresh: 1, stale: 2, none: 0 },
          failing_isolates: 1,
        },
      ],
      store_seen: { in_doubt: 1, doubt: 'store_lost', position: 8 },
      replica: { as_of: NOW - 30, isolates: 2 },
      signing_keys: {
        told_at: NOW - 9,
        current_published_at: NOW - 900,
        rotates_at: NOW + 100,
        published: 3,
        denials_pending: 0,
      },
    });
  });

  it('is nothing where an older gateway tells of none', async () => {
    expect(await held()).toEqual({ key_sets: [], store_seen: null, replica: null, signing_keys: null });
  });
});

describe('GET /v1/refusals', () => {
  it('shows the latest, and hands the filters on', async () => {
    const { admin, asked } = app();
    const answer = await admin(
      'GET',
      '/v1/refusals?reason=expired&client=192.0.2.1&route=&limit=5&after=life.1',
    );
    expect(await answer.json()).toMatchObject({ refusals: [], cursor: 'life.2', dropped: 1, gap: false });
    expect(asked).toEqual([
      {
        reason: 'expired',
        client: '192.0.2.1',
        route: undefined,
        issuer: undefined,
        limit: 5,
        after: 'life.1',
      },
    ]);
    const all = (await (await admin('GET', '/v1/refusals')).json()) as { refusals: { path: string }[] };
    expect(all.refusals.map(({ path }) => path)).toEqual(['/1', '/2']);
  });

  it.each([
    'limit=0',
    'limit=1001',
    'limit=x',
    'limit=',
    'reasons=expired',
    `route=${'x'.repeat(513)}`,
    'reason=a&reason=b',
  ])('refuses ?%.40s', async (query) => {
    const { admin, asked } = app();
    expect((await admin('GET', `/v1/refusals?${query}`)).status).toBe(400);
    expect(asked).toEqual([]);
  });
});

describe.each([
  ['/v1/metrics', 'revocations:read', 'revocations:write events:read'],
  ['/v1/refusals', 'events:read', 'revocations:read revocations:write'],
])('GET %s', (path, scope, others) => {
  it('is for whoever may read, leaves no audit line when it was read, and one when it was refused', async () => {
    const { admin, request, events, asked } = app();
    expect((await admin('GET', path, undefined, { scope })).status).toBe(200);
    expect(events).toEqual([]);
    const before = asked.length;
    expect((await request(path)).status).toBe(401);
    expect((await admin('GET', path, undefined, { scope: others })).status).toBe(403);
    expect(asked).toHaveLength(before);
    expect(events.map(({ event, outcome }) => [event, outcome])).toEqual([
      ['revocation_request', 'refused'],
      ['revocation_request', 'refused'],
    ]);
  });

  it('is 404 where nothing is counted, and 503 where the counts cannot be read', async () => {
    expect((await controlApp().admin('GET', path)).status).toBe(404);
    const { admin, events } = app(true);
    const answer = await admin('GET', path);
    expect([answer.status, answer.headers.get('Retry-After')]).toEqual([503, '5']);
    expect(events.map(({ event }) => event)).toEqual(['metrics_unavailable', 'revocation_request']);
  });
});
