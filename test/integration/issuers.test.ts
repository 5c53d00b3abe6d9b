import { SignJWT } from 'jose';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { bearer, send } from '../fixtures/client.ts';
import { type Deployment, startDeployment } from '../fixtures/deployment.ts';
import { AUDIENCE, type Issuer, startIssuer } from '../fixtures/issuer.ts';
import { type Origin, startOrigin } from '../fixtures/origin.ts';
import { type Gateway, startGateway } from '../fixtures/workerd.ts';

const ACME = '11111111-2222-3333-4444-555555555555';
const GLOBEX = '66666666-7777-8888-9999-000000000000';
const tenantOf = (tid: string) => ({ iss: `https://login.test/${tid}/v2.0`, tid });
const SECRETS = { OLD_SECRET: 'ab'.repeat(32), NEW_SECRET: 'cd'.repeat(32) };

/** What a token of several tables, of many tenants or with an HMAC key in rotation meets on the built Worker. */
describe('issuers through the whole gateway', () => {
  let deployment: Deployment;
  let issuer: Issuer;

  beforeAll(async () => {
    issuer = await startIssuer(['ES256']);
    const origin = await startOrigin();
    const to = (path: string, ...issuers: readonly string[]) => ({ path, origin: origin.url, issuers });
    deployment = await startDeployment(
      {
        ISSUERS: {
          tenants: {
            issuer: 'https://login.test/{tid}/v2.0',
            issuer_parameter: 'guid',
            jwks_uri: issuer.jwksUri,
            audience: AUDIENCE,
          },
          signed: {
            issuer: 'https://both.test',
            jwks_uri: issuer.jwksUri,
            audience: AUDIENCE,
            algorithms: ['ES256'],
          },
          shared: {
            issuer: 'https://both.test',
            audience: AUDIENCE,
            hmac_secret: ['NEW_SECRET', 'OLD_SECRET'],
            hmac_secret_encoding: 'hex',
          },
          undying: {
            issuer: 'https://undying.test',
            jwks_uri: issuer.jwksUri,
            allow_no_audience: true,
            allow_no_expiry: true,
            max_token_age: '1h',
          },
        },
        ROUTES: {
          tenants: to('/tenants', 'tenants'),
          both: to('/both', 'signed', 'shared'),
          undying: to('/undying', 'undying'),
        },
        ...SECRETS,
      },
      { origin },
    );
  });
  afterAll(async () => {
    await deployment.stop();
    await issuer.stop();
  });

  const ask = async (path: string, token: string, on = deployment.gateway) => {
    const { response, event } = await send(on, 'GET', path, [bearer(token)]);
    return response.status === 200 ? `200 ${event.issuer}` : `${response.status} ${event.reason}`;
  };
  const shared = (secret: string) =>
    new SignJWT(issuer.claims({ iss: 'https://both.test' }))
      .setProtectedHeader({ alg: 'HS256', typ: 'JWT' })
      .sign(Buffer.from(secret, 'hex'));

  it('takes any tenant of a template, told by its own issuer', async () => {
    for (const tid of [ACME, GLOBEX]) {
      const token = await issuer.sign(tenantOf(tid));
      expect(await ask('/tenants', token)).toBe('200 tenants');
      expect(await ask('/tenants', token)).toBe('200 tenants');
    }
    expect(await ask('/tenants', await issuer.sign({ ...tenantOf(ACME), tid: GLOBEX }))).toBe(
      '401 claim_invalid',
    );
    expect(await ask('/tenants', await issuer.sign({ ...tenantOf(ACME), tid: undefined }))).toBe(
      '401 claim_missing',
    );
    expect(await ask('/tenants', await issuer.sign(tenantOf('common')))).toBe('401 issuer_untrusted');
    expect(await ask('/tenants', await issuer.sign(tenantOf('{tid}')))).toBe('401 issuer_untrusted');
  });

  it('takes a key that its set gives to one tenant for no other', async () => {
    const { jwk } = await issuer.addKey('ES256', 'of-globex');
    Object.assign(jwk, { issuer: tenantOf(GLOBEX).iss });
    expect(await ask('/tenants', await issuer.sign(tenantOf(GLOBEX)))).toBe('200 tenants');
    expect(await ask('/tenants', await issuer.sign(tenantOf(ACME)))).toBe('401 key_not_found');
    issuer.removeKey('of-globex');
  });

  it('revokes in one tenant, and in no other', async () => {
    const [mine, theirs] = [await issuer.sign(tenantOf(ACME)), await issuer.sign(tenantOf(GLOBEX))];
    expect([await ask('/tenants', mine), await ask('/tenants', theirs)]).toEqual([
      '200 tenants',
      '200 tenants',
    ]);
    const now = Date.now() / 1000;
    await deployment.store.revoke([
      {
        predicate: { kind: 'sub', issuer: tenantOf(ACME).iss, value: 'user-1', issuedBefore: now + 1 },
        revokedAt: now,
        expiresAt: now + 600,
        revokedBy: 'test',
        intake: 'test',
        reason: '',
      } as never,
    ]);
    expect([await ask('/tenants', mine), await ask('/tenants', theirs)]).toEqual([
      '401 revoked',
      '200 tenants',
    ]);
  });

  it('takes ES256 and both HMAC secrets of one issuer during a migration', async () => {
    expect(await ask('/both', await issuer.sign({ iss: 'https://both.test' }))).toBe('200 signed');
    expect(await ask('/both', await shared(SECRETS.NEW_SECRET))).toBe('200 shared');
    expect(await ask('/both', await shared(SECRETS.OLD_SECRET))).toBe('200 shared');
    expect(await ask('/both', await shared('ef'.repeat(32)))).toBe('401 signature_invalid');
    expect(await ask('/both', await shared('abababab'))).toMatch(/^401/);
  });

  it('takes a token without expiry and audience while it is young, and can revoke it', async () => {
    const now = Math.floor(Date.now() / 1000);
    const undying = (claims: Record<string, unknown>) =>
      issuer.sign({ iss: 'https://undying.test', exp: undefined, aud: undefined, ...claims });
    const token = await undying({ jti: 'undying-1' });
    expect(await ask('/undying', token)).toBe('200 undying');
    expect(await ask('/undying', await undying({ iat: now - 3_700 }))).toBe('401 expired');
    expect(await ask('/undying', await undying({ iat: undefined }))).toBe('401 claim_missing');
    expect(await ask('/undying', await undying({ aud: AUDIENCE }))).toBe('401 audience_mismatch');
    expect(await ask('/undying', await undying({ exp: now - 60, iat: now - 90 }))).toBe('401 expired');
    await deployment.store.revoke([
      {
        predicate: { kind: 'jti', issuer: 'https://undying.test', value: 'undying-1' },
        revokedAt: now,
        expiresAt: now + 600,
        revokedBy: 'test',
        intake: 'test',
        reason: '',
      } as never,
    ]);
    expect(await ask('/undying', token)).toBe('401 revoked');
  });
});

describe('keys behind a service binding', () => {
  let issuer: Issuer;
  let origin: Origin;
  let gateway: Gateway;

  beforeAll(async () => {
    [issuer, origin] = await Promise.all([startIssuer(['ES256']), startOrigin()]);
    gateway = await startGateway({
      vars: {
        ISSUERS: { main: { issuer: issuer.url, audience: AUDIENCE, jwks_uri: 'service:KEYS/jwks' } },
        ROUTES: { all: { path: '/*', origin: origin.url, revocation: { mode: 'off' } } },
      },
      services: { KEYS: new URL(issuer.url).host },
    });
  });
  afterAll(() => Promise.all([gateway.stop(), issuer.stop(), origin.stop()]));

  it('are read, rotated and told of as any', async () => {
    const ask = async () => (await send(gateway, 'GET', '/x', [bearer(await issuer.sign())])).response.status;
    expect(await ask()).toBe(200);
    expect(issuer.jwksFetches()).toBe(1);
    await issuer.addKey();
    expect(await ask()).toBe(200);
    await gateway.logged(({ event }) => event === 'jwks_refreshed');
  });
});
