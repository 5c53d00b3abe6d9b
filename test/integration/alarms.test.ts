import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import { bearer, send } from '../fixtures/client.ts';
import { issuerTable } from '../fixtures/deployment.ts';
import { type Issuer, startIssuer } from '../fixtures/issuer.ts';
import { type Origin, startOrigin } from '../fixtures/origin.ts';
import { isSigned, startReceiver, type WebhookReceiver } from '../fixtures/webhook-receiver.ts';
import { type Gateway, startGateway } from '../fixtures/workerd.ts';

const CONTROL = 'https://control.test';
const KEY = `whsec_${Buffer.alloc(32, 7).toString('base64')}`;
const PAGER_KEY = '0123456789abcdef0123456789abcdef';

let issuer: Issuer;
let origin: Origin;
let plain: WebhookReceiver;
let slack: WebhookReceiver;
let pager: WebhookReceiver;
let gateway: Gateway;
let objectsFolder: string;

/** The three built Workers' parts that take part, with windows of seconds in place of minutes. */
const start = () => {
  const ISSUERS = { main: issuerTable(issuer) };
  return startGateway({
    objectsFolder,
    vars: {
      ISSUERS,
      ROUTES: {
        orders: { path: '/orders/*', origin: origin.url, issuers: ['main'], revocation: { mode: 'off' } },
      },
    },
    control: {
      ISSUERS,
      CONTROL: {
        admins: { ops: { issuer: 'main', audience: [CONTROL] } },
        alarms: { invalid_signatures: { begin: 5, clear: 0, window: '3s', clear_for: '0s' } },
        webhooks: {
          plain: { url: 'PLAIN_URL', secret: 'PLAIN_KEY', source: 'shop' },
          slack: { shape: 'slack', url: 'SLACK_URL' },
          pager: { shape: 'pagerduty', url: 'PAGER_URL', routing_key: 'PAGER_KEY' },
          others: { shape: 'slack', url: 'SLACK_URL', rules: ['keys_failing'] },
        },
      },
      PLAIN_URL: plain.url,
      PLAIN_KEY: KEY,
      SLACK_URL: slack.url,
      PAGER_URL: pager.url,
      PAGER_KEY,
    },
  });
};

beforeAll(async () => {
  objectsFolder = await mkdtemp(join(tmpdir(), 'portcullis-alarms-'));
  [issuer, origin, plain, slack, pager] = await Promise.all([
    startIssuer(),
    startOrigin(),
    startReceiver(),
    startReceiver(),
    startReceiver(),
  ]);
  gateway = await start();
});

afterAll(async () => {
  await Promise.all([issuer, origin, plain, slack, pager, gateway].map((each) => each?.stop()));
  await rm(objectsFolder, { recursive: true, force: true });
});

const POLL = { timeout: 28_000, interval: 200 };

interface Shown {
  readonly evaluated_at: number | null;
  readonly alarms: readonly { alarm: string; running: boolean; value: number | null }[];
  readonly webhooks: readonly {
    webhook: string;
    deliveries: readonly { id: string; tries: number; state: string }[];
  }[];
}

async function alarms(): Promise<Shown> {
  const token = await issuer.sign(issuer.claims({ aud: CONTROL, scope: 'revocations:read' }));
  const answer = await fetch(`${gateway.controlUrl}/v1/alarms`, {
    headers: { Authorization: `Bearer ${token}` },
  });
  expect(answer.status).toBe(200);
  return (await answer.json()) as Shown;
}

/** The cron comes until it holds. */
const evaluatedUntil = (holds: () => Promise<void> | void) =>
  vi.waitFor(async () => {
    await gateway.scheduled();
    await holds();
  }, POLL);

const types = (receiver: WebhookReceiver) => receiver.received.map(({ body }) => body.type);
const running = async () => (await alarms()).alarms.filter((each) => each.running).map(({ alarm }) => alarm);

it('an alarm begins once and ends once, over failing receivers and a restart of every process', {
  timeout: 90_000,
}, async () => {
  await evaluatedUntil(async () => expect((await alarms()).evaluated_at).not.toBeNull());
  expect(await running()).toEqual([]);

  plain.answer(500);
  const token = await issuer.sign(issuer.claims());
  const forged = [bearer(`${token.slice(0, token.lastIndexOf('.'))}.${'A'.repeat(86)}`)];
  for (let i = 0; i < 20; i++) {
    const { event } = await send(gateway, 'GET', '/orders/1', forged);
    expect(event.reason).toBe('signature_invalid');
  }
  await evaluatedUntil(async () => expect(await running()).toEqual(['invalid_signatures']));
  // Refused twice by one receiver, while the others have it.
  await vi.waitFor(() => expect(plain.received.length).toBeGreaterThanOrEqual(2), POLL);
  await vi.waitFor(() => expect([slack.received.length, pager.received.length]).toEqual([1, 1]), POLL);

  await gateway.stop();
  gateway = await start();
  expect(await running()).toEqual(['invalid_signatures']);
  plain.answer(204);
  await evaluatedUntil(async () => {
    expect(await running()).toEqual([]);
    for (const { webhook, deliveries } of (await alarms()).webhooks) {
      const expected = webhook === 'others' ? [] : ['delivered', 'delivered'];
      expect(
        deliveries.map(({ state }) => state),
        webhook,
      ).toEqual(expected);
    }
  });
  for (let i = 0; i < 3; i++) await gateway.scheduled();

  const delivered = plain.received.filter(({ status }) => status === 204);
  expect(delivered.map(({ body }) => body.type)).toEqual(['alarm.begun', 'alarm.ended']);
  const ids = plain.received.map(({ headers }) => headers['webhook-id']);
  expect(new Set(ids)).toEqual(new Set(delivered.map(({ headers }) => headers['webhook-id'])));
  expect(new Set(ids).size).toBe(2);
  expect(types(plain).slice(0, -1)).toEqual(
    types(plain)
      .slice(0, -1)
      .map(() => 'alarm.begun'),
  );
  expect(plain.received.every((each) => isSigned(each, KEY))).toBe(true);
  expect(delivered[0]?.body.data).toMatchObject({ source: 'shop', alarm: 'invalid_signatures', begin: 5 });

  expect(slack.received.map(({ body }) => String(body.text).split('\n')[0])).toEqual([
    'portcullis: invalid_signatures has begun',
    'portcullis: invalid_signatures has ended',
  ]);
  const [trigger, resolve, ...more] = pager.received.map(({ body }) => body);
  expect([trigger, resolve, more]).toMatchObject([
    { event_action: 'trigger', routing_key: PAGER_KEY },
    { event_action: 'resolve', dedup_key: trigger?.dedup_key },
    [],
  ]);
  const told = gateway.logs().filter(({ event }) => event === 'alarm_ended');
  expect(told).toMatchObject([{ alarm: 'invalid_signatures', level: 'info' }]);
  expect(gateway.output()).not.toContain(KEY);
  expect(gateway.output()).not.toContain(plain.url);
  for (const { text } of [plain, slack, pager].flatMap(({ received }) => received))
    expect(text).not.toContain(token);
});
