import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import { readSeriesKey } from '../../src/metrics/batch.ts';
import type { MetricName } from '../../src/metrics/catalog.ts';
import type { Total } from '../../src/metrics/totals.ts';
import { bearer, send } from '../fixtures/client.ts';
import { issuerTable } from '../fixtures/deployment.ts';
import { type Issuer, startIssuer } from '../fixtures/issuer.ts';
import { type Origin, startOrigin } from '../fixtures/origin.ts';
import { type Gateway, startGateway } from '../fixtures/workerd.ts';

let issuer: Issuer;
let origin: Origin;
let gateway: Gateway;
let objectsFolder: string;

const start = () => {
  const route = { origin: origin.url, issuers: ['main'] };
  return startGateway({
    objectsFolder,
    vars: {
      ISSUERS: { main: issuerTable(issuer) },
      ROUTES: {
        open: { path: '/open/*', origin: origin.url, authentication: 'none' },
        orders: {
          ...route,
          path: '/orders/*',
          scope: ['read'],
          revocation: { mode: 'cached', max_staleness: '60s' },
        },
      },
    },
  });
};

beforeAll(async () => {
  objectsFolder = await mkdtemp(join(tmpdir(), 'portcullis-metrics-'));
  [issuer, origin] = await Promise.all([startIssuer(), startOrigin()]);
  gateway = await start();
});

afterAll(async () => {
  await Promise.all([issuer?.stop(), origin?.stop(), gateway?.stop()]);
  await rm(objectsFolder, { recursive: true, force: true });
});

/** What the object has counted of a metric: its label values, joined, and the numbers. */
async function counted(metric: MetricName): Promise<Record<string, readonly number[]>> {
  const { series } = (await gateway.metrics('read')) as { series: [string, Total][] };
  return Object.fromEntries(
    series.flatMap(([key, { values }]) => {
      const read = readSeriesKey(key);
      return read?.metric === metric ? [[read.labels.join(' '), values]] : [];
    }),
  );
}

const EXPECTED = {
  'orders allowed  main': [20],
  'orders denied credentials_missing ': [7],
  'orders denied scope_insufficient main': [3],
  'orders denied token_malformed ': [5],
  'open allowed  ': [4],
  ' denied path_ambiguous ': [6],
};
const SENT = 45;

async function sendAll(): Promise<void> {
  const good = [bearer(await issuer.sign(issuer.claims({ scope: 'read' })))];
  const poor = [bearer(await issuer.sign(issuer.claims({ scope: 'other' })))];
  const forged = [['Authorization', 'Bearer e30.e30.e30']] as const;
  const times = (n: number, path: string, headers: Parameters<typeof send>[3]) =>
    Array.from({ length: n }, () => () => send(gateway, 'GET', path, headers));
  const all = [
    ...times(20, '/orders/1', good),
    ...times(7, '/orders/2', []),
    ...times(3, '/orders/3', poor),
    ...times(5, '/orders/4', forged),
    ...times(4, '/open/5', []),
    ...times(6, '/no"where\\%0a', []),
  ];
  expect(all).toHaveLength(SENT);
  for (const one of all) await one();
}

const handedOn = (expected: Record<string, readonly number[]>) =>
  vi.waitFor(async () => expect(await counted('portcullis_requests')).toEqual(expected), {
    timeout: 25_000,
    interval: 250,
  });

it('counts each request once, by route, decision, reason and issuer, without a further request', async () => {
  await sendAll();
  await handedOn(EXPECTED);
  expect(await counted('portcullis_responses')).toMatchObject({
    'orders 2xx': [20],
    'orders 4xx': [15],
    'open 2xx': [4],
  });
  const durations = await counted('portcullis_request_duration_seconds');
  const observed = Object.values(durations).map((values) => values.slice(0, -1).reduce((a, b) => a + b));
  expect(observed.reduce((a, b) => a + b)).toBe(SENT);
  expect(await counted('portcullis_token_cache_lookups')).toEqual({ hit: [21], miss: [7] });
  expect(await counted('portcullis_revocation_cache_lookups')).toEqual({ hit: [21], miss: [2] });
  expect(await counted('portcullis_metrics_lost')).toEqual({});
});

it('adds on to it after every process has ended', async () => {
  await gateway.stop();
  gateway = await start();
  expect(await counted('portcullis_requests')).toEqual(EXPECTED);
  await sendAll();
  await handedOn(Object.fromEntries(Object.entries(EXPECTED).map(([key, [n = 0]]) => [key, [2 * n]])));
});
