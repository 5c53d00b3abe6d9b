import { describe, expect, it } from 'vitest';
import type { AlarmsReading } from '../../../../src/control/alarms/alarms-object.ts';
import { QUIET } from '../../../../src/control/alarms/hysteresis.ts';
import { ALARM_NAMES } from '../../../../src/control/alarms/rules.ts';
import { type AlarmsPort, watch } from '../../../../src/control/alarms/watch.ts';
import { compileControl } from '../../../../src/control/config.ts';
import type { OperationalEvent } from '../../../../src/core/event.ts';
import { err, ok } from '../../../../src/core/result.ts';
import { ToldGauges } from '../../../../src/metrics/told-gauges.ts';
import { controlApp, NOW, VARIABLES } from '../control-app.ts';
import { NAMESPACE, ruleOf } from './rule.ts';

const KEY = `whsec_${new Uint8Array(32).fill(5).toBase64()}`;
const BOUND = {
  ...VARIABLES,
  METRICS: NAMESPACE,
  ALARMS: NAMESPACE,
  OPS_URL: 'https://hooks.example/secret-path',
  OPS_KEY: KEY,
  PAGER_KEY: 'p'.repeat(32),
};
const configured = (tables: object, more: object = {}): Record<string, unknown> => ({
  ...BOUND,
  ...more,
  CONTROL: { ...VARIABLES.CONTROL, ...tables },
});
const OPS = { url: 'OPS_URL', secret: 'OPS_KEY' };

const READING: AlarmsReading = {
  at: NOW - 20,
  states: {
    expired_tokens: { ...QUIET, value: 612, incident: { id: 'i', since: NOW - 90, told: true } },
    invalid_signatures: { ...QUIET, value: 3, lastIncident: { since: NOW - 900, until: NOW - 600 } },
  },
  deliveries: { ops: [{ id: 'i.begun', createdAt: NOW - 90, tries: 2, outcome: '200', state: 'delivered' }] },
};
const port = (more: Partial<AlarmsPort> = {}): AlarmsPort => ({
  evaluate: async () => [],
  read: async () => READING,
  counts: async () => ({ series: new Map(), lastAt: NOW }),
  ...more,
});

describe('GET /v1/alarms', () => {
  const tables = {
    webhooks: { ops: OPS },
    alarms: { invalid_signatures: { silenced: 'a load test until Monday' } },
  };
  const app = (alarms?: AlarmsPort) => controlApp(configured(tables), undefined, undefined, { alarms });

  it('lists every rule, how it stands and what was told, and nothing that is secret', async () => {
    const answer = await app(port()).admin('GET', '/v1/alarms', undefined, { scope: 'revocations:read' });
    expect(answer.status).toBe(200);
    const text = await answer.text();
    const { at, evaluated_at, alarms, webhooks } = JSON.parse(text);
    expect([at, evaluated_at]).toEqual([NOW, NOW - 20]);
    expect(alarms.map(({ alarm }: { alarm: string }) => alarm)).toEqual(ALARM_NAMES);
    const byName = Object.fromEntries(alarms.map((each: { alarm: string }) => [each.alarm, each]));
    expect(byName.expired_tokens).toMatchObject({
      running: true,
      since: NOW - 90,
      value: 612,
      begin: 500,
      clear: 250,
      silenced: null,
    });
    expect(byName.invalid_signatures).toMatchObject({
      running: false,
      since: null,
      silenced: 'a load test until Monday',
      last: { since: NOW - 900 },
    });
    expect(byName.keys_failing).toMatchObject({ running: false, value: null });
    expect(webhooks).toEqual([
      {
        webhook: 'ops',
        shape: 'json',
        deliveries: [{ id: 'i.begun', created_at: NOW - 90, tries: 2, outcome: '200', state: 'delivered' }],
      },
    ]);
    for (const secret of [BOUND.OPS_URL, KEY, 'OPS_URL']) expect(text).not.toContain(secret);
  });

  it('is for the read scope alone, and for GET', async () => {
    const other = await app(port()).admin('GET', '/v1/alarms', undefined, { scope: 'revocations:write' });
    const post = await app(port()).admin('POST', '/v1/alarms');
    const nobody = await app(port()).request('/v1/alarms');
    expect([other.status, post.status, nobody.status]).toEqual([403, 405, 401]);
  });

  it('is 404 where no alarms are kept, and 503 where the object is silent', async () => {
    const silent = app(port({ read: () => Promise.reject(new Error('x')) }));
    expect((await app().admin('GET', '/v1/alarms')).status).toBe(404);
    expect((await silent.admin('GET', '/v1/alarms')).status).toBe(503);
    expect(silent.audit()).toMatchObject({ outcome: 'unavailable', detail: 'alarms' });
  });
});

describe('a look at everything', () => {
  const certain = { read: async () => ok({ epoch: 'e', values: [] }) };
  const look = async (alarms: AlarmsPort, reader: object = certain) => {
    const events: OperationalEvent[] = [];
    const rules = [ruleOf('expired_tokens')];
    const emit = (event: OperationalEvent) => void events.push(event);
    await watch({ alarms, reader: reader as typeof certain, rules, webhooks: [], emit }, NOW);
    return events;
  };
  const states = async (alarms: Partial<AlarmsPort>, reader?: object) => {
    const evaluated: unknown[] = [];
    await look(
      port({
        ...alarms,
        evaluate: async (each) => {
          evaluated.push([each.states, each.sums === undefined]);
          return [];
        },
      }),
      reader,
    );
    return evaluated[0];
  };

  it('tells the log what has turned', async () => {
    const evaluate: AlarmsPort['evaluate'] = async () => [
      { alarm: 'expired_tokens', turn: 'begun', value: 612 },
      { alarm: 'keys_failing', turn: 'ended', value: 0 },
    ];
    expect(await look(port({ evaluate }))).toEqual([
      { event: 'alarm_begun', level: 'error', alarm: 'expired_tokens', value: 612 },
      { event: 'alarm_ended', level: 'info', alarm: 'keys_failing', value: 0 },
    ]);
  });

  it('knows a store in doubt, a silent one, and counts that cannot be read', async () => {
    expect(await states({})).toEqual([
      { keys_expiring: undefined, store_in_doubt: 0, metrics_unavailable: 0 },
      false,
    ]);
    expect(await states({}, { read: async () => err('store_lost') })).toEqual([
      { keys_expiring: undefined, store_in_doubt: 1, metrics_unavailable: 0 },
      false,
    ]);
    expect(await states({}, { read: () => Promise.reject(new Error('x')) })).toEqual([
      { keys_expiring: undefined, store_in_doubt: 1, metrics_unavailable: 0 },
      false,
    ]);
    expect(await states({ counts: () => Promise.reject(new Error('x')) })).toEqual([
      { keys_expiring: undefined, store_in_doubt: 0, metrics_unavailable: 1 },
      true,
    ]);
  });

  it('knows of keys that are about to expire what isolates have told', async () => {
    const told = new ToldGauges();
    const keySet = { issuer: 'acme', state: 'none', failing: true, keys: 0 } as const;
    const never = { freshUntil: undefined, usableUntil: undefined, refreshAt: undefined };
    const store = { doubt: undefined, position: 0 };
    told.add('a', { at: NOW, keySets: [{ ...keySet, ...never }], store, replica: undefined }, NOW);
    const counts: AlarmsPort['counts'] = async () => ({
      series: new Map(),
      lastAt: NOW,
      gauges: told.read(NOW),
    });
    expect(await states({ counts })).toEqual([
      { keys_expiring: 1, store_in_doubt: 0, metrics_unavailable: 0 },
      false,
    ]);
  });

  it('that fails is an event', async () => {
    expect(await look(port({ evaluate: () => Promise.reject(new Error('x')) }))).toEqual([
      { event: 'alarms_unavailable', level: 'error' },
    ]);
  });
});

describe('the configuration of alarms', () => {
  const refused = (tables: object, more: object = {}) => {
    const compiled = compileControl(configured(tables, more));
    return compiled.ok ? [] : compiled.error.map(({ path }) => path);
  };

  it('has the thresholds of practice by default, each rule half of it to end', () => {
    expect(
      ['verification_failures', 'expired_tokens', 'invalid_signatures', 'refresh_reuse'].map((name) => {
        const { begin, clear, windowSeconds, clearForSeconds } = ruleOf(name as 'expired_tokens');
        return [begin, clear, windowSeconds, clearForSeconds];
      }),
    ).toEqual([
      [100, 50, 60, 300],
      [500, 250, 60, 300],
      [50, 25, 60, 300],
      [10, 5, 60, 300],
    ]);
  });

  it('takes what is given, and the rest by default', () => {
    const set = { begin: 9, clear: 0, window: '5m', begin_for: '1m', clear_for: '2m', silenced: 'why' };
    expect(ruleOf('keys_failing', set)).toEqual({
      name: 'keys_failing',
      begin: 9,
      clear: 0,
      windowSeconds: 300,
      beginForSeconds: 60,
      clearForSeconds: 120,
      least: 0,
      olderThanSeconds: 0,
      silenced: 'why',
    });
    expect(ruleOf('failed_answers', { least: 7 })).toMatchObject({ least: 7, begin: 5, clear: 2 });
    expect(ruleOf('replica_old', { older_than: '5m' })).toMatchObject({ olderThanSeconds: 300 });
  });

  it.each<[string, object, readonly string[]]>([
    ['a rule that there is not', { alarms: { expired_token: {} } }, ['CONTROL.alarms.expired_token']],
    [
      'an end above the beginning',
      { alarms: { expired_tokens: { clear: 501 } } },
      ['CONTROL.alarms.expired_tokens.clear'],
    ],
    [
      'a threshold of a state',
      { alarms: { store_in_doubt: { begin: 3 } } },
      ['CONTROL.alarms.store_in_doubt.begin'],
    ],
    [
      'a key of other rules',
      { alarms: { expired_tokens: { least: 3 } } },
      ['CONTROL.alarms.expired_tokens.least'],
    ],
    [
      'an age between two buckets',
      { alarms: { replica_old: { older_than: '7s' } } },
      ['CONTROL.alarms.replica_old.older_than'],
    ],
    [
      'a window of days',
      { alarms: { expired_tokens: { window: '2d' } } },
      ['CONTROL.alarms.expired_tokens.window'],
    ],
    [
      'silence without a reason',
      { alarms: { expired_tokens: { silenced: '' } } },
      ['CONTROL.alarms.expired_tokens.silenced'],
    ],
    [
      'a URL in place of its name',
      { webhooks: { ops: { ...OPS, url: 'https://hooks.example/T0/B0/abc' } } },
      ['CONTROL.webhooks.ops.url'],
    ],
    ['a URL without TLS', { webhooks: { ops: { ...OPS, url: 'PLAIN_URL' } } }, ['CONTROL.webhooks.ops.url']],
    ['no URL', { webhooks: { ops: { secret: 'OPS_KEY' } } }, ['CONTROL.webhooks.ops.url']],
    ['JSON that nothing signs', { webhooks: { ops: { url: 'OPS_URL' } } }, ['CONTROL.webhooks.ops.secret']],
    [
      'a signing secret of another form',
      { webhooks: { ops: { ...OPS, secret: 'OPS_URL' } } },
      ['CONTROL.webhooks.ops.secret'],
    ],
    [
      'a signature that Slack does not check',
      { webhooks: { ops: { ...OPS, shape: 'slack' } } },
      ['CONTROL.webhooks.ops.secret'],
    ],
    [
      'PagerDuty without its key',
      { webhooks: { ops: { shape: 'pagerduty' } } },
      ['CONTROL.webhooks.ops.routing_key'],
    ],
    [
      'a routing key of another form',
      { webhooks: { ops: { shape: 'pagerduty', routing_key: 'OPS_KEY' } } },
      ['CONTROL.webhooks.ops.routing_key'],
    ],
    [
      'a routing key for JSON',
      { webhooks: { ops: { ...OPS, routing_key: 'PAGER_KEY' } } },
      ['CONTROL.webhooks.ops.routing_key'],
    ],
    [
      'a rule that there is not, for a webhook',
      { webhooks: { ops: { ...OPS, rules: ['all'] } } },
      ['CONTROL.webhooks.ops.rules[0]'],
    ],
    [
      'too many webhooks',
      { webhooks: Object.fromEntries(Array.from({ length: 11 }, (_, i) => [`w${i}`, OPS])) },
      ['CONTROL.webhooks'],
    ],
  ])('refuses %s', (_what, tables, paths) => {
    expect(refused(tables, { PLAIN_URL: 'http://hooks.example/x' })).toEqual(paths);
  });

  it.each<[string, object]>([
    ['PagerDuty at its own address', { shape: 'pagerduty', routing_key: 'PAGER_KEY' }],
    ['Slack, for some rules', { shape: 'slack', url: 'OPS_URL', rules: ['expired_tokens'] }],
    ['two secrets while one replaces the other', { ...OPS, secret: ['OPS_KEY', 'OPS_KEY'] }],
    ['a receiver on this machine', { ...OPS, url: 'LOCAL_URL' }],
  ])('takes %s', (_what, table) => {
    expect(refused({ webhooks: { ops: table } }, { LOCAL_URL: 'http://127.0.0.1:9/x' })).toEqual([]);
  });

  it.each<[object, readonly string[]]>([
    [{ ALARMS: undefined }, ['ALARMS']],
    [{ ALARMS: 'x' }, ['ALARMS']],
    [{ METRICS: undefined }, ['METRICS']],
  ])('needs both objects: without %o', (bindings, paths) => {
    expect(refused({ webhooks: { ops: OPS } }, bindings)).toEqual(paths);
  });

  it('repeats no secret, whatever is wrong', () => {
    const tables = { webhooks: { ops: { url: BOUND.OPS_URL, secret: KEY, routing_key: BOUND.PAGER_KEY } } };
    const compiled = compileControl(configured(tables));
    const said = JSON.stringify(compiled);
    for (const secret of ['secret-path', KEY, BOUND.PAGER_KEY]) expect(said).not.toContain(secret);
    expect(compiled.ok).toBe(false);
  });
});
