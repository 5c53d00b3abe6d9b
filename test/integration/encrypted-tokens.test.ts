import { decodeProtectedHeader } from 'jose';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { bearer, send } from '../fixtures/client.ts';
import { type Deployment, issuerTable, routeTables, startDeployment } from '../fixtures/deployment.ts';
import { encrypt, newRecipient, type Recipient } from '../fixtures/encrypted-tokens.ts';
import { AUDIENCE, type Issuer, startIssuer } from '../fixtures/issuer.ts';
import { startOrigin } from '../fixtures/origin.ts';
import { redisIsThere } from '../fixtures/redis-server.ts';
import { freePort, MACHINE, startTokenService, type TokenService } from '../fixtures/token-service.ts';
import { vectorFiles } from '../fixtures/vectors.ts';

/** The gateway with private keys of its own, before the token service and before an issuer that encrypts by itself. */
describe('encrypted tokens through the whole gateway', () => {
  let deployment: Deployment;
  let issuer: Issuer;
  let service: TokenService;
  let current: Recipient;
  let previous: Recipient;
  let rsa: Recipient;

  beforeAll(async () => {
    [current, previous, rsa] = await Promise.all([
      newRecipient('ECDH-ES', { kid: 'current' }),
      newRecipient('ECDH-ES', { kid: 'previous' }),
      newRecipient('RSA-OAEP-256'),
    ]);
    const port = await freePort();
    const url = `http://127.0.0.1:${port}`;
    const origin = await startOrigin();
    issuer = await startIssuer();
    const to = (issuers: string) => ({
      origin: origin.url,
      issuers: [issuers],
      headers: { 'X-User-Id': 'sub' },
    });
    deployment = await startDeployment(
      {
        ISSUERS: {
          main: {
            issuer: url,
            audience: [AUDIENCE],
            algorithms: ['ES256'],
            profile: 'rfc9068',
            jwks_uri: `${url}/.well-known/jwks.json`,
            decryption_keys: ['CURRENT_KEY', 'PREVIOUS_KEY'],
          },
          own: issuerTable(issuer, { decryption_keys: 'RSA_KEY', encryption: 'optional' }),
          plain: issuerTable(issuer),
        },
        ROUTES: {
          ...routeTables(origin),
          own: { ...to('own'), path: '/own' },
          both: { ...to('own'), issuers: ['main', 'own'], path: '/both', revocation: { mode: 'off' } },
          plain: { ...to('plain'), path: '/plain' },
        },
        CURRENT_KEY: JSON.stringify(current.jwk),
        PREVIOUS_KEY: JSON.stringify(previous.jwk),
        RSA_KEY: rsa.pem,
      },
      { origin },
    );
    const { d: _, ...encryption_jwk } = current.jwk;
    service = await startTokenService({
      port,
      secrets: redisIsThere() ? deployment.writer : {},
      vars: {
        TOKEN_SERVICE: redisIsThere() ? {} : { revocation: 'off' },
        RESOURCES: {
          api: {
            audience: AUDIENCE,
            scope: ['orders:read'],
            encryption_algorithm: 'ECDH-ES+A256KW',
            encryption_jwk,
          },
        },
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
    });
  });
  afterAll(async () => {
    await service.stop();
    await deployment.stop();
    await issuer.stop();
  });

  const ask = (path: string, token: string) => send(deployment.gateway, 'GET', path, [bearer(token)]);
  const reasonOf = async (path: string, token: string) => {
    const { response, event } = await ask(path, token);
    return response.status === 200 ? 200 : `${response.status} ${event.reason}`;
  };
  const fromService = async () => {
    const { status, body } = await service.post('/token', { grant_type: 'client_credentials' }, MACHINE);
    expect(status, JSON.stringify(body)).toBe(200);
    return String(body.access_token);
  };
  const revoke = (iss: string, jti: unknown) =>
    deployment.store.revoke([
      {
        predicate: { kind: 'jti', issuer: iss, value: String(jti) },
        revokedAt: Date.now() / 1000,
        expiresAt: Date.now() / 1000 + 600,
        revokedBy: 'test',
        intake: 'test',
        reason: '',
      },
    ] as never);

  it('the token service encrypts for the gateway, which tells of the token as of any', async () => {
    const token = await fromService();
    expect(decodeProtectedHeader(token)).toMatchObject({
      alg: 'ECDH-ES+A256KW',
      enc: 'A256GCM',
      cty: 'JWT',
      kid: 'current',
    });
    const first = await ask('/orders/1', token);
    expect(first.response.status).toBe(200);
    expect(first.event).toMatchObject({
      decision: 'allowed',
      issuer: 'main',
      audience: AUDIENCE,
      revocation: 'checked',
    });
    expect(JSON.stringify(first.event)).not.toContain(token.slice(-20));
    expect((await ask('/orders/1', token)).response.status).toBe(200);
  });

  it('is refused with one answer for a bad key, a changed part and a revoked token', async () => {
    const token = await encrypt(await issuer.sign({ jti: 'to-be-revoked' }), rsa.publicKey, {
      alg: 'RSA-OAEP-256',
    });
    expect(await reasonOf('/own', token)).toBe(200);
    await revoke(issuer.url, 'to-be-revoked');
    const other = await newRecipient('RSA-OAEP-256');
    const [header, key, iv, text = '', tag] = token.split('.');
    const changed = [header, key, iv, `${text.startsWith('A') ? 'B' : 'A'}${text.slice(1)}`, tag].join('.');
    const foreign = await encrypt(await issuer.sign(), other.publicKey, { alg: 'RSA-OAEP-256' });
    const answers = await Promise.all([ask('/own', token)]);
    for (const each of [changed, foreign, 'a.b.c.d.e', token.slice(0, -30)])
      answers.push(await ask('/own', each));
    expect(answers.map(({ event }) => event.reason)).toEqual([
      'revoked',
      'decryption_failed',
      'decryption_failed',
      'token_malformed',
      'token_malformed',
    ]);
    const [first, ...rest] = answers.map(({ response }) => [
      response.status,
      response.headers.find(([name]) => name.toLowerCase() === 'www-authenticate')?.[1],
      String(response.body).replace(/"(?:instance|reference)":"[^"]*"/g, ''),
    ]);
    for (const each of rest) expect(each).toEqual(first);
  });

  it('opens with either key while one replaces the other', async () => {
    for (const { publicKey, jwk } of [current, previous]) {
      const token = await encrypt(await issuer.sign(), publicKey, { kid: jwk.kid });
      expect(await reasonOf('/orders/1', token)).toBe('401 issuer_untrusted');
      expect(await reasonOf('/orders/1', await encrypt(await issuer.sign(), publicKey))).toBe(
        '401 issuer_untrusted',
      );
    }
  });

  it('is not opened with the key of another issuer of the route', async () => {
    const token = await encrypt(await issuer.sign(), current.publicKey);
    expect(await reasonOf('/both', token)).toBe('401 decryption_failed');
    expect(
      await reasonOf('/both', await encrypt(await issuer.sign(), rsa.publicKey, { alg: 'RSA-OAEP-256' })),
    ).toBe(200);
  });

  it('is demanded, optional or unknown, as the issuer table says', async () => {
    const signed = await issuer.sign();
    const encrypted = await encrypt(signed, rsa.publicKey, { alg: 'RSA-OAEP-256' });
    expect(await reasonOf('/own', signed)).toBe(200);
    expect(await reasonOf('/plain', signed)).toBe(200);
    expect(await reasonOf('/plain', encrypted)).toBe('401 token_malformed');
    // With the issuer of the table that demands encryption: refused before a key is looked for.
    const alone = await issuer.sign({ iss: service.url });
    expect(await reasonOf('/orders/1', alone)).toBe('401 encryption_required');
  });

  it.each(
    vectorFiles().flatMap(({ cases }) => cases.filter(({ token }) => /^[\w-]+(?:\.[\w-]*){4}$/.test(token))),
  )('refuses the published example $id', async ({ token }) => {
    for (const path of ['/own', '/both', '/orders/1']) {
      const { response } = await ask(path, token);
      expect(response.status).toBe(401);
    }
  });
});
