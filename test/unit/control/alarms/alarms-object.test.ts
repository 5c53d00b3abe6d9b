import { runDurableObjectAlarm, runInDurableObject } from 'cloudflare:test';
import { env } from 'cloudflare:workers';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { AlarmsObject, Evaluation } from '../../../../src/control/alarms/alarms-object.ts';
import { newMessage } from '../../../../src/control/alarms/message.ts';
import { MAX_WAITING, Outbox } from '../../../../src/control/alarms/outbox.ts';
import type { AlarmRule } from '../../../../src/control/alarms/rules.ts';
import { sumsFor } from '../../../../src/control/alarms/sums.ts';
import type { Webhook } from '../../../../src/control/alarms/webhook.ts';
import { seriesKey } from '../../../../src/metrics/batch.ts';
import { RunningTotals } from '../../../../src/metrics/totals.ts';
import { ruleOf } from './rule.ts';

const namespace = (env as { ALARMS: DurableObjectNamespace<AlarmsObject> }).ALARMS;
const RULE = ruleOf('expired_tokens', { begin: 10, clear_for: '0s' });
const webhook = (name: string, more: Partial<Webhook> = {}): Webhook => ({
  name,
  shape: 'slack',
  url: `${name.toUpperCase()}_URL`,
  secrets: [],
  routingKey: undefined,
  source: 'shop',
  rules: undefined,
  ...more,
});
const OPS = webhook('ops');

let now = 1_800_000_000;
let received: { url: string; body: string; redirect: RequestInit['redirect'] }[] = [];
let answer: (url: string) => Response | Promise<Response> = () => new Response('ok');

beforeEach(() => {
  received = [];
  answer = () => new Response('ok');
  vi.spyOn(Date, 'now').mockImplementation(() => now * 1e3);
  vi.spyOn(globalThis, 'fetch').mockImplementation(async (input, init) => {
    const url = String(input);
    received.push({ url, body: String(init?.body), redirect: init?.redirect });
    return answer(url);
  });
});
afterEach(() => vi.restoreAllMocks());

/** One object with its secrets bound. */
async function newObject(name: string = crypto.randomUUID()) {
  const stub = namespace.getByName(name);
  await runInDurableObject(stub, (object) => {
    const bindings = { OPS_URL: 'https://ops.example/x', TEAM_URL: 'https://team.example/x' };
    Object.defineProperty(object, 'env', { value: bindings });
  });
  return stub;
}

async function restarted(name: string) {
  await runInDurableObject(namespace.getByName(name), (_object, state) => state.abort('restart')).catch(
    () => undefined,
  );
  return newObject(name);
}

function evaluation(
  count: number | undefined,
  more: Partial<Evaluation> = {},
  rules: readonly AlarmRule[] = [RULE],
): Evaluation {
  const totals = new RunningTotals();
  const key = seriesKey('portcullis_requests', ['orders', 'denied', 'expired', '']);
  totals.add({ isolate: 'a', sequence: 1, sums: [[key, [count ?? 0]]] }, 1);
  const sums = count === undefined ? undefined : sumsFor(rules, totals.series);
  return { at: now, rules, webhooks: [OPS], sums, states: {}, ...more };
}

const inMinutes = (minutes: number) => {
  now += minutes * 60;
};
const told = () => received.map(({ body }) => (JSON.parse(body) as { text: string }).text.split('\n')[0]);
const [BEGUN, ENDED] = ['shop: expired_tokens has begun', 'shop: expired_tokens has ended'];

describe('the object of the alarms', () => {
  it('tells of a beginning and of its end, each once, however often and however late it evaluates', async () => {
    const stub = await newObject();
    await stub.evaluate(evaluation(0));
    inMinutes(1);
    expect(await stub.evaluate(evaluation(11))).toEqual([
      { alarm: 'expired_tokens', turn: 'begun', value: 11 },
    ]);
    expect(
      await Promise.all([stub.evaluate(evaluation(11)), stub.evaluate(evaluation(999, { at: now - 1 }))]),
    ).toEqual([[], []]);
    await runDurableObjectAlarm(stub);
    inMinutes(1);
    expect(await stub.evaluate(evaluation(30))).toEqual([]);
    inMinutes(1);
    expect(await stub.evaluate(evaluation(31))).toMatchObject([{ turn: 'ended', value: 1 }]);
    await runDurableObjectAlarm(stub);
    expect(await runDurableObjectAlarm(stub)).toBe(false);
    expect(told()).toEqual([BEGUN, ENDED]);
    expect(received[0]).toMatchObject({ url: 'https://ops.example/x', redirect: 'manual' });
  });

  it('remembers over a restart what runs, what was counted and what is yet to be told', async () => {
    const name = crypto.randomUUID();
    let stub = await newObject(name);
    answer = () => new Response(null, { status: 500 });
    await stub.evaluate(evaluation(0));
    stub = await restarted(name);
    inMinutes(1);
    expect(await stub.evaluate(evaluation(11))).toHaveLength(1);
    await runDurableObjectAlarm(stub);
    stub = await restarted(name);
    answer = () => new Response('ok');
    inMinutes(1);
    expect(await stub.evaluate(evaluation(22))).toEqual([]);
    await runDurableObjectAlarm(stub);
    expect(told()).toEqual([BEGUN, BEGUN]);
    const { states, deliveries } = await stub.read(['ops']);
    expect(states.expired_tokens?.incident).toMatchObject({ since: now - 60, told: true });
    expect(deliveries.ops).toMatchObject([{ tries: 2, outcome: '200', state: 'delivered' }]);
  });

  it('tries again ever later, keeps the order, and gives up after a day', async () => {
    const stub = await newObject();
    answer = () => new Response(null, { status: 503 });
    await stub.evaluate(evaluation(0));
    inMinutes(1);
    await stub.evaluate(evaluation(11));
    const pauses: number[] = [];
    for (let i = 0; i < 9; i++) {
      await runDurableObjectAlarm(stub);
      const due = await runInDurableObject(stub, (_object, { storage }) => storage.getAlarm());
      pauses.push(Math.round((due ?? 0) / 1e3 - now));
      now += pauses.at(-1) ?? 0;
    }
    expect(pauses).toEqual([5, 10, 20, 40, 80, 160, 320, 600, 600]);
    await stub.evaluate(evaluation(11));
    expect(
      (await stub.read(['ops'])).deliveries.ops?.map(({ id, state }) => [id.split('.')[1], state]),
    ).toEqual([
      ['ended', 'waiting'],
      ['begun', 'waiting'],
    ]);
    inMinutes(24 * 60);
    received = [];
    answer = () => new Response(null, { status: told().length === 1 ? 503 : 200 });
    await runDurableObjectAlarm(stub);
    expect(told()).toEqual([BEGUN, ENDED]);
    expect((await stub.read(['ops'])).deliveries.ops?.map(({ state }) => state)).toEqual([
      'delivered',
      'given_up',
    ]);
  });

  it('does not ask again where the message was refused', async () => {
    const stub = await newObject();
    answer = () => new Response(null, { status: 410 });
    await stub.evaluate(evaluation(0));
    inMinutes(1);
    await stub.evaluate(evaluation(11));
    await runDurableObjectAlarm(stub);
    expect(await runDurableObjectAlarm(stub)).toBe(false);
    expect((await stub.read(['ops'])).deliveries.ops).toMatchObject([
      { tries: 1, outcome: '410', state: 'given_up' },
    ]);
  });

  it('does not let one receiver wait for another, nor tell any of rules that are not its own', async () => {
    const stub = await newObject();
    const webhooks = [OPS, webhook('team', { rules: ['invalid_signatures'] }), webhook('none')];
    answer = (url) => (url.includes('ops') ? Promise.reject(new TypeError('no route')) : new Response('ok'));
    const rules = [RULE, ruleOf('store_in_doubt', { begin_for: '0s' })];
    await stub.evaluate(evaluation(0, { webhooks }, rules));
    inMinutes(1);
    await stub.evaluate(evaluation(11, { webhooks, states: { store_in_doubt: 1 } }, rules));
    await runDurableObjectAlarm(stub);
    expect(received.map(({ url }) => url)).toEqual(['https://ops.example/x']);
    const { deliveries } = await stub.read(['ops', 'team', 'none']);
    expect(deliveries.ops?.map(({ outcome }) => outcome)).toEqual([null, 'no_answer']);
    expect(deliveries.none?.map(({ outcome }) => outcome)).toEqual([null, 'secret_missing']);
    expect(deliveries.team).toEqual([]);
  });

  it('judges states, and nothing that counts, where the counts cannot be read', async () => {
    const stub = await newObject();
    const rules = [RULE, ruleOf('metrics_unavailable', { begin_for: '0s', clear_for: '0s' })];
    await stub.evaluate(evaluation(0, {}, rules));
    inMinutes(1);
    await stub.evaluate(evaluation(11, { states: { metrics_unavailable: 0 } }, rules));
    inMinutes(1);
    const blind = evaluation(undefined, { states: { metrics_unavailable: 1 } }, rules);
    expect(await stub.evaluate(blind)).toEqual([{ alarm: 'metrics_unavailable', turn: 'begun', value: 1 }]);
    expect((await stub.read([])).states.expired_tokens?.incident).toBeDefined();
    inMinutes(1);
    const seeing = evaluation(11, { states: { metrics_unavailable: 0 } }, rules);
    expect((await stub.evaluate(seeing)).map(({ alarm }) => alarm)).toEqual([
      'expired_tokens',
      'metrics_unavailable',
    ]);
  });

  it('takes no evaluation that is later than one that has been taken', async () => {
    const stub = await newObject();
    const rules = [ruleOf('store_in_doubt', { begin_for: '0s' })];
    await stub.evaluate(evaluation(0, { states: { store_in_doubt: 0 } }, rules));
    const late = evaluation(0, { at: now - 1, states: { store_in_doubt: 1 } }, rules);
    const twice = evaluation(0, { states: { store_in_doubt: 1 } }, rules);
    expect([await stub.evaluate(late), await stub.evaluate(twice)]).toEqual([[], []]);
    expect((await stub.read([])).states.store_in_doubt?.incident).toBeUndefined();
  });

  it('keeps the latest messages where more wait than a receiver can be told, and shows some of them', async () => {
    const stub = await newObject();
    const [waiting, first, shown] = await runInDurableObject(stub, (_object, { storage }) => {
      const outbox = new Outbox(storage.sql);
      const rule = ruleOf('expired_tokens');
      for (let i = 0; i < MAX_WAITING + 30; i++) {
        const incident = { id: `incident-${i}`, since: now, told: true };
        outbox.add(newMessage(rule, { turn: 'begun', incident }, 11, now), [OPS], now);
      }
      const { n } = storage.sql
        .exec<{ n: number }>(`SELECT count(*) AS n FROM outbox WHERE state = 'waiting'`)
        .one();
      return [n, outbox.head('ops')?.message.incident, outbox.deliveries('ops').length];
    });
    expect([waiting, first, shown]).toEqual([MAX_WAITING, 'incident-30', 20]);
  });

  it('keeps no more than it needs: samples, and messages of receivers that are gone', async () => {
    const stub = await newObject();
    answer = () => new Response(null, { status: 500 });
    for (let i = 0; i < 290; i++) {
      await stub.evaluate(evaluation(i % 8 < 4 ? i * 10 : i * 10 + 1_000));
      now += 30;
    }
    const rows = () =>
      runInDurableObject(stub, (_object, { storage }) =>
        ['sample', 'outbox'].map(
          (table) => storage.sql.exec<{ n: number }>(`SELECT count(*) AS n FROM ${table}`).one().n,
        ),
      );
    const [samples = 0, messages = 0] = await rows();
    expect(samples).toBeLessThanOrEqual(140);
    expect(messages).toBeGreaterThan(0);
    await stub.evaluate(evaluation(0, { webhooks: [] }));
    expect((await rows())[1]).toBe(0);
  });
});

describe('the object of the alarms, where something around it changes', () => {
  const begun = async (more: Partial<Evaluation> = {}) => {
    const stub = await newObject();
    await stub.evaluate(evaluation(0, more));
    inMinutes(1);
    await stub.evaluate(evaluation(11, more));
    return stub;
  };

  it('goes on by a clock that was set back, and keeps what it had to tell', async () => {
    const stub = await newObject();
    await stub.evaluate(evaluation(0));
    inMinutes(1);
    answer = () => new Response(null, { status: 500 });
    await stub.evaluate(evaluation(11));
    await runDurableObjectAlarm(stub);
    inMinutes(-60 * 24);
    answer = () => new Response('ok');
    expect(await stub.evaluate(evaluation(11))).toEqual([]);
    expect((await stub.read(['ops'])).deliveries.ops).toMatchObject([{ createdAt: now }]);
    await runDurableObjectAlarm(stub);
    expect(told()).toEqual([BEGUN, BEGUN]);
    inMinutes(1);
    expect(await stub.evaluate(evaluation(11))).toMatchObject([{ turn: 'ended', value: 0 }]);
    await runDurableObjectAlarm(stub);
    expect(told().at(-1)).toBe(ENDED);
    expect((await stub.read([])).at).toBe(now);
  });

  it('does not take an evaluation that comes late for a clock that was set back', async () => {
    const stub = await begun();
    const late = { at: now - 600 };
    expect(await stub.evaluate(evaluation(0, late))).toEqual([]);
    expect((await stub.read([])).at).toBe(now);
  });

  it('counts the time that a value must stand anew where the clock was set back', async () => {
    const patient = [ruleOf('expired_tokens', { begin: 10, begin_for: '2m', clear_for: '0s' })];
    const stub = await newObject();
    await stub.evaluate(evaluation(0, {}, patient));
    inMinutes(1);
    await stub.evaluate(evaluation(20, {}, patient));
    inMinutes(-600);
    const turns: number[] = [];
    for (let minute = 0; minute < 5; minute++) {
      turns.push((await stub.evaluate(evaluation(20 + 20 * minute, {}, patient))).length);
      inMinutes(1);
    }
    expect(turns).toEqual([0, 0, 0, 1, 0]);
  });

  it('counts the time of quiet anew as well', async () => {
    const rules = [ruleOf('store_in_doubt', { begin_for: '0s', clear_for: '2m' })];
    const stub = await newObject();
    const judge = async (doubt: number) => {
      const turned = await stub.evaluate(evaluation(0, { states: { store_in_doubt: doubt } }, rules));
      inMinutes(1);
      return turned.length;
    };
    expect([await judge(0), await judge(1), await judge(0)]).toEqual([0, 1, 0]);
    inMinutes(-600);
    expect([await judge(0), await judge(0), await judge(0), await judge(0)]).toEqual([0, 0, 1, 0]);
  });

  it('wakes for the message that is due first, whoever is to have it', async () => {
    const stub = await newObject();
    const webhooks = [OPS, webhook('team')];
    answer = (url) => new Response(null, { status: url.includes('ops') ? 500 : 200 });
    await stub.evaluate(evaluation(0, { webhooks }));
    inMinutes(1);
    await stub.evaluate(evaluation(11, { webhooks }));
    for (let i = 0; i < 6; i++) {
      await runDurableObjectAlarm(stub);
      now += 5 * 2 ** i;
    }
    await runDurableObjectAlarm(stub);
    await stub.evaluate(evaluation(11, { webhooks }));
    const due = await runInDurableObject(stub, (_object, { storage }) => storage.getAlarm());
    expect((due ?? 0) / 1e3).toBe(now);
  });

  it('ends an alarm whose rule is no more, once, and tells whoever was told of it', async () => {
    const stub = await begun();
    const other = [ruleOf('invalid_signatures')];
    inMinutes(1);
    expect(await stub.evaluate(evaluation(11, {}, other))).toMatchObject([
      { alarm: 'expired_tokens', turn: 'ended' },
    ]);
    inMinutes(1);
    expect(await stub.evaluate(evaluation(11, {}, other))).toEqual([]);
    await runDurableObjectAlarm(stub);
    expect(told()).toEqual([BEGUN, ENDED]);
    expect((await stub.read([])).states.expired_tokens).toBeUndefined();
  });

  it('says nothing of a silenced alarm whose rule is no more', async () => {
    const stub = await newObject();
    const silenced = [ruleOf('expired_tokens', { begin: 10, silenced: 'a test' })];
    await stub.evaluate(evaluation(0, {}, silenced));
    inMinutes(1);
    await stub.evaluate(evaluation(11, {}, silenced));
    inMinutes(1);
    expect(await stub.evaluate(evaluation(11, {}, [ruleOf('invalid_signatures')]))).toEqual([]);
  });

  it('tells whoever was told of a beginning of its end, whatever rules are theirs by then', async () => {
    const stub = await begun({ webhooks: [OPS, webhook('team', { rules: ['expired_tokens'] })] });
    inMinutes(1);
    const narrowed = { rules: ['invalid_signatures'] };
    const webhooks = [webhook('ops', narrowed), webhook('team', narrowed), webhook('late', narrowed)];
    expect(await stub.evaluate(evaluation(11, { webhooks }))).toMatchObject([{ turn: 'ended' }]);
    const { deliveries } = await stub.read(['ops', 'team', 'late']);
    expect([deliveries.ops, deliveries.team, deliveries.late].map((each) => each?.length)).toEqual([2, 2, 0]);
  });

  it('begins no message late in a turn: a slow receiver does not keep the others waiting for the next', async () => {
    const stub = await newObject();
    answer = () => new Response(null, { status: 500 });
    for (let i = 0; i < 8; i++) {
      await stub.evaluate(evaluation(i % 2 === 0 ? i * 10 : i * 10 + 10));
      inMinutes(1);
    }
    inMinutes(10);
    received = [];
    answer = () => {
      now += 6;
      return new Response('ok');
    };
    await runDurableObjectAlarm(stub);
    expect(received).toHaveLength(2);
    await runDurableObjectAlarm(stub);
    expect(received).toHaveLength(4);
  });

  it('has nothing of an evaluation that fails half-way, and makes up for it', async () => {
    const stub = await newObject();
    await stub.evaluate(evaluation(0));
    inMinutes(1);
    const broken = [RULE, { ...RULE, name: 'of no kind' as AlarmRule['name'] }];
    const { caught, waiting } = await runInDurableObject(stub, async (object, { storage }) => ({
      caught: await object.evaluate(evaluation(11, { rules: broken })).catch((error: Error) => error.name),
      waiting: storage.sql.exec('SELECT * FROM outbox').toArray(),
    }));
    expect([caught, waiting]).toEqual(['TypeError', []]);
    expect((await stub.read(['ops'])).states.expired_tokens?.incident).toBeUndefined();
    expect(await stub.evaluate(evaluation(11))).toMatchObject([{ turn: 'begun' }]);
    await runDurableObjectAlarm(stub);
    expect(told()).toEqual([BEGUN]);
  });
});
