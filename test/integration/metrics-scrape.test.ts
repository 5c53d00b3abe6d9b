import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import { bearer, send } from '../fixtures/client.ts';
import { type Issuer, startIssuer } from '../fixtures/issuer.ts';
import { readOpenMetrics } from '../fixtures/open-metrics.ts';
import { type Origin, startOrigin } from '../fixtures/origin.ts';
import { SCRAPE_TOKEN, startScraped } from '../fixtures/scraped.ts';
import type { Gateway } from '../fixtures/workerd.ts';

let issuer: Issuer;
let origin: Origin;
let gateway: Gateway;

beforeAll(async () => {
  [issuer, origin] = await Promise.all([startIssuer(), startOrigin()]);
  gateway = await startScraped(issuer, origin);
});

afterAll(() => Promise.all([issuer?.stop(), origin?.stop(), gateway?.stop()]));

const scrape = (headers: Record<string, string>) => fetch(`${gateway.controlUrl}/metrics`, { headers });

it('the built control Worker shows what the built gateway has counted, with a reference that was answered', async () => {
  const refused = await send(gateway, 'GET', '/orders/1');
  for (let i = 0; i < 9; i++) await send(gateway, 'GET', '/orders/1');
  const good = bearer(await issuer.sign(issuer.claims()));
  for (let i = 0; i < 4; i++) await send(gateway, 'GET', '/orders/2', [good]);
  const seen = async () => {
    const answer = await scrape({
      Authorization: `Bearer ${SCRAPE_TOKEN}`,
      Accept: 'application/openmetrics-text;version=1.0.0',
    });
    expect(answer.status).toBe(200);
    return readOpenMetrics(await answer.text()).get('portcullis_requests')?.samples ?? [];
  };
  const samples = await vi.waitFor(
    async () => {
      const found = await seen();
      expect(found.reduce((sum, { value }) => sum + value, 0)).toBe(14);
      return found;
    },
    { timeout: 25_000, interval: 250 },
  );
  const of = (decision: string) => samples.filter(({ labels }) => labels.decision === decision);
  expect(of('denied').map(({ value, labels }) => [value, labels.reason])).toEqual([
    [10, 'credentials_missing'],
  ]);
  expect(of('denied')[0]?.exemplar?.labels.trace_id).toMatch(/^[0-9a-f]{32}$/);
  expect(refused.event.reference).toMatch(/^[0-9a-f]{32}$/);
  const known = gateway.logs().map(({ reference }) => reference);
  expect(known).toContain(of('denied')[0]?.exemplar?.labels.trace_id);
  expect(of('unknown').concat(of('failed'))).toEqual([]);
});

it('shows nothing to whoever does not bear the token', async () => {
  const answers = await Promise.all([scrape({}), scrape({ Authorization: `Bearer ${SCRAPE_TOKEN}x` })]);
  expect(answers.map(({ status }) => status)).toEqual([401, 401]);
});
