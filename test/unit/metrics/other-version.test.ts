import { runDurableObjectAlarm, runInDurableObject } from 'cloudflare:test';
import { env } from 'cloudflare:workers';
import { describe, expect, it } from 'vitest';
import { type Batch, seriesKey } from '../../../src/metrics/batch.ts';
import type { MetricsObject } from '../../../src/metrics/metrics-object.ts';

const namespace = (env as { METRICS: DurableObjectNamespace<MetricsObject> }).METRICS;
const KEY = seriesKey('portcullis_requests', ['orders', 'allowed', '', 'main']);
const batch = (isolate: string, sequence: number, count = 1): Batch => ({
  isolate,
  sequence,
  sums: [[KEY, [count]]],
});
const holding = (position: number) => ({
  gauges: { at: Date.now() / 1e3, keySets: [], store: { doubt: undefined, position }, replica: undefined },
});

async function restart(name: string) {
  await runInDurableObject(namespace.getByName(name), (_object, state) => state.abort('restart')).catch(
    () => undefined,
  );
  return namespace.getByName(name);
}

const countIn = async (stub: DurableObjectStub<MetricsObject>) =>
  (await stub.read()).series.get(KEY)?.values[0];

describe('the object of the counts beside another version', () => {
  const odd = (more: object) => ({ ...batch('b', 1), ...more }) as unknown as Batch;

  it.each([
    ['no list', { sums: {} }],
    ['no numbers', { sums: [[KEY, 5]] }],
    ['a number below 0', { sums: [[KEY, [-5]]] }],
    ['no finite number', { sums: [[KEY, [Number.NaN]]] }],
    ['no key', { sums: [[null, [1]]] }],
    ['half a reference', { sums: [[KEY, [1], 'ref']] }],
  ])('takes in nothing of counts of another form, and goes on: %s', async (_what, more) => {
    const name = crypto.randomUUID();
    let stub = namespace.getByName(name);
    await stub.add(batch('a', 1));
    const refused = await runInDurableObject(stub, (object) => object.add(odd(more)).catch(() => 'refused'));
    expect(refused).toBe('refused');
    stub = await restart(name);
    expect(await stub.add(batch('b', 1, 10))).toBe(true);
    expect(await countIn(stub)).toBe(11);
  });

  it.each([
    ['nothing', null],
    ['no time', { keySets: [] }],
    ['no list', { at: 1 }],
    ['another state', { at: 1, keySets: [{ issuer: 'a', state: 'toString', keys: 1 }] }],
    ['no number', { at: 1, keySets: [{ issuer: 'a', state: 'fresh', keys: 1, usableUntil: null }] }],
    ['no position', { at: 1, keySets: [], store: {} }],
    ['no age', { at: 1, keySets: [], replica: {} }],
    ['half a keyring', { at: 1, keySets: [], signingKeys: { at: 1 } }],
  ])('counts what comes with gauges of another form, and leaves those out: %s', async (_what, gauges) => {
    const name = crypto.randomUUID();
    let stub = namespace.getByName(name);
    await stub.add({ ...batch('a', 1), ...holding(3) });
    const told = await stub.read();
    expect(await stub.add(odd({ gauges }))).toBe(true);
    expect((await stub.read()).gauges).toEqual(told.gauges);
    stub = await restart(name);
    expect([await countIn(stub), (await stub.read()).gauges]).toEqual([2, told.gauges]);
  });

  const EVERYTHING = {
    after: undefined,
    limit: 10,
    reason: undefined,
    route: undefined,
    issuer: undefined,
    client: undefined,
  };

  it.each([
    ['nothing', null],
    ['no list', { events: {}, dropped: 0 }],
    ['no event', { events: [null], dropped: 0 }],
    ['no reference', { events: [{ time: 1 }], dropped: 0 }],
    ['no number', { events: [], dropped: null }],
  ])('counts what comes with refusals of another form, and leaves those out: %s', async (_what, refusals) => {
    const name = crypto.randomUUID();
    let stub = namespace.getByName(name);
    expect(await stub.add(odd({ refusals }))).toBe(true);
    stub = await restart(name);
    expect(await countIn(stub)).toBe(1);
    expect(await stub.refusals(EVERYTHING)).toMatchObject({ refusals: [], dropped: 0 });
  });

  it('goes on from a storage that another version has written, with what it can read of it', async () => {
    const name = crypto.randomUUID();
    let stub = namespace.getByName(name);
    await stub.add({ ...batch('a', 1), ...holding(3) });
    await runDurableObjectAlarm(stub);
    await runInDurableObject(stub, (_object, { storage }) => {
      const told = JSON.stringify({ isolate: 'b', sequence: 1, sums: { of: 'another form' }, gauges: {} });
      storage.sql.exec('INSERT INTO batch (at, batch) VALUES (1, ?)', told);
      storage.sql.exec('INSERT INTO snapshot VALUES (500, ?)', '[["x", {"counts": 1}], ["y", null]]');
      storage.sql.exec('INSERT INTO refusal (at, events, refusals) VALUES (?, 1, ?)', Date.now() / 1e3, '{}');
      storage.kv.put('recent', { points: {}, turnedAt: 1 });
      storage.kv.put('gauges', [
        ...(storage.kv.get<object[]>('gauges') ?? []),
        { by: 'b', gauges: {} },
        null,
      ]);
    });
    stub = await restart(name);
    expect([...(await stub.read()).series.keys()]).toEqual([KEY]);
    expect((await stub.refusals(EVERYTHING)).refusals).toEqual([]);
    expect([(await stub.read()).gauges?.store?.position, (await stub.recent()).points]).toEqual([3, []]);
    expect(await stub.add(batch('a', 2, 10))).toBe(true);
    expect(await countIn(stub)).toBe(11);
  });
});
