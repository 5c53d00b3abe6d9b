import { createServer, type Socket } from 'node:net';
import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import { bearer, send } from '../fixtures/client.ts';
import { issuerTable } from '../fixtures/deployment.ts';
import { type Issuer, startIssuer } from '../fixtures/issuer.ts';
import { type LoopbackPort, onLoopback } from '../fixtures/loopback-port.ts';
import { type Origin, startOrigin } from '../fixtures/origin.ts';
import { startReceiver, type WebhookReceiver } from '../fixtures/webhook-receiver.ts';
import { type Gateway, startGateway } from '../fixtures/workerd.ts';

const OK = 'HTTP/1.1 200 OK\r\n';
let endlessOpen = 0;

/** What a receiver does once a request has begun to arrive, and what its delivery is called then. */
const HOSTILE: Readonly<
  Record<string, { readonly answer: (socket: Socket, elsewhere: string) => void; readonly outcome: string }>
> = {
  redirects: {
    answer: (socket, elsewhere) =>
      socket.end(`HTTP/1.1 307 Elsewhere\r\nLocation: ${elsewhere}\r\nContent-Length: 0\r\n\r\n`),
    outcome: '307',
  },
  silent: { answer: () => undefined, outcome: 'no_answer' },
  endless: {
    answer: (socket) => {
      endlessOpen++;
      socket.on('close', () => endlessOpen--);
      socket.write(`${OK}Transfer-Encoding: chunked\r\n\r\n`);
      const more = () => {
        if (!socket.destroyed) socket.write(`10000\r\n${'x'.repeat(0x10000)}\r\n`, () => setTimeout(more, 5));
      };
      more();
    },
    outcome: '200',
  },
  unfinished: {
    answer: (socket) => socket.write(`${OK}Content-Length: 100\r\n\r\nhalf`),
    outcome: '200',
  },
  torn: {
    answer: (socket) =>
      socket.write(`${OK}Content-Length: 100\r\n\r\nhalf`, () =>
        setTimeout(() => socket.resetAndDestroy(), 50),
      ),
    outcome: '200',
  },
  heads: {
    answer: (socket) => socket.write(`${OK}${`X-Much: ${'y'.repeat(1_000)}\r\n`.repeat(2_000)}\r\n`),
    outcome: 'no_answer',
  },
  dripping: {
    answer: (socket) => {
      socket.write(OK);
      const more = () => {
        if (!socket.destroyed) socket.write('X-More: z\r\n', () => setTimeout(more, 100));
      };
      more();
    },
    outcome: 'no_answer',
  },
  garbage: { answer: (socket) => socket.end('no HTTP at all\r\n\r\n'), outcome: 'no_answer' },
  closing: { answer: (socket) => socket.destroy(), outcome: 'no_answer' },
};
/** With a good one they are ten, as many as control takes. */
const NAMES = Object.keys(HOSTILE);

let issuer: Issuer;
let origin: Origin;
let good: WebhookReceiver;
let elsewhere: WebhookReceiver;
let gateway: Gateway;
const hostile = new Map<string, LoopbackPort>();

beforeAll(async () => {
  [issuer, origin, good, elsewhere] = await Promise.all([
    startIssuer(),
    startOrigin(),
    startReceiver(),
    startReceiver(),
  ]);
  for (const name of NAMES) {
    const server = createServer((socket) =>
      socket.once('data', () => HOSTILE[name]?.answer(socket, elsewhere.url)),
    );
    hostile.set(name, await onLoopback(server));
  }
  const ISSUERS = { main: issuerTable(issuer) };
  const route = { path: '/orders/*', origin: origin.url, issuers: ['main'], revocation: { mode: 'off' } };
  const bindings = NAMES.map((name) => [
    `${name.toUpperCase()}_URL`,
    `${hostile.get(name)?.url}/secret-path`,
  ]);
  const tables = ['good', ...NAMES].map((name) => [
    name,
    { shape: 'slack', url: `${name.toUpperCase()}_URL` },
  ]);
  gateway = await startGateway({
    vars: { ISSUERS, ROUTES: { orders: route } },
    control: {
      ISSUERS,
      CONTROL: {
        admins: { ops: { issuer: 'main', audience: ['https://control.test'] } },
        alarms: { invalid_signatures: { begin: 0, window: '3s', clear_for: '0s' } },
        webhooks: Object.fromEntries(tables),
      },
      GOOD_URL: good.url,
      ...Object.fromEntries(bindings),
    },
  });
});

afterAll(async () => {
  await gateway?.stop();
  await Promise.all([issuer, origin, good, elsewhere, ...hostile.values()].map((each) => each?.stop()));
});

async function outcomes(): Promise<Record<string, string | null>> {
  const token = await issuer.sign(issuer.claims({ aud: 'https://control.test', scope: 'revocations:read' }));
  const answer = await fetch(`${gateway.controlUrl}/v1/alarms`, {
    headers: { Authorization: `Bearer ${token}` },
  });
  const { webhooks } = (await answer.json()) as {
    webhooks: { webhook: string; deliveries: { id: string; outcome: string | null }[] }[];
  };
  return Object.fromEntries(
    webhooks.map(({ webhook, deliveries }) => [webhook, deliveries.at(-1)?.outcome ?? null]),
  );
}

it('whatever receivers do, each is heard for its status alone, and a good one has its message', {
  timeout: 90_000,
}, async () => {
  await gateway.scheduled();
  const token = await issuer.sign();
  const forged = bearer(`${token.slice(0, token.lastIndexOf('.'))}.${'A'.repeat(86)}`);
  await send(gateway, 'GET', '/orders/1', [forged]);
  await vi.waitFor(
    async () => {
      await gateway.scheduled();
      expect(good.received.length).toBeGreaterThan(0);
    },
    { timeout: 30_000, interval: 250 },
  );
  const expected = Object.fromEntries(NAMES.map((name) => [name, HOSTILE[name]?.outcome]));
  await vi.waitFor(async () => expect(await outcomes()).toEqual({ ...expected, good: '200' }), {
    timeout: 45_000,
    interval: 500,
  });
  expect(elsewhere.received).toEqual([]);
  // The one that goes on for ever is not listened to.
  await vi.waitFor(() => expect(endlessOpen).toBe(0), { timeout: 20_000, interval: 100 });
  expect(gateway.output()).not.toContain('secret-path');
});
