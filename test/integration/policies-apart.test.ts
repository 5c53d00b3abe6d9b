import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { bearer, send } from '../fixtures/client.ts';
import { issuerTable } from '../fixtures/deployment.ts';
import { type Issuer, startIssuer } from '../fixtures/issuer.ts';
import { type Origin, startOrigin } from '../fixtures/origin.ts';
import { type Gateway, startGateway } from '../fixtures/workerd.ts';

/**
 * A token that one route has verified is asked about at another route whose policy refuses it: what was remembered
 * must not answer (GHSA-4mq7-pvjg-xp2r, CVE-2021-32701).
 */
let one: Issuer;
let two: Issuer;
let origin: Origin;
let gateway: Gateway;

const off = { mode: 'off' };

beforeAll(async () => {
  [one, two, origin] = await Promise.all([startIssuer(), startIssuer(), startOrigin()]);
  const route = { origin: origin.url, revocation: off };
  gateway = await startGateway({
    vars: {
      ISSUERS: {
        one: issuerTable(one),
        two: issuerTable(two),
        strict: issuerTable(one, { audience: ['https://strict.test'] }),
        profiled: issuerTable(one, { profile: 'rfc9068' }),
        rsa: issuerTable(one, { algorithms: ['RS256'] }),
        young: issuerTable(one, { max_token_age: '60s', clock_tolerance: '0s' }),
        demanding: issuerTable(one, { required_claims: ['department'] }),
        pinned: issuerTable(one, { allowed_kids: ['none-of-these'] }),
      },
      ROUTES: {
        one: { ...route, path: '/one', issuers: ['one'] },
        two: { ...route, path: '/two', issuers: ['two'] },
        both: { ...route, path: '/both', issuers: ['one', 'two'] },
        strict: { ...route, path: '/strict', issuers: ['strict'] },
        profiled: { ...route, path: '/profiled', issuers: ['profiled'] },
        rsa: { ...route, path: '/rsa', issuers: ['rsa'] },
        young: { ...route, path: '/young', issuers: ['young'] },
        demanding: { ...route, path: '/demanding', issuers: ['demanding'] },
        pinned: { ...route, path: '/pinned', issuers: ['pinned'] },
        scoped: { ...route, path: '/scoped', issuers: ['one'], scope: ['orders:write'] },
        claimed: {
          ...route,
          path: '/claimed',
          issuers: ['one'],
          claims: [{ claim: 'role', equals: 'admin' }],
        },
      },
    },
  });
});

afterAll(async () => {
  await gateway?.stop();
  await Promise.all([one, two, origin].map((server) => server?.stop()));
});

describe('a token remembered from another route', () => {
  it('is judged by each route’s own policy, however often it has passed before', async () => {
    const iat = Math.floor(Date.now() / 1000) - 300;
    const token = await one.sign({ iat, scope: 'orders:read' });
    const ask = async (path: string) => {
      const { response, event } = await send(gateway, 'GET', path, [bearer(token)]);
      return [response.status, event.reason];
    };
    for (let round = 0; round < 3; round += 1) {
      expect(await ask('/one')).toEqual([200, null]);
      expect(await ask('/both')).toEqual([200, null]);
      expect(await ask('/two')).toEqual([401, 'issuer_untrusted']);
      expect(await ask('/strict')).toEqual([401, 'audience_mismatch']);
      expect(await ask('/profiled')).toEqual([401, 'type_unexpected']);
      expect(await ask('/rsa')).toEqual([401, 'algorithm_not_allowed']);
      expect(await ask('/young')).toEqual([401, 'expired']);
      expect(await ask('/demanding')).toEqual([401, 'claim_missing']);
      expect(await ask('/pinned')).toEqual([401, 'key_not_found']);
      expect(await ask('/scoped')).toEqual([403, 'scope_insufficient']);
      expect(await ask('/claimed')).toEqual([403, 'claim_forbidden']);
    }
  });

  it('expires on time although it was remembered', async () => {
    const now = Math.floor(Date.now() / 1000);
    const token = await one.sign({ iat: now - 60, exp: now - 28 });
    const ask = async () => (await send(gateway, 'GET', '/one', [bearer(token)])).event.reason;
    expect(await ask()).toBe(null);
    await expect.poll(ask, { timeout: 10_000, interval: 200 }).toBe('expired');
  });

  it('with another signature is another token', async () => {
    const token = await one.sign();
    expect((await send(gateway, 'GET', '/one', [bearer(token)])).response.status).toBe(200);
    const [head, payload, signature = ''] = token.split('.');
    const other = await one.sign({ sub: 'somebody-else' });
    const mixed = [
      `${head}.${payload}.${other.split('.')[2]}`,
      `${head}.${other.split('.')[1]}.${signature}`,
      `${head}.${payload}.${signature.slice(0, -2)}`,
    ];
    for (const forged of mixed) {
      expect((await send(gateway, 'GET', '/one', [bearer(forged)])).response.status).toBe(401);
    }
  });
});
