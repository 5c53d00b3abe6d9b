import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { bearer, send } from '../fixtures/client.ts';
import { issuerTable } from '../fixtures/deployment.ts';
import { type Issuer, startIssuer } from '../fixtures/issuer.ts';
import { type Origin, startOrigin } from '../fixtures/origin.ts';
import { type Gateway, startGateway } from '../fixtures/workerd.ts';

let issuer: Issuer;
let origin: Origin;
let gateway: Gateway;

beforeAll(async () => {
  [issuer, origin] = await Promise.all([startIssuer(), startOrigin()]);
  const to = { origin: origin.url, revocation: { mode: 'off' } };
  gateway = await startGateway({
    vars: {
      ISSUERS: { main: issuerTable(issuer) },
      ROUTES: {
        own: {
          ...to,
          path: '/users/:id/*',
          require: { any: [{ claim: 'sub', equals_param: 'id' }, { scope: ['users:admin'] }] },
        },
        others: { ...to, path: '/approvals/:id', require: { not: { claim: 'sub', equals_param: 'id' } } },
        transfers: { ...to, path: '/transfers', require: { acr: ['urn:acme:mfa'], max_auth_age: '5m' } },
        rest: { ...to, path: '/*', authentication: 'none' },
      },
    },
    revocationObject: false,
  });
});

afterAll(async () => {
  await gateway?.stop();
  await Promise.all([issuer?.stop(), origin?.stop()]);
});

async function ask(target: string, claims: Record<string, unknown>) {
  const before = origin.received.length;
  const token = await issuer.sign(claims);
  const { response, event } = await send(gateway, 'GET', target, [bearer(token)]);
  return {
    response,
    event,
    told: [response.status, event.reason ?? 'allowed', event.evidence],
    arrived: origin.received.slice(before).map((each) => each.target),
  };
}

describe('a requirement on the path, over a raw socket', () => {
  it('lets a user have what is theirs, octet for octet', async () => {
    const { told, arrived } = await ask('/users/auth0%7calice/mail?x=%7C', { sub: 'auth0|alice' });
    expect(told).toEqual([200, 'allowed', undefined]);
    expect(arrived).toEqual(['/users/auth0%7calice/mail?x=%7C']);
  });

  it.each([
    '/users/bob/x',
    '/users/Alice/x',
    '/users/%61lice/x',
    '/users/alice%2F..%2Fbob/x',
    '/users/alice%2Fbob/x',
    '/users/bob%2Falice/x',
    '/users/alice%00/x',
    '/users/alice%3Fbob/x',
    '/users/alice;bob/x',
    '/users/alice./x',
    '/users//alice/x',
    '//users/bob/x',
    '/users%2Fbob/alice/x',
    '/USERS/bob/x',
    '/users/alice/../bob/x',
    '/users/alice\\..\\bob/x',
  ])('lets alice have nothing at %s', async (target) => {
    const { response, arrived } = await ask(target, { sub: 'alice' });
    expect([400, 403]).toContain(response.status);
    expect(arrived).toEqual([]);
  });

  it.each(['/approvals/alice', '/approvals/Alice', '/approvals/%61lice', '/approvals/alice%3b'])(
    'does not let alice approve herself at %s',
    async (target) => {
      const { response, arrived } = await ask(target, { sub: 'alice' });
      expect([400, 403]).toContain(response.status);
      expect(arrived).toEqual([]);
    },
  );

  it('lets her approve bob', async () => {
    expect((await ask('/approvals/bob', { sub: 'alice' })).told).toEqual([200, 'allowed', undefined]);
  });

  it('names what failed in the event alone', async () => {
    const { told, response } = await ask('/users/bob/x', { sub: 'alice' });
    expect(told).toEqual([403, 'scope_insufficient', 'require.any[1]']);
    expect(response.header('www-authenticate')).toContain('scope="users:admin"');
    expect(JSON.stringify([response.body, response.headers])).not.toContain('require');
  });
});

describe('RFC 9470 step-up', () => {
  it('asks for another authentication, and takes it', async () => {
    const now = Math.floor(Date.now() / 1000);
    const { told, response } = await ask('/transfers', { acr: 'pwd', auth_time: now });
    expect(told).toEqual([401, 'authentication_insufficient', 'require']);
    expect(response.header('www-authenticate')).toBe(
      'Bearer realm="api", error="insufficient_user_authentication", error_description="Another or a more recent authentication of the user is needed here.", acr_values="urn:acme:mfa", max_age="300"',
    );
    const stale = await ask('/transfers', { acr: 'urn:acme:mfa', auth_time: now - 900 });
    expect(stale.told).toEqual([401, 'authentication_insufficient', 'require']);
    const fresh = await ask('/transfers', { acr: 'urn:acme:mfa', auth_time: now });
    expect(fresh.told).toEqual([200, 'allowed', undefined]);
  });
});
