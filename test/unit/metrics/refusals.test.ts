import { runInDurableObject } from 'cloudflare:test';
import { env } from 'cloudflare:workers';
import { describe, expect, it } from 'vitest';
import { seriesKey } from '../../../src/metrics/batch.ts';
import type { MetricsObject } from '../../../src/metrics/metrics-object.ts';
import { Recent } from '../../../src/metrics/recent.ts';
import { type RefusalQuery, RefusalRing } from '../../../src/metrics/refusal-ring.ts';
import {
  isRefusal,
  MAX_REFUSALS_A_BATCH,
  type Refusal,
  RefusalBuffer,
} from '../../../src/metrics/refusals.ts';
import { newRequestEvent, type RequestEvent } from '../../../src/telemetry/request-event.ts';

const event = (path: string, more: Partial<RequestEvent> = {}): RequestEvent => ({
  ...newRequestEvent('GET', { time: 1_000, reference: path, ray: undefined, client: '192.0.2.1' }),
  path,
  decision: 'denied',
  reason: 'expired',
  ...more,
});
const ALL: RefusalQuery = {
  after: undefined,
  limit: 10,
  reason: undefined,
  route: undefined,
  issuer: undefined,
  client: undefined,
};
const paths = (refusals: readonly Refusal[]) => refusals.map(({ path }) => path);

describe('what counts as refused', () => {
  it.each<[boolean, Partial<RequestEvent>]>([
    [true, {}],
    [true, { decision: 'unknown', reason: 'keys_unavailable' }],
    [true, { decision: 'allowed', reason: null, wouldRefuse: 'expired' }],
    [false, { decision: 'allowed', reason: null }],
    [false, { decision: 'failed', reason: 'client_disconnected' }],
  ])('%s for %j', (refused, more) => {
    expect(isRefusal(event('/', more))).toBe(refused);
  });
});

describe('refusals of an isolate', () => {
  it('are handed on once, the latest of too many, and the others counted', () => {
    const buffer = new RefusalBuffer();
    expect(buffer.take()).toBeUndefined();
    for (let i = 0; i < MAX_REFUSALS_A_BATCH + 3; i++) buffer.add(event(`/${i}`));
    const taken = buffer.take();
    expect(taken?.events).toHaveLength(MAX_REFUSALS_A_BATCH);
    expect([taken?.events[0]?.path, taken?.events.at(-1)?.path, taken?.dropped]).toEqual(['/3', '/102', 3]);
    expect(buffer.take()).toBeUndefined();
    buffer.add(event('/again'));
    expect(buffer.take()?.dropped).toBe(0);
  });

  it('of a flood leave out the flood, and keep the few of another kind in their order', () => {
    const buffer = new RefusalBuffer();
    buffer.add(event('/rare', { reason: 'signature_invalid' }));
    for (let i = 0; i < 40; i++) buffer.add(event(`/would/${i}`, { reason: null, wouldRefuse: 'revoked' }));
    for (let i = 0; i < 5_000; i++) buffer.add(event(`/${i}`, { reason: 'credentials_missing' }));
    buffer.add(event('/late', { reason: 'signature_invalid' }));
    const { events = [], dropped } = buffer.take() ?? {};
    expect([events.length, dropped]).toEqual([MAX_REFUSALS_A_BATCH, 5_042 - MAX_REFUSALS_A_BATCH]);
    expect([events[0]?.path, events[1]?.path, events[41]?.path]).toEqual(['/rare', '/would/0', '/4942']);
    expect(events.at(-1)?.path).toBe('/late');
    // What was handed on makes nothing common any more.
    for (let i = 0; i < 60; i++) buffer.add(event(`/again/${i}`, { reason: 'expired' }));
    for (let i = 0; i < 41; i++) buffer.add(event(`/missing/${i}`, { reason: 'credentials_missing' }));
    expect(buffer.take()?.events[0]?.path).toBe('/again/1');
  });

  it('carry no more of a client’s text than has a place', () => {
    const buffer = new RefusalBuffer();
    const long = 'x'.repeat(20_000);
    buffer.add(event(long, { reference: 'r', host: long, method: long, kid: long }));
    expect(JSON.stringify(buffer.take()).length).toBeLessThan(4_000);
  });
});

describe('refusals of all isolates', () => {
  it('are the latest, and what is new since a cursor', () => {
    const ring = new RefusalRing('a', 3);
    ring.add({ events: [event('/1'), event('/2')], dropped: 0 });
    const first = ring.read(ALL);
    expect([paths(first.refusals), first.gap]).toEqual([['/1', '/2'], false]);
    ring.add({ events: [event('/3')], dropped: 5 });
    const next = ring.read({ ...ALL, after: first.cursor });
    expect([paths(next.refusals), next.gap, next.dropped]).toEqual([['/3'], false, 5]);
    expect(paths(ring.read({ ...ALL, after: next.cursor }).refusals)).toEqual([]);
    ring.add({ events: [event('/4'), event('/5'), event('/6'), event('/7')], dropped: 0 });
    const late = ring.read({ ...ALL, after: next.cursor });
    expect([paths(late.refusals), late.gap]).toEqual([['/5', '/6', '/7'], true]);
  });

  it('have names of their own, the same whoever asks, though clients choose references', () => {
    const ring = new RefusalRing('a', 3);
    const same = { reference: 'of-a-client' };
    ring.add({ events: [1, 2, 3, 4, 5].map((n) => event(`/${n}`, same)), dropped: 0 });
    const names = (query: Partial<RefusalQuery>) =>
      ring.read({ ...ALL, ...query }).refusals.map(({ id, path }) => `${id} ${path}`);
    expect(names({})).toEqual(['a.2 /3', 'a.3 /4', 'a.4 /5']);
    expect(names({ after: 'a.3' })).toEqual(['a.3 /4', 'a.4 /5']);
    expect(names({ limit: 1 })).toEqual(['a.4 /5']);
  });

  it('of a cursor from beyond the ring nothing is told twice, and nothing is lost', () => {
    const ring = new RefusalRing('a');
    ring.add({ events: [event('/1')], dropped: 0 });
    expect(ring.read({ ...ALL, after: 'a.900' })).toMatchObject({ refusals: [], cursor: 'a.1' });
  });

  it.each(['b.1', 'a', 'a.x', 'a.-1', '', '.', `a.${'9'.repeat(20)}`])(
    'say to the cursor %j, which is not theirs, that something may be missing',
    (after) => {
      const ring = new RefusalRing('a');
      ring.add({ events: [event('/1')], dropped: 0 });
      expect(ring.read({ ...ALL, after })).toMatchObject({ gap: true, cursor: 'a.1' });
      expect(paths(ring.read({ ...ALL, after }).refusals)).toEqual(['/1']);
    },
  );

  it('are at most as many as are asked for, the latest, and say that there were more', () => {
    const ring = new RefusalRing('a');
    ring.add({ events: [event('/1'), event('/2'), event('/3')], dropped: 0 });
    const read = ring.read({ ...ALL, limit: 2, after: 'a.0' });
    expect([paths(read.refusals), read.gap]).toEqual([['/2', '/3'], true]);
  });

  it.each<[string, Partial<RefusalQuery>, readonly string[]]>([
    ['reason', { reason: 'expired' }, ['/1', '/3']],
    ['what would have been the reason', { reason: 'revoked' }, ['/2']],
    ['route', { route: 'orders' }, ['/1']],
    ['issuer, verified or said', { issuer: 'evil' }, ['/1', '/3']],
    ['address', { client: '192.0.2.2' }, ['/2']],
    ['all of them', { client: '192.0.2.2', reason: 'expired' }, []],
  ])('are filtered by %s', (_, filter, expected) => {
    const ring = new RefusalRing('a');
    ring.add({
      events: [
        event('/1', { route: 'orders', issuer: 'evil' }),
        event('/2', { reason: null, wouldRefuse: 'revoked', client: '192.0.2.2' }),
        event('/3', { unverified: { issuer: 'evil', audience: undefined, expiresAt: undefined } }),
      ],
      dropped: 0,
    });
    expect(paths(ring.read({ ...ALL, ...filter }).refusals)).toEqual(expected);
  });

  it('reach the object with the counts, once whoever sends a batch how often, and leave no row', async () => {
    const objects = (env as { METRICS: DurableObjectNamespace<MetricsObject> }).METRICS;
    const stub = objects.getByName(crypto.randomUUID());
    const sums = [[seriesKey('portcullis_requests', ['orders', 'denied', 'expired', '']), [1]]] as const;
    const batch = { isolate: 'a', sequence: 1, sums, refusals: { events: [event('/1')], dropped: 2 } };
    await stub.add(batch);
    await stub.add(batch);
    expect(await stub.refusals(ALL)).toMatchObject({ refusals: [{ path: '/1' }], dropped: 2 });
    const rows = await runInDurableObject(stub, (_object, { storage }) =>
      storage.sql.exec<{ batch: string }>('SELECT batch FROM batch').toArray(),
    );
    expect(rows.map(({ batch: row }) => Object.keys(JSON.parse(row)))).toEqual([
      ['isolate', 'sequence', 'sums'],
    ]);
    expect((await stub.recent()).points).toMatchObject([
      { decisions: { denied: 1 }, reasons: { expired: 1 } },
    ]);
  });
});

describe('how it went lately', () => {
  const requests = (decision: string, reason: string, count: number) =>
    [seriesKey('portcullis_requests', ['orders', decision, reason, '']), [count]] as const;
  const took = (route: string, values: readonly number[]) =>
    [seriesKey('portcullis_request_duration_seconds', [route]), values] as const;

  it('adds up what comes in ten seconds, and keeps half an hour', () => {
    const recent = new Recent();
    recent.add([requests('allowed', '', 3), requests('denied', 'expired', 1)], 1_000);
    recent.add([requests('denied', 'revoked', 2)], 1_009);
    recent.add([requests('allowed', '', 5)], 1_010);
    expect(recent.read(1_010).points).toEqual([
      { at: 1_000, decisions: { allowed: 3, denied: 3 }, reasons: { expired: 1, revoked: 2 } },
      { at: 1_010, decisions: { allowed: 5 }, reasons: {} },
    ]);
    expect(recent.read(1_000 + 1_801).points.map(({ at }) => at)).toEqual([1_010]);
    for (let i = 0; i < 400; i++) recent.add([requests('allowed', '', 1)], 2_000 + 10 * i);
    expect(recent.read(6_000).points.length).toBeLessThanOrEqual(180);
  });

  it('goes on from what was kept of it', () => {
    const recent = new Recent();
    recent.add([requests('allowed', '', 3), took('orders', [1, 0, 2])], 1_000);
    recent.add([took('orders', [1, 1, 2])], 1_310);
    const again = new Recent(structuredClone(recent.keep()));
    expect(again.read(1_320)).toEqual(recent.read(1_320));
    again.add([requests('denied', 'expired', 1), took('orders', [0, 0, 1])], 1_320);
    expect(again.read(1_320).points.map(({ decisions }) => decisions)).toEqual([
      { allowed: 3 },
      {},
      { denied: 1 },
    ]);
    expect(again.read(1_320).durations.get('orders')).toEqual([2, 1, 5]);
  });

  it('has a bound, whatever routes there are', () => {
    const recent = new Recent();
    for (let i = 0; i < 3_000; i++) recent.add([took(`route-${i}`, [1])], 1_000);
    recent.add([took('route-1', [1])], 1_000);
    const { durations } = recent.read(1_000);
    expect([durations.size, durations.get('route-1')]).toEqual([2_000, [2]]);
  });

  it('begins anew where the clock was set back', () => {
    const recent = new Recent();
    recent.add([requests('allowed', '', 9), took('orders', [9])], 90_000);
    recent.add([requests('allowed', '', 1), took('orders', [1])], 1_000);
    recent.add([requests('allowed', '', 1), took('orders', [1])], 1_010);
    const { points, durations } = recent.read(1_010);
    expect(points.map(({ at, decisions }) => [at, decisions.allowed])).toEqual([
      [1_000, 1],
      [1_010, 1],
    ]);
    expect(durations.get('orders')).toEqual([2]);
  });

  it('keeps durations of the last five to ten minutes', () => {
    const recent = new Recent();
    recent.add([took('orders', [1, 0, 2])], 1_000);
    recent.add([took('orders', [1, 1, 2])], 1_010);
    expect(recent.read(1_299).durations.get('orders')).toEqual([2, 1, 4]);
    recent.add([took('orders', [0, 0, 1])], 1_310);
    expect(recent.read(1_310).durations.get('orders')).toEqual([2, 1, 5]);
    expect(recent.read(1_611).durations.get('orders')).toEqual([0, 0, 1]);
    expect(recent.read(9_000).durations.size).toBe(0);
  });
});
