import { afterAll, beforeAll, expect, it } from 'vitest';
import { AUDIENCE } from '../fixtures/issuer.ts';
import { readOpenMetrics } from '../fixtures/open-metrics.ts';
import { SCRAPE_TOKEN } from '../fixtures/scraped.ts';
import { freePort, MACHINE, startTokenService, type TokenService } from '../fixtures/token-service.ts';

/** The token service as it is built, the gateway's object that adds up, and control's built Worker that shows it. */
let service: TokenService;
beforeAll(async () => {
  service = await startTokenService({
    port: await freePort(),
    gatewayObjects: true,
    vars: {
      RESOURCES: { api: { audience: AUDIENCE, scope: ['orders:read'] } },
      CLIENTS: {
        machine: {
          client_id: MACHINE[0],
          type: 'client_secret_basic',
          client_secret: 'MACHINE_SECRET',
          grants: ['client_credentials'],
          scope: ['orders:read'],
          resources: ['api'],
        },
      },
    },
    control: {
      ISSUERS: {
        main: { issuer: 'https://main.test', audience: [AUDIENCE], algorithms: ['ES256'] },
      },
      CONTROL: { admins: { ops: { issuer: 'main', audience: ['https://control.test'] } } },
      METRICS_TOKEN: SCRAPE_TOKEN,
    },
  });
});
afterAll(() => service.stop());

it('what the token service has done and holds is shown at the /metrics of control, each request once', async () => {
  const form = { grant_type: 'client_credentials' };
  for (let i = 0; i < 5; i++) expect((await service.post('/token', form, MACHINE)).status).toBe(200);
  for (let i = 0; i < 3; i++) expect((await service.post('/token', form, ['machine', 'x'])).status).toBe(401);
  expect((await service.post('/token', { ...form, scope: 'nothing' }, MACHINE)).status).toBe(400);
  expect((await fetch(`${service.url}/.well-known/jwks.json`)).status).toBe(200);
  const scraped = async () => {
    const response = await fetch(`${service.controlUrl}/metrics`, {
      headers: {
        authorization: `Bearer ${SCRAPE_TOKEN}`,
        accept: 'application/openmetrics-text; version=1.0.0',
      },
    });
    const text = await response.text();
    expect(response.status, text).toBe(200);
    return text;
  };
  const shown = async () =>
    (await scraped())
      .split('\n')
      .filter((line) => /^portcullis_(token|refresh|grants|logins|signing)/.test(line))
      .filter((line) => !line.includes('_timestamp_seconds'))
      .sort();
  await expect
    .poll(shown, { timeout: 25_000, interval: 250 })
    .toEqual([
      'portcullis_signing_key_denials_pending 0',
      'portcullis_signing_keys 2',
      'portcullis_token_service_events_total{event="client_authentication_failed"} 3',
      'portcullis_token_service_requests_total{endpoint="/.portcullis/health",error=""} 1',
      'portcullis_token_service_requests_total{endpoint="/.well-known/jwks.json",error=""} 1',
      'portcullis_token_service_requests_total{endpoint="/token",error=""} 5',
      'portcullis_token_service_requests_total{endpoint="/token",error="invalid_client"} 3',
      'portcullis_token_service_requests_total{endpoint="/token",error="invalid_scope"} 1',
      'portcullis_tokens_issued_total{grant="client_credentials",client="machine"} 5',
    ]);
  // Whole, and sound.
  const families = readOpenMetrics(await scraped());
  const of = (name: string) => families.get(`portcullis_signing_key_${name}`)?.samples[0]?.value ?? 0;
  expect(Math.abs(Date.now() / 1e3 - of('published_timestamp_seconds'))).toBeLessThan(600);
  expect(of('rotates_at_timestamp_seconds')).toBeGreaterThan(of('published_timestamp_seconds'));
});
