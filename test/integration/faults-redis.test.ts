import { gzipSync } from 'node:zlib';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { bearer, send } from '../fixtures/client.ts';
import { type Deployment, issuerTable, startDeployment } from '../fixtures/deployment.ts';
import {
  answer,
  chunked,
  hang,
  measured,
  type Responder,
  redirectTo,
  type ScriptedServer,
} from '../fixtures/http-faults.ts';
import { type Issuer, startIssuer } from '../fixtures/issuer.ts';
import { type Origin, startOrigin } from '../fixtures/origin.ts';
import { REDIS_FAULTS, startFaultyRedis } from '../fixtures/redis-faults.ts';
import { type Gateway, startGateway } from '../fixtures/workerd.ts';

let origin: Origin;
let issuer: Issuer;
let redis: ScriptedServer;
let gateway: Gateway;

const MODES = ['strict', 'cached', 'replicated'];

beforeAll(async () => {
  [origin, issuer, redis] = await Promise.all([startOrigin(), startIssuer(), startFaultyRedis(hang)]);
});

afterAll(() => Promise.all([origin, issuer, redis].map((server) => server?.stop())));

afterEach(async () => {
  await gateway?.stop();
});

/** A gateway with a route for each mode and posture, in front of a Redis that nothing good comes from. */
const start = async (url: string, timeout = '50ms') => {
  const route = { origin: origin.url, issuers: ['main'] };
  const routes = MODES.flatMap((mode) =>
    ['reject', 'accept'].map((posture) => [
      `${mode}-${posture}`,
      {
        ...route,
        path: `/${mode}/${posture}`,
        revocation: {
          mode,
          on_unavailable: posture,
          timeout,
          ...(mode === 'strict' ? {} : { max_staleness: '1s' }),
        },
      },
    ]),
  );
  gateway = await startGateway({
    vars: { ISSUERS: { main: issuerTable(issuer) }, ROUTES: Object.fromEntries(routes) },
    secrets: { UPSTASH_REDIS_REST_URL: url, UPSTASH_REDIS_REST_TOKEN: 'read-only-token' },
  });
};

/** Says of every key of a store that is marked that it is not there, in whatever `send` makes of that answer. */
const notRevoked =
  (send: (text: string) => Responder = (text) => answer(200, text)): Responder =>
  (request, response) => {
    let body = '';
    request.setEncoding('utf8').on('data', (chunk: string) => {
      body += chunk;
    });
    request.on('end', () => {
      const [, ...keys] = JSON.parse(body) as string[];
      const result = keys.map((key) => (key === 'portcullis:v1:epoch' ? 'epoch-1' : null));
      send(JSON.stringify({ result }))(request, response);
    });
  };

/** In doubt a route refuses, or accepts and says so; it never says 401, never waits long, never forgets to tell. */
async function expectDoubt() {
  for (const mode of MODES) {
    const before = origin.received.length;
    const jti = crypto.randomUUID();
    const token = await issuer.sign({ jti });
    const refused = await send(gateway, 'GET', `/${mode}/reject`, [bearer(token)]);
    expect(refused.response.status, mode).toBe(503);
    expect(Number(refused.response.header('retry-after'))).toBeGreaterThan(0);
    expect(refused.response.header('www-authenticate')).toBeUndefined();
    expect(refused.response.header('content-type')).toBe('application/problem+json');
    expect(refused.event).toMatchObject({ decision: 'unknown', reason: 'revocation_unavailable' });
    expect(origin.received.length).toBe(before);

    const accepted = await send(gateway, 'GET', `/${mode}/accept`, [bearer(token)]);
    expect(accepted.response.status, mode).toBe(200);
    expect(accepted.event).toMatchObject({ decision: 'allowed', revocation: 'accepted_on_doubt' });
    expect(gateway.output()).not.toContain(jti);
  }
}

describe('a Redis that is wrong', () => {
  it.each(Object.entries(REDIS_FAULTS))(
    '%s: 503, or accepted where the route says so',
    async (_name, fault) => {
      redis.respondWith(fault);
      await start(redis.url);
      await expectDoubt();
    },
  );

  it('refuses connections', async () => {
    await start('http://127.0.0.1:9');
    await expectDoubt();
  });

  it('never reads as "revoked" either: it is 503 for a token that was never revoked, then 200 when Redis is well', async () => {
    redis.respondWith(answer(500));
    await start(redis.url, '5s');
    const token = await issuer.sign();
    expect((await send(gateway, 'GET', '/strict/reject', [bearer(token)])).response.status).toBe(503);
    redis.respondWith(notRevoked());
    expect((await send(gateway, 'GET', '/strict/reject', [bearer(token)])).response.status).toBe(200);
  });
});

describe('a strict route', () => {
  const padded = (text: string) => ' '.repeat(2 ** 20) + text;

  it.each([
    ['in chunks', 200, (text: string) => chunked(text)],
    ['at an announced length', 200, (text: string) => measured(text)],
    ['compressed', 200, (text: string) => measured(gzipSync(text), { 'content-encoding': 'gzip' })],
    ['behind a megabyte of nothing', 503, (text: string) => chunked(padded(text))],
    ['behind a megabyte of nothing, its length announced', 503, (text: string) => measured(padded(text))],
    [
      'behind a megabyte of nothing, another length announced',
      503,
      (text: string) => chunked(padded(text), { 'content-length': '20' }),
    ],
    [
      'behind a megabyte of nothing, compressed',
      503,
      (text: string) => measured(gzipSync(padded(text)), { 'content-encoding': 'gzip' }),
    ],
    ['with 201', 503, (text: string) => answer(201, text)],
    ['beside an error', 503, (text: string) => answer(200, text.replace('{', '{"error":"ERR",'))],
  ] as const)('hears "not revoked" %s: %i', async (_name, status, reply) => {
    redis.respondWith(notRevoked(reply));
    await start(redis.url, '5s');
    const { response } = await send(gateway, 'GET', '/strict/reject', [bearer(await issuer.sign())]);
    expect(response.status).toBe(status);
  });

  it('follows no redirect, not even to a good answer', async () => {
    const toldElsewhere: Responder = (request, response) =>
      request.url === '/elsewhere'
        ? notRevoked()(request, response)
        : redirectTo('/elsewhere', 307)(request, response);
    redis.respondWith(toldElsewhere);
    await start(redis.url, '5s');
    const { response } = await send(gateway, 'GET', '/strict/reject', [bearer(await issuer.sign())]);
    expect(response.status).toBe(503);
    expect(redis.received).not.toContain('POST /elsewhere');
  });

  it.each([
    ['failing', 2, answer(500)],
    ['hanging', 2, hang],
  ] as const)('asks a %s Redis at most %i times for a request', async (_name, attempts, fault) => {
    redis.respondWith(fault);
    await start(redis.url);
    const before = redis.received.length;
    await send(gateway, 'GET', '/strict/reject', [bearer(await issuer.sign())]);
    expect(redis.received.length - before).toBeLessThanOrEqual(attempts);
  });
});

describe('a public route', () => {
  it('does not ask Redis', async () => {
    redis.respondWith(hang);
    gateway = await startGateway({
      vars: {
        ISSUERS: { main: issuerTable(issuer) },
        ROUTES: {
          public: { path: '/public', origin: origin.url, authentication: 'none' },
          orders: { path: '/orders', origin: origin.url, issuers: ['main'] },
        },
      },
      secrets: { UPSTASH_REDIS_REST_URL: redis.url, UPSTASH_REDIS_REST_TOKEN: 'read-only-token' },
    });
    const before = redis.received.length;
    expect((await send(gateway, 'GET', '/public')).response.status).toBe(200);
    expect((await send(gateway, 'GET', '/orders')).response.status).toBe(401);
    expect((await send(gateway, 'GET', '/orders', [bearer('e30.e30.e30')])).response.status).toBe(401);
    expect(redis.received.length).toBe(before);
  });
});

describe('a real Redis', () => {
  let deployment: Deployment;

  afterEach(() => deployment?.stop());

  it('that stops and comes back: 503 while it is away, never 200 on a strict route', async () => {
    deployment = await startDeployment();
    const token = await deployment.issuer.sign({ scope: 'orders:read' });
    const status = async (target: string) =>
      (await send(deployment.gateway, 'GET', target, [bearer(token)])).response.status;
    expect(await status('/orders/1')).toBe(200);
    deployment.pauseRedis();
    expect(await status('/orders/1')).toBe(503);
    expect(await status('/lenient')).toBe(200);
    expect(await status('/unchecked')).toBe(200);
    deployment.resumeRedis();
    await expect.poll(() => status('/orders/1'), { timeout: 10_000 }).toBe(200);
  });

  it('that stalls: the status endpoint holds its token against the deny-list too, and answers 503', async () => {
    const scope = 'portcullis:status';
    deployment = await startDeployment({ GATEWAY: { status: { issuer: 'main', scope: [scope] } } });
    const token = await deployment.issuer.sign({ scope });
    const status = async () =>
      (await send(deployment.gateway, 'GET', '/.portcullis/status', [bearer(token)])).response.status;
    expect(await status()).toBe(200);
    deployment.pauseRedis();
    expect(await status()).toBe(503);
  });
});
