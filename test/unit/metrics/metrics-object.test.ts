import { runDurableObjectAlarm, runInDurableObject } from 'cloudflare:test';
import { env } from 'cloudflare:workers';
import { describe, expect, it } from 'vitest';
import { type Batch, seriesKey } from '../../../src/metrics/batch.ts';
import type { MetricsObject } from '../../../src/metrics/metrics-object.ts';
import { RunningTotals } from '../../../src/metrics/totals.ts';

const namespace = (env as { METRICS: DurableObjectNamespace<MetricsObject> }).METRICS;
const KEY = seriesKey('portcullis_requests', ['orders', 'allowed', '', 'main']);
const batch = (isolate: string, sequence: number, count = 1): Batch => ({
  isolate,
  sequence,
  sums: [[KEY, [count], `ref-${sequence}`, 1_000 + sequence]],
});

/** Ends the object as a restart of its machine does; the next call meets a new one on the same storage. */
async function restart(name: string) {
  await runInDurableObject(namespace.getByName(name), (_object, state) => state.abort('restart')).catch(
    () => undefined,
  );
  return namespace.getByName(name);
}

const countIn = async (stub: DurableObjectStub<MetricsObject>) =>
  (await stub.read()).series.get(KEY)?.values[0];

describe('the object of the counts', () => {
  it('counts a batch once, whoever sends it how often', async () => {
    const stub = namespace.getByName(crypto.randomUUID());
    const answers = [
      await stub.add(batch('a', 1)),
      await stub.add(batch('a', 1)),
      await stub.add(batch('b', 1, 10)),
      await stub.add(batch('a', 2, 100)),
      await stub.add(batch('a', 1)),
    ];
    expect(answers).toEqual([true, false, true, true, false]);
    expect(await countIn(stub)).toBe(111);
    expect((await stub.read()).series.get(KEY)).toMatchObject({ reference: 'ref-2', at: 1_002 });
  });

  it.each([
    ['before its snapshot', false],
    ['after it', true],
  ])('survives a restart %s, and still knows what it has counted', async (_when, snapshot) => {
    const name = crypto.randomUUID();
    let stub = namespace.getByName(name);
    await stub.add(batch('a', 1));
    await stub.add(batch('a', 2, 10));
    if (snapshot) expect(await runDurableObjectAlarm(stub)).toBe(true);
    stub = await restart(name);
    expect(await countIn(stub)).toBe(11);
    expect(await stub.add(batch('a', 2, 10))).toBe(false);
    expect(await stub.add(batch('a', 3, 100))).toBe(true);
    stub = await restart(name);
    expect(await countIn(stub)).toBe(111);
  });

  const refusal = (reference: string, count = 1): NonNullable<Batch['refusals']> => ({
    events: Array.from({ length: count }, () => ({
      time: 1_000,
      reference,
      method: 'GET',
      host: 'api.example',
      path: '/orders',
      route: 'orders',
      status: 401,
    })),
    dropped: 1,
  });
  const EVERYTHING = {
    after: undefined,
    limit: 2_000,
    reason: undefined,
    route: undefined,
    issuer: undefined,
    client: undefined,
  };

  it.each([
    ['before its snapshot', false],
    ['after it', true],
  ])(
    'keeps the latest refusals through a restart %s, and says so to older cursors',
    async (_when, snapshot) => {
      const name = crypto.randomUUID();
      let stub = namespace.getByName(name);
      await stub.add({ ...batch('a', 1), refusals: refusal('first') });
      await stub.add({ ...batch('a', 1), refusals: refusal('the same batch again') });
      await stub.add({ ...batch('a', 2), refusals: refusal('second') });
      if (snapshot) expect(await runDurableObjectAlarm(stub)).toBe(true);
      const { cursor } = await stub.refusals(EVERYTHING);
      stub = await restart(name);
      const read = await stub.refusals({ ...EVERYTHING, after: cursor });
      expect(read.refusals.map(({ reference }) => reference)).toEqual(['first', 'second']);
      expect(read).toMatchObject({ dropped: 2, gap: true });
    },
  );

  it('keeps no row whose refusals have no place any more, and none of another day', async () => {
    const stub = namespace.getByName(crypto.randomUUID());
    await stub.add({ ...batch('a', 1), refusals: refusal('of another day') });
    await runInDurableObject(stub, (_object, { storage }) => {
      storage.sql.exec('UPDATE refusal SET at = at - 86401');
    });
    for (const [i, count] of [100, 899, 100, 1].entries()) {
      await stub.add({ ...batch('a', 2 + i), refusals: refusal(`${count}`, count) });
    }
    expect(await runDurableObjectAlarm(stub)).toBe(true);
    const rows = await runInDurableObject(stub, (_object, { storage }) =>
      storage.sql.exec<{ events: number }>('SELECT events FROM refusal ORDER BY n').toArray(),
    );
    expect(rows.map(({ events }) => events)).toEqual([899, 100, 1]);
  });

  const holding = (position: number, at = Date.now() / 1e3) => ({
    gauges: { at, keySets: [], store: { doubt: undefined, position }, replica: undefined },
  });
  const positionIn = async (from: DurableObjectStub<MetricsObject>) =>
    (await from.read()).gauges?.store?.position;

  it('tells what isolates hold, of a batch once', async () => {
    const stub = namespace.getByName(crypto.randomUUID());
    await stub.add({ ...batch('a', 1), ...holding(1) });
    await stub.add({ ...batch('a', 1), ...holding(9) });
    expect(await positionIn(stub)).toBe(1);
    await stub.add({ ...batch('a', 2), ...holding(2) });
    expect(await positionIn(stub)).toBe(2);
    await stub.add({ ...batch('a', 3), ...holding(3, 1_000) });
    expect(await positionIn(stub)).toBeUndefined();
  });

  it.each([
    ['before its snapshot', false],
    ['after it', true],
  ])(
    'goes on through a restart %s with what isolates hold and how it went lately',
    async (_when, snapshot) => {
      const name = crypto.randomUUID();
      let stub = namespace.getByName(name);
      const allowed = async () =>
        (await stub.recent()).points.reduce((sum, { decisions }) => sum + (decisions.allowed ?? 0), 0);
      const durations = async () => [...(await stub.recent()).durations];
      const took = seriesKey('portcullis_request_duration_seconds', ['orders']);
      await stub.add({
        isolate: 'a',
        sequence: 1,
        sums: [
          [KEY, [3]],
          [took, [1, 2]],
        ],
        ...holding(4),
      });
      await stub.add({ ...batch('b', 1, 10), ...holding(7) });
      if (snapshot) expect(await runDurableObjectAlarm(stub)).toBe(true);
      stub = await restart(name);
      expect(await positionIn(stub)).toBe(7);
      expect([await allowed(), await durations()]).toEqual([13, [['orders', [1, 2]]]]);
      expect(await stub.add(batch('b', 1, 10))).toBe(false);
      await stub.add({ ...batch('b', 2, 100), ...holding(2) });
      stub = await restart(name);
      expect([await positionIn(stub), await allowed()]).toEqual([4, 113]);
    },
  );

  it('has nothing of a batch that cannot be written whole', async () => {
    const name = crypto.randomUUID();
    let stub = namespace.getByName(name);
    await stub.add(batch('a', 1));
    const failed = await runInDurableObject(stub, async (object, { storage }) => {
      storage.sql.exec('ALTER TABLE refusal RENAME TO elsewhere');
      const caught = await object.add({ ...batch('a', 2, 10), refusals: refusal('x') }).catch(() => 'failed');
      storage.sql.exec('ALTER TABLE elsewhere RENAME TO refusal');
      return caught;
    });
    expect(failed).toBe('failed');
    expect(await countIn(stub)).toBe(1);
    expect(await stub.add({ ...batch('a', 2, 10), refusals: refusal('x') })).toBe(true);
    stub = await restart(name);
    const points = (await stub.recent()).points;
    expect(points.reduce((sum, { decisions }) => sum + (decisions.allowed ?? 0), 0)).toBe(11);
    expect(await countIn(stub)).toBe(11);
  });

  it('keeps batches no longer than the next snapshot', async () => {
    const stub = namespace.getByName(crypto.randomUUID());
    for (let i = 1; i <= 20; i++) await stub.add(batch('a', i));
    await runDurableObjectAlarm(stub);
    const rows = await runInDurableObject(stub, (_object, { storage }) =>
      ['batch', 'snapshot', 'isolate'].map(
        (table) => storage.sql.exec<{ n: number }>(`SELECT count(*) AS n FROM ${table}`).one().n,
      ),
    );
    expect(rows).toEqual([0, 1, 1]);
    expect(await countIn(stub)).toBe(20);
  });

  it('keeps every series through its snapshot, however many rows they take', async () => {
    const name = crypto.randomUUID();
    let stub = namespace.getByName(name);
    const keys = Array.from({ length: 1_001 }, (_, i) =>
      seriesKey('portcullis_requests', [`route-${i}`, 'allowed', '', 'main']),
    );
    await stub.add({ isolate: 'a', sequence: 1, sums: keys.map((key) => [key, [1]] as const) });
    await runDurableObjectAlarm(stub);
    stub = await restart(name);
    expect(new Set((await stub.read()).series.keys())).toEqual(new Set(keys));
  });

  it('lets isolates and series go that are long over, with its snapshot', async () => {
    const name = crypto.randomUUID();
    let stub = namespace.getByName(name);
    await stub.add(batch('gone', 1));
    await runInDurableObject(stub, (_object, { storage }) => {
      storage.sql.exec('UPDATE batch SET at = at - 2592001');
    });
    stub = await restart(name);
    await stub.add({ isolate: 'here', sequence: 1, sums: [['["portcullis_events","x",""]', [1]]] });
    await runDurableObjectAlarm(stub);
    const isolates = await runInDurableObject(stub, (_object, { storage }) =>
      storage.sql.exec<{ id: string }>('SELECT id FROM isolate').toArray(),
    );
    expect(isolates).toEqual([{ id: 'here' }]);
    expect([...(await stub.read()).series.keys()]).toEqual(['["portcullis_events","x",""]']);
  });
});

describe('totals', () => {
  it('begin anew where another version has other buckets', () => {
    const totals = new RunningTotals();
    totals.add({ isolate: 'a', sequence: 1, sums: [['["m"]', [1, 2]]] }, 1);
    totals.add({ isolate: 'a', sequence: 2, sums: [['["m"]', [1, 2, 3]]] }, 2);
    expect(totals.series.get('["m"]')?.values).toEqual([1, 2, 3]);
  });

  it('count as lost the requests of a series too many, and only those', () => {
    const totals = new RunningTotals(new Map(), 1);
    totals.add(batch('a', 1), 1);
    const other = seriesKey('portcullis_requests', ['new', 'allowed', '', '']);
    const sums = [
      [other, [5]],
      [KEY, [1]],
      ['["portcullis_events","x",""]', [7]],
    ] as const;
    totals.add({ isolate: 'a', sequence: 2, sums }, 2);
    expect([...totals.series].map(([key, { values }]) => [key, values[0]])).toEqual([
      [KEY, 2],
      ['["portcullis_metrics_lost","series"]', 5],
    ]);
  });

  it('forget a series after 30 days without a request, and an isolate after two hours', () => {
    const totals = new RunningTotals();
    totals.add(batch('a', 5), 0);
    totals.forget(2 * 3_600);
    expect(totals.isolates.size).toBe(1);
    totals.forget(2 * 3_600 + 1);
    expect([totals.isolates.size, totals.series.size]).toEqual([0, 1]);
    totals.forget(30 * 86_400 + 1);
    expect(totals.series.size).toBe(0);
  });
});
