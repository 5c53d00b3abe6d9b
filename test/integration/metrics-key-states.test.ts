import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import { bearer, send } from '../fixtures/client.ts';
import { issuerTable } from '../fixtures/deployment.ts';
import { type Issuer, startIssuer } from '../fixtures/issuer.ts';
import { readOpenMetrics } from '../fixtures/open-metrics.ts';
import { type Origin, startOrigin } from '../fixtures/origin.ts';
import { SCRAPE_TOKEN } from '../fixtures/scraped.ts';
import { type Gateway, startGateway } from '../fixtures/workerd.ts';

let lasting: Issuer;
let brief: Issuer;
let origin: Origin;
let gateway: Gateway;

const CACHE = { max_age: '1s', min_fresh: '1s', cooldown: '1s', stale_while_revalidate: '0s' };

beforeAll(async () => {
  [lasting, brief, origin] = await Promise.all([startIssuer(), startIssuer(), startOrigin()]);
  const ISSUERS = {
    lasting: issuerTable(lasting, { jwks_cache: { ...CACHE, stale_if_error: '1h' } }),
    brief: issuerTable(brief, { jwks_cache: { ...CACHE, stale_if_error: '0s' } }),
    unasked: issuerTable({ url: 'https://unasked.test' }),
  };
  const route = { origin: origin.url, revocation: { mode: 'replicated', max_staleness: '30s' } };
  gateway = await startGateway({
    vars: {
      ISSUERS,
      ROUTES: { orders: { ...route, path: '/orders/*', issuers: ['lasting', 'brief', 'unasked'] } },
    },
    control: {
      ISSUERS: { lasting: issuerTable(lasting) },
      CONTROL: { admins: { ops: { issuer: 'lasting', audience: ['https://control.test'] } } },
      METRICS_TOKEN: SCRAPE_TOKEN,
    },
  });
});

afterAll(() => Promise.all([lasting?.stop(), brief?.stop(), origin?.stop(), gateway?.stop()]));

async function scraped() {
  const answer = await fetch(`${gateway.controlUrl}/metrics`, {
    headers: { Authorization: `Bearer ${SCRAPE_TOKEN}`, Accept: 'application/openmetrics-text' },
  });
  expect(answer.status).toBe(200);
  const families = readOpenMetrics(await answer.text());
  return (name: string) => families.get(`portcullis_${name}`)?.samples ?? [];
}

/** Sends a request of each issuer, which is what makes a key set refresh, and looks at what was told. */
async function statesAre(expected: Record<string, string>): Promise<void> {
  const tokens = await Promise.all([lasting, brief].map(async (each) => bearer(await each.sign())));
  await vi.waitFor(
    async () => {
      for (const token of tokens) await send(gateway, 'GET', '/orders/1', [token]);
      const told = (await scraped())('key_set_isolates').filter(({ value }) => value > 0);
      expect(Object.fromEntries(told.map(({ labels }) => [labels.issuer, labels.state]))).toEqual(expected);
    },
    { timeout: 60_000, interval: 500 },
  );
}

it('tells of issuers that are up, that go down and that come back', async () => {
  await statesAre({ lasting: 'fresh', brief: 'fresh' });
  await Promise.all([lasting.refuse(), brief.refuse()]);
  await statesAre({ lasting: 'stale', brief: 'none' });
  const of = await scraped();
  const left = Object.fromEntries(
    of('key_set_usable_until_timestamp_seconds').map(({ labels, value }) => [
      labels.issuer,
      value - Date.now() / 1e3,
    ]),
  );
  expect(left.lasting).toBeGreaterThan(0);
  expect(left.lasting).toBeLessThan(3_601);
  expect(left.brief).toBeLessThan(0);
  await Promise.all([lasting.resume(), brief.resume()]);
  await statesAre({ lasting: 'fresh', brief: 'fresh' });
});

it('tells how old copies of the deny-list are, and of no doubt', async () => {
  const seen = await vi.waitFor(
    async () => {
      await send(gateway, 'GET', '/orders/1', [bearer(await lasting.sign())]);
      const of = await scraped();
      expect(of('revocation_replica_as_of_timestamp_seconds')).toHaveLength(1);
      return of;
    },
    { timeout: 60_000, interval: 500 },
  );
  const [copy] = seen('revocation_replica_as_of_timestamp_seconds');
  expect(Math.abs(Date.now() / 1e3 - Number(copy?.value))).toBeLessThan(600);
  expect(seen('revocation_store_doubt_isolates').map(({ value }) => value)).toEqual([0]);
});
