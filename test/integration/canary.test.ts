import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { SignJWT } from 'jose';
import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import { readSeriesKey } from '../../src/metrics/batch.ts';
import { METRICS } from '../../src/metrics/catalog.ts';
import type { Total } from '../../src/metrics/totals.ts';
import { issuerTable } from '../fixtures/deployment.ts';
import { type Issuer, startIssuer } from '../fixtures/issuer.ts';
import { freePort } from '../fixtures/loopback-port.ts';
import { type Origin, startOrigin } from '../fixtures/origin.ts';
import { type Gateway, startGateway } from '../fixtures/workerd.ts';

const CANARY_SECRET = 'a secret of the canary of this test alone';

let issuer: Issuer;
let origin: Origin;
let gateway: Gateway;
let objectsFolder: string;

beforeAll(async () => {
  objectsFolder = await mkdtemp(join(tmpdir(), 'portcullis-canary-'));
  [issuer, origin] = await Promise.all([startIssuer(), startOrigin()]);
  const ISSUERS = { main: issuerTable(issuer) };
  const port = await freePort();
  const route = (name: string, revocation: object) => ({
    path: `/${name}/*`,
    origin: origin.url,
    // A deny-list that a busy machine answers for too late would be a turn that failed.
    revocation: { ...revocation, timeout: '10s' },
  });
  gateway = await startGateway({
    objectsFolder,
    port,
    vars: {
      ISSUERS,
      ROUTES: {
        strict: route('strict', { mode: 'strict' }),
        cached: route('cached', { mode: 'cached', max_staleness: '1s' }),
        slower: route('slower', { mode: 'cached', max_staleness: '4s' }),
        off: { ...route('off', {}), revocation: { mode: 'off' } },
      },
      GATEWAY: { canary: { secret: 'CANARY_SECRET' } },
    },
    secrets: { CANARY_SECRET },
    control: {
      ISSUERS,
      CONTROL: {
        admins: { ops: { issuer: 'main', audience: ['https://control.test'] } },
        canary: { gateway: `http://127.0.0.1:${port}`, secret: 'CANARY_SECRET', interval: '1m' },
      },
      CANARY_SECRET,
    },
  });
});

afterAll(async () => {
  await Promise.all([issuer?.stop(), origin?.stop(), gateway?.stop()]);
  await rm(objectsFolder, { recursive: true, force: true });
});

async function counted(metric: string): Promise<Record<string, readonly number[]>> {
  const { series } = (await gateway.metrics('read')) as { series: [string, Total][] };
  return Object.fromEntries(
    series.flatMap(([key, { values }]) => {
      const read = readSeriesKey(key);
      return read?.metric === metric ? [[read.labels.join(' '), values]] : [];
    }),
  );
}

const canaryToken = (secret = CANARY_SECRET, claims: object = {}) =>
  new SignJWT({ jti: crypto.randomUUID(), ...claims })
    .setProtectedHeader({ alg: 'HS256', typ: 'JWT' })
    .setIssuer('https://canary.portcullis.invalid')
    .setAudience('portcullis-canary')
    .setSubject('portcullis-canary')
    .setIssuedAt()
    .setExpirationTime('5m')
    .sign(new TextEncoder().encode(secret));

const ask = (path: string, token: string) =>
  fetch(`${gateway.url}${path}`, { headers: { Authorization: `Bearer ${token}` } });

it('measures each mode that a route has on the real Workers, within what is promised', async () => {
  await vi.waitFor(async () => expect(await gateway.scheduled()).toBe('ok'), {
    timeout: 28_000,
    interval: 250,
  });
  const results = await counted('portcullis_canaries');
  expect(
    Object.keys(results)
      .map((key) => key.split(' ')[0])
      .sort(),
  ).toEqual(['cached', 'strict']);
  const times = await counted('portcullis_time_to_enforce_seconds');
  expect(Object.keys(times).sort()).toEqual(['cached', 'strict']);
  // The route with 1 s would have asked the store by then: the cache of the slowest takes part.
  const sum = times.cached?.[METRICS.portcullis_time_to_enforce_seconds.bounds.length + 1] ?? 0;
  const turns = Object.entries(results).filter(([key]) => key.startsWith('cached')).length;
  expect(sum).toBeGreaterThanOrEqual(1.5 * turns);
  expect(Object.keys(results).filter((key) => key.endsWith('failed'))).toEqual([]);
}, 40_000);

it('lets tokens of the canary reach nothing else, and nothing else reach the canary', async () => {
  const token = await canaryToken();
  const answer = await ask('/.portcullis/canary/cached', token);
  expect([answer.status, await answer.json()]).toEqual([200, { mode: 'cached', bound_seconds: 4 }]);
  expect((await ask('/.portcullis/canary/replicated', token)).status).toBe(404);
  expect((await ask('/.portcullis/canary', token)).status).toBe(404);
  for (const path of ['/strict/1', '/cached/1', '/off/1', '/.portcullis/status', '/.portcullis/explain']) {
    expect([401, 404], path).toContain((await ask(path, token)).status);
  }
  const refused = await gateway.logged(({ event, route }) => event === 'request' && route === 'off');
  expect(refused).toMatchObject({ decision: 'denied', reason: 'issuer_untrusted' });
  const others = [
    await canaryToken('another secret of the same length, or more'),
    await canaryToken(CANARY_SECRET, { jti: undefined }),
    await issuer.sign(issuer.claims()),
  ];
  for (const other of others) expect((await ask('/.portcullis/canary/strict', other)).status).toBe(401);
  expect(gateway.output()).not.toContain(token);
  expect(gateway.output()).not.toContain(CANARY_SECRET);
});
