import { env } from 'cloudflare:workers';
import { describe, expect, it } from 'vitest';
import { compileControl } from '../../../src/control/config.ts';
import type { MetricsPort } from '../../../src/control/ports.ts';
import { seriesKey } from '../../../src/metrics/batch.ts';
import type { MetricsObject } from '../../../src/metrics/metrics-object.ts';
import { readOpenMetrics } from '../../fixtures/open-metrics.ts';
import { controlApp, VARIABLES } from './control-app.ts';

const TOKEN = 'a-scrape-token-of-more-than-32-characters';
const object = (env as { METRICS: DurableObjectNamespace<MetricsObject> }).METRICS;
const KEY = seriesKey('portcullis_requests', ['orders', 'denied', 'expired', '']);

const app = (metrics?: MetricsPort) => controlApp(VARIABLES, undefined, undefined, { metrics });
const bearing = (token: string, more: Record<string, string> = {}) => ({
  headers: { Authorization: `Bearer ${token}`, ...more },
});

async function counted() {
  const stub = object.getByName(crypto.randomUUID());
  await stub.add({ isolate: 'a', sequence: 1, sums: [[KEY, [7], 'ab12', 1_000]] });
  return { token: TOKEN, read: async () => await stub.read() };
}

describe('GET /metrics', () => {
  it('shows what the object has counted, in the format that is asked for', async () => {
    const { request } = app(await counted());
    const open = await request('/metrics', bearing(TOKEN, { Accept: 'application/openmetrics-text' }));
    expect(open.headers.get('Content-Type')).toBe(
      'application/openmetrics-text; version=1.0.0; charset=utf-8',
    );
    expect(readOpenMetrics(await open.text()).get('portcullis_requests')?.samples).toMatchObject([
      { value: 7 },
    ]);
    const text = await request('/metrics', bearing(TOKEN));
    expect(text.headers.get('Content-Type')).toBe('text/plain; version=0.0.4; charset=utf-8');
    expect(await text.text()).toContain('reason="expired",issuer=""} 7\n');
  });

  it.each([
    ['no token', {}],
    ['another token', bearing(`${TOKEN}x`)],
    ['a part of it', bearing(TOKEN.slice(1))],
    ['none in the header', bearing('')],
    ['another scheme', { headers: { Authorization: `Basic ${TOKEN}` } }],
    ['one that is too long', bearing(' '.repeat(2_000) + TOKEN)],
  ])('answers 401 to %s', async (_what, init) => {
    const answer = await app(await counted()).request('/metrics', init);
    expect(answer.status).toBe(401);
    expect(answer.headers.get('WWW-Authenticate')).toBe('Bearer realm="metrics"');
    expect(await answer.text()).not.toContain('portcullis_');
  });

  it('is nothing where it is not configured, whoever asks', async () => {
    const answer = await app().request('/metrics', bearing(TOKEN));
    const nowhere = await app().request('/nowhere');
    expect([answer.status, await answer.json()]).toEqual([404, await nowhere.json()]);
  });

  it('takes no other method, limits the rate before it looks at the token, and says when the object is silent', async () => {
    expect((await app(await counted()).request('/metrics', { method: 'POST' })).status).toBe(405);
    const limited = app(await counted());
    limited.limited.add('ip:');
    expect((await limited.request('/metrics', bearing(TOKEN))).status).toBe(429);
    const silent = app({ token: TOKEN, read: () => Promise.reject(new Error('x')) });
    expect((await silent.request('/metrics', bearing(TOKEN))).status).toBe(503);
    expect(silent.events).toEqual([{ event: 'metrics_unavailable', level: 'warn' }]);
  });
});

const METRICS = { idFromName: () => undefined };
it.each([
  [{}, []],
  [{ METRICS }, []],
  [{ METRICS, METRICS_TOKEN: TOKEN }, []],
  [{ METRICS_TOKEN: TOKEN }, ['METRICS']],
  [{ METRICS: 'text' }, ['METRICS']],
  [{ METRICS, METRICS_TOKEN: 'short' }, ['METRICS_TOKEN']],
  [{ METRICS, METRICS_TOKEN: VARIABLES.WEB_SECRET }, ['METRICS_TOKEN']],
  [{ METRICS_DATASET: {} }, ['METRICS_DATASET']],
  [{ METRICS_DATASET: { writeDataPoint: () => undefined } }, []],
])('the bindings %j have mistakes at %j', (bindings, paths) => {
  const compiled = compileControl({ ...VARIABLES, ...bindings });
  expect(compiled.ok ? [] : compiled.error.map(({ path }) => path)).toEqual(paths);
});
