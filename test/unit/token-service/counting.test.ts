import { runDurableObjectAlarm } from 'cloudflare:test';
import { env } from 'cloudflare:workers';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { readSeriesKey } from '../../../src/metrics/batch.ts';
import type { MetricsObject } from '../../../src/metrics/metrics-object.ts';
import { METRICS_OBJECT } from '../../../src/metrics/object-name.ts';
import { Sums } from '../../../src/metrics/sums.ts';
import { compileService } from '../../../src/token-service/config/compile.ts';
import { errorOf, refreshResult, ServiceCounters } from '../../../src/token-service/counters.ts';
import { newGrantId } from '../../../src/token-service/grants/grant-token.ts';
import { refused } from '../../../src/token-service/grants/record.ts';
import type { KeyringObject } from '../../../src/token-service/keyring/keyring-object.ts';
import type { GrantNamespace } from '../../../src/token-service/ports.ts';
import worker from '../../../src/token-service/worker.ts';
import { tokenServiceVariables } from './variables.ts';

const bindings = env as {
  GRANTS: GrantNamespace;
  KEYRING: DurableObjectNamespace<KeyringObject>;
  METRICS: DurableObjectNamespace<MetricsObject>;
};
const VERIFIER = 'v'.repeat(43);
const REDIRECT = 'https://page.test/callback';

afterEach(() => {
  vi.useRealTimers();
});

/** What has been counted of a series; other tests of this isolate count as well. */
async function counted(metric: string, ...labels: readonly string[]): Promise<number> {
  const { series } = await bindings.METRICS.getByName(METRICS_OBJECT).read();
  return series.get(JSON.stringify([metric, ...labels]))?.values[0] ?? 0;
}

const post = async (form: Record<string, string>, headers: Record<string, string> = {}) => {
  const context = { waitUntil: () => undefined };
  const request = new Request('https://tokens.test/token', {
    method: 'POST',
    headers,
    body: new URLSearchParams(form),
  });
  const response = await worker.fetch(request as never, env as never, context as never);
  return { status: response.status, body: (await response.json()) as Record<string, string> };
};

async function loggedIn() {
  const id = newGrantId();
  const grant = bindings.GRANTS.getByName(id);
  const facts = {
    clientId: 'page',
    subject: `alice-${id}`,
    scope: ['orders:read'],
    resources: ['https://api.test'],
    authTime: Date.now() / 1000,
    acr: null,
    amr: null,
    upstream: null,
    login: '{}',
    refreshable: true,
  };
  const digest = await crypto.subtle.digest('SHA-256', new TextEncoder().encode(VERIFIER));
  const challenge = new Uint8Array(digest).toBase64({ alphabet: 'base64url', omitPadding: true });
  return String(await grant.begin(id, facts, { redirectUri: REDIRECT, challenge }));
}

describe('the token service', () => {
  it('hands on what it has issued, refreshed, refused and ended, from the Worker and from its objects', async () => {
    const series: readonly (readonly [string, ...string[]])[] = [
      ['portcullis_tokens_issued', 'authorization_code', 'page'],
      ['portcullis_tokens_issued', 'refresh_token', 'page'],
      ['portcullis_refreshes', 'rotated'],
      ['portcullis_refreshes', 'repeated'],
      ['portcullis_refreshes', 'reuse_detected'],
      ['portcullis_refreshes', 'refused'],
      ['portcullis_grants_ended', 'refresh_reused'],
      ['portcullis_token_service_events', 'refresh_reuse_detected'],
      ['portcullis_token_service_requests', '/token', ''],
      ['portcullis_token_service_requests', '/token', 'invalid_grant'],
      ['portcullis_token_service_requests', '/token', 'invalid_client'],
    ];
    const now = () => Promise.all(series.map((each) => counted(...each)));
    const before = await now();
    const code = await loggedIn();
    const redeem = { grant_type: 'authorization_code', client_id: 'page', code, redirect_uri: REDIRECT };
    const first = await post({ ...redeem, code_verifier: VERIFIER });
    expect(first.status, JSON.stringify(first.body)).toBe(200);
    const refresh = async (refresh_token = '') =>
      await post({ grant_type: 'refresh_token', client_id: 'page', refresh_token });
    const second = await refresh(first.body.refresh_token);
    await refresh(first.body.refresh_token);
    await refresh(second.body.refresh_token);
    // Two generations old: somebody else has it too.
    expect((await refresh(first.body.refresh_token)).status).toBe(400);
    expect((await refresh(second.body.refresh_token)).status).toBe(400);
    expect((await post({ grant_type: 'client_credentials', client_id: 'nobody' })).status).toBe(401);
    // What other tests have left to be handed on may come on top.
    const expected = [1, 3, 2, 1, 1, 1, 1, 1, 4, 2, 1];
    const missing = async () =>
      (await now()).flatMap((count, i) => (count - (before[i] ?? 0) < (expected[i] ?? 0) ? [series[i]] : []));
    await expect.poll(missing, { timeout: 18_000, interval: 250 }).toEqual([]);
  });

  it('counts a rotation of its keys, and a key withdrawn', async () => {
    const before = [
      await counted('portcullis_signing_key_changes', 'rotated'),
      await counted('portcullis_signing_key_changes', 'withdrawn'),
    ];
    const keyring = bindings.KEYRING.getByName(crypto.randomUUID());
    const [current] = (await keyring.status()).keys;
    vi.useFakeTimers({ toFake: ['Date'], now: Date.now() + 31 * 86_400_000 });
    await runDurableObjectAlarm(keyring);
    vi.useRealTimers();
    expect((await keyring.status()).keys.map(({ kid }) => kid)).toContain(current?.kid);
    await keyring.withdraw(current?.kid ?? '', { by: 'admin', reason: '' });
    await expect
      .poll(
        async () =>
          (await counted('portcullis_signing_key_changes', 'rotated')) > (before[0] ?? 0) &&
          (await counted('portcullis_signing_key_changes', 'withdrawn')) > (before[1] ?? 0),
        { timeout: 18_000, interval: 250 },
      )
      .toBe(true);
  });
});

describe('the counters', () => {
  const fresh = () => {
    const compiled = compileService({ REVOCATIONS: {}, ...tokenServiceVariables() });
    if (!compiled.ok) throw new Error(JSON.stringify(compiled.error));
    const sums = new Sums();
    return { counters: new ServiceCounters(compiled.value.policy, sums), sums };
  };
  const seriesOf = (sums: Sums) => sums.take().map(([key]) => readSeriesKey(key)?.labels.join(' '));

  it('have no more series than the policy has names, whatever comes', () => {
    const { counters, sums } = fresh();
    for (let i = 0; i < 100; i++) {
      counters.issued('client_credentials', `client-${i}`);
      counters.login(`upstream-${i}`, 'completed');
      counters.event({ event: `event_${i}`, level: 'info' });
    }
    counters.issued('client_credentials', 'machine');
    counters.login('corp', 'refused');
    expect(seriesOf(sums).sort()).toEqual([
      'client_credentials machine',
      'client_credentials other',
      'corp refused',
      'other',
      'other completed',
    ]);
  });

  it.each<[string, Response, string]>([
    ['an error code', Response.json({ error: 'invalid_grant' }, { status: 400 }), 'invalid_grant'],
    ['a code of somebody else', Response.json({ error: 'x'.repeat(99) }, { status: 400 }), 'other'],
    ['a page', new Response('<h1>no</h1>', { status: 400 }), 'invalid_request'],
    ['a limit', new Response('{}', { status: 429 }), 'rate_limited'],
    ['an outage', new Response('{}', { status: 503 }), 'unavailable'],
    ['a status of none', new Response('{}', { status: 418 }), 'other'],
    ['a redirect with an error', redirect('https://x.test/?error=access_denied'), 'access_denied'],
    ['a redirect with an error unheard of', redirect('https://x.test/?error=boo'), 'other'],
    ['a redirect', redirect('https://x.test/?code=c'), ''],
    ['an answer', Response.json({ access_token: 'x' }), ''],
  ])('tell %s by one of a fixed set of names', async (_what, response, error) => {
    expect(await errorOf(response)).toBe(error);
  });

  it.each([
    ['refresh_reused', 'reuse_detected'],
    ['expired', 'expired'],
    ['subject_revoked', 'revoked'],
    [undefined, 'refused'],
  ] as const)('call a refresh that ended its grant as %s %s', (ended, result) => {
    expect(refreshResult(refused('invalid_grant', ended))).toBe(result);
  });

  it('call a refresh that nobody could decide unavailable', () => {
    expect(refreshResult(refused('unavailable'))).toBe('unavailable');
  });
});

function redirect(location: string): Response {
  return new Response(null, { status: 303, headers: { Location: location } });
}
