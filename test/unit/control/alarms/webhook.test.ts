import { describe, expect, it } from 'vitest';
import type { AlarmMessage } from '../../../../src/control/alarms/message.ts';
import { send, type WebhookRequest } from '../../../../src/control/alarms/send.ts';
import { PAGERDUTY_URL, signingKey, type Webhook } from '../../../../src/control/alarms/webhook.ts';

const NOW = 1_800_000_000;
const KEY = new Uint8Array(32).map((_, i) => i * 7);
const OTHER = new Uint8Array(24).fill(9);
const SECRETS: Record<string, string> = {
  URL: 'https://hooks.example/secret-path',
  KEY: `whsec_${KEY.toBase64()}`,
  OTHER: `whsec_${OTHER.toBase64()}`,
  ROUTING: 'r'.repeat(32),
};

const MESSAGE: AlarmMessage = {
  id: 'one.begun',
  turn: 'begun',
  alarm: 'invalid_signatures',
  incident: 'one',
  severity: 'error',
  what: 'tokens refused',
  value: 61,
  begin: 50,
  clear: 25,
  windowSeconds: 60,
  since: NOW - 60.5,
  at: NOW,
  see: 'docs/operating.md#invalid_signatures',
};

const webhook = (more: Partial<Webhook> = {}): Webhook => ({
  name: 'ops',
  shape: 'json',
  url: 'URL',
  secrets: ['KEY'],
  routingKey: undefined,
  source: 'shop',
  rules: undefined,
  ...more,
});
const SLACK = webhook({ shape: 'slack', secrets: [] });
const PAGERDUTY = webhook({ shape: 'pagerduty', secrets: [], url: undefined, routingKey: 'ROUTING' });

async function sent(to: Webhook, message = MESSAGE, answer: () => number = () => 200) {
  const requests: (WebhookRequest & { url: string })[] = [];
  const attempt = await send(to, message, {
    secret: (name) => SECRETS[name],
    post: async (url, request) => {
      requests.push({ url, ...request });
      return answer();
    },
    now: NOW + 0.9,
  });
  const [request] = requests;
  return {
    attempt,
    request,
    body: request && (JSON.parse(request.body) as Record<string, unknown>),
    count: requests.length,
  };
}

describe('what a webhook is sent', () => {
  it('is signed as Standard Webhooks has it, by each key', async () => {
    const { request } = await sent(webhook({ secrets: ['KEY', 'OTHER'] }));
    expect(request?.headers).toMatchObject({ 'webhook-id': 'one.begun', 'webhook-timestamp': String(NOW) });
    const signatures = request?.headers['webhook-signature']?.split(' ') ?? [];
    expect(signatures).toHaveLength(2);
    for (const [i, bytes] of [KEY, OTHER].entries()) {
      const key = await crypto.subtle.importKey('raw', bytes, { name: 'HMAC', hash: 'SHA-256' }, false, [
        'verify',
      ]);
      const [version, signature = ''] = signatures[i]?.split(',') ?? [];
      expect(version).toBe('v1');
      const content = new TextEncoder().encode(`one.begun.${NOW}.${request?.body}`);
      expect(await crypto.subtle.verify('HMAC', key, Uint8Array.fromBase64(signature), content)).toBe(true);
    }
  });

  it('is plain JSON', async () => {
    const { body, request } = await sent(webhook());
    expect(request?.url).toBe(SECRETS.URL);
    expect(body).toEqual({
      type: 'alarm.begun',
      timestamp: '2027-01-15T08:00:00Z',
      data: {
        source: 'shop',
        alarm: 'invalid_signatures',
        incident: 'one',
        severity: 'error',
        what: 'tokens refused',
        value: 61,
        begin: 50,
        clear: 25,
        window_seconds: 60,
        since: '2027-01-15T07:58:59Z',
        see: 'docs/operating.md#invalid_signatures',
      },
    });
  });

  it('is text without markup for Slack, unsigned', async () => {
    const { body, request } = await sent({ ...SLACK, source: '<!channel> & co' });
    expect(Object.keys(body ?? {})).toEqual(['text']);
    expect(body?.text).toBe(
      '&lt;!channel&gt; &amp; co: invalid_signatures has begun\n61 tokens refused (begins above 50). See docs/operating.md#invalid_signatures',
    );
    expect(request?.headers).toEqual({ 'Content-Type': 'application/json' });
  });

  it('triggers and resolves one incident at PagerDuty', async () => {
    const { body, request } = await sent(PAGERDUTY);
    expect(request?.url).toBe(PAGERDUTY_URL);
    expect(body).toMatchObject({
      routing_key: SECRETS.ROUTING,
      event_action: 'trigger',
      dedup_key: 'one',
      payload: { summary: 'shop: invalid_signatures has begun', source: 'shop', severity: 'error' },
    });
    const ended = await sent(PAGERDUTY, { ...MESSAGE, turn: 'ended', id: 'one.ended' });
    expect(ended.body).toMatchObject({ event_action: 'resolve', dedup_key: 'one' });
  });
});

describe('what becomes of an attempt', () => {
  it.each([
    [200, 'delivered'],
    [204, 'delivered'],
    [301, 'failed'],
    [400, 'refused'],
    [401, 'failed'],
    [404, 'failed'],
    [410, 'refused'],
    [429, 'failed'],
    [500, 'failed'],
    [503, 'failed'],
  ])('%i is %s', async (status, result) => {
    expect((await sent(webhook(), MESSAGE, () => status)).attempt).toEqual({
      outcome: String(status),
      result,
    });
  });

  it('no answer is a failure that does not repeat where it was sent', async () => {
    const { attempt } = await sent(webhook(), MESSAGE, () => {
      throw new TypeError(`no route to ${SECRETS.URL}`);
    });
    expect(attempt).toEqual({ outcome: 'no_answer', result: 'failed' });
  });

  it.each([
    ['a URL', webhook({ url: 'NONE' })],
    ['a key', webhook({ secrets: ['KEY', 'NONE'] })],
    ['a key of the right form', webhook({ secrets: ['URL'] })],
    ['a routing key', { ...PAGERDUTY, routingKey: 'NONE' }],
  ])('without %s nothing is sent, lest it go unsigned', async (_what, to) => {
    const { attempt, count } = await sent(to);
    expect([attempt.outcome, attempt.result, count]).toEqual(['secret_missing', 'failed', 0]);
  });
});

it.each([
  ['whsec_ and 24 bytes', `whsec_${new Uint8Array(24).toBase64()}`, true],
  ['64 bytes', `whsec_${new Uint8Array(64).toBase64()}`, true],
  ['fewer', `whsec_${new Uint8Array(23).toBase64()}`, false],
  ['more', `whsec_${new Uint8Array(65).toBase64()}`, false],
  ['no prefix', new Uint8Array(24).toBase64(), false],
  ['no base64', `whsec_${'?'.repeat(40)}`, false],
])('takes as a signing secret %s: %s', (_what, secret, taken) => {
  expect(signingKey(secret) !== undefined).toBe(taken);
});
