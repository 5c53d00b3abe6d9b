import { randomUUID } from 'node:crypto';
import { decodeJwt, decodeProtectedHeader, exportJWK, generateKeyPair, SignJWT } from 'jose';
import * as client from 'openid-client';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { predicateFor, type RevocationTarget } from '../../src/core/revocation.ts';
import { bearer, send } from '../fixtures/client.ts';
import { type Deployment, issuerTable, routeTables, startDeployment } from '../fixtures/deployment.ts';
import { AUDIENCE } from '../fixtures/issuer.ts';
import { startOrigin } from '../fixtures/origin.ts';
import { rawRequest } from '../fixtures/raw-http.ts';
import { freePort, MACHINE, startTokenService, type TokenService } from '../fixtures/token-service.ts';

/** The gateway and the token service as they would be deployed, over one Redis; a login backend speaks for the users. */
describe('the token service before the gateway', () => {
  let deployment: Deployment;
  let service: TokenService;
  let backend: Awaited<ReturnType<typeof keyPair>>;
  let worker: Awaited<ReturnType<typeof keyPair>>;

  beforeAll(async () => {
    const port = await freePort();
    const url = `http://127.0.0.1:${port}`;
    backend = await keyPair();
    worker = await keyPair();
    const origin = await startOrigin();
    deployment = await startDeployment(
      {
        ISSUERS: {
          main: {
            issuer: url,
            audience: [AUDIENCE],
            algorithms: ['ES256'],
            profile: 'rfc9068',
            jwks_uri: `${url}/.well-known/jwks.json`,
          },
        },
        ROUTES: routeTables(origin),
      },
      { origin },
    );
    service = await startTokenService({
      port,
      secrets: deployment.writer,
      vars: {
        ISSUERS: {
          backend: {
            issuer: 'https://login.test',
            audience: [url],
            algorithms: ['ES256'],
            jwks: { keys: [backend.jwk] },
          },
          foreign: issuerTable(deployment.issuer),
        },
        RESOURCES: {
          api: { audience: AUDIENCE, scope: ['orders:read', 'orders:write'], claims: { role: 'role' } },
          other: { audience: 'https://other.test', scope: ['things:read'] },
        },
        UPSTREAMS: { corp: { issuer: 'https://id.test', client_id: 'portcullis' } },
        CLIENTS: {
          machine: {
            client_id: MACHINE[0],
            type: 'client_secret_basic',
            client_secret: 'MACHINE_SECRET',
            grants: ['client_credentials', 'jwt_bearer', 'refresh_token', 'token_exchange'],
            scope: ['orders:read', 'things:read'],
            resources: ['api', 'other'],
            assertion_issuers: ['backend'],
            subject_token_issuers: ['foreign'],
          },
          worker: {
            client_id: 'worker',
            type: 'private_key_jwt',
            jwks: { keys: [worker.jwk] },
            grants: ['client_credentials'],
            scope: ['orders:read'],
            resources: ['api'],
          },
          page: {
            client_id: 'page',
            type: 'public',
            grants: ['authorization_code', 'refresh_token'],
            redirect_uris: ['https://page.test/callback'],
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
  });

  const assertion = (claims: Record<string, unknown> = {}) => {
    const now = Math.floor(Date.now() / 1000);
    return new SignJWT({
      iss: 'https://login.test',
      sub: `user-${randomUUID()}`,
      aud: service.url,
      jti: randomUUID(),
      iat: now,
      exp: now + 60,
      ...claims,
    })
      .setProtectedHeader({ alg: 'ES256', kid: 'k' })
      .sign(backend.privateKey);
  };

  const JWT_BEARER = 'urn:ietf:params:oauth:grant-type:jwt-bearer';
  const login = async (claims: Record<string, unknown> = {}) => {
    const form = { grant_type: JWT_BEARER, assertion: await assertion(claims) };
    const { status, body } = await service.post('/token', form, MACHINE);
    expect(status, JSON.stringify(body)).toBe(200);
    return body as { access_token: string; refresh_token: string; scope: string; expires_in: number };
  };
  const refresh = (token: string) =>
    service.post('/token', { grant_type: 'refresh_token', refresh_token: token }, MACHINE);
  const atGateway = async (token: string) =>
    (await send(deployment.gateway, 'GET', '/orders/1', [bearer(token)])).response.status;

  it('openid-client discovers it and gets tokens for itself that the gateway takes', async () => {
    const config = await client.discovery(
      new URL(service.url),
      MACHINE[0],
      undefined,
      client.ClientSecretBasic(MACHINE[1]),
      { algorithm: 'oauth2', execute: [client.allowInsecureRequests] },
    );
    const tokens = await client.clientCredentialsGrant(config, { resource: AUDIENCE, scope: 'orders:read' });
    expect(tokens.expires_in).toBe(900);
    expect(decodeJwt(tokens.access_token)).toMatchObject({ sub: MACHINE[0], client_id: MACHINE[0] });
    expect(await atGateway(tokens.access_token)).toBe(200);
    const seen = await client.tokenIntrospection(config, tokens.access_token);
    expect(seen).toMatchObject({ active: true, client_id: MACHINE[0], aud: AUDIENCE, scope: 'orders:read' });
    await client.tokenRevocation(config, tokens.access_token);
    expect(await atGateway(tokens.access_token)).toBe(401);
    expect(await client.tokenIntrospection(config, tokens.access_token)).toEqual({ active: false });
  });

  it('openid-client authenticates by private_key_jwt, and no assertion counts twice', async () => {
    const config = await client.discovery(
      new URL(service.url),
      'worker',
      undefined,
      client.PrivateKeyJwt({ key: worker.privateKey, kid: 'k' }),
      { algorithm: 'oauth2', execute: [client.allowInsecureRequests] },
    );
    const tokens = await client.clientCredentialsGrant(config, {});
    expect(await atGateway(tokens.access_token)).toBe(200);
    const now = Math.floor(Date.now() / 1000);
    const claims = {
      iss: 'worker',
      sub: 'worker',
      aud: service.url,
      jti: randomUUID(),
      iat: now,
      exp: now + 60,
    };
    const signed = (more: object) =>
      new SignJWT({ ...claims, ...more })
        .setProtectedHeader({ alg: 'ES256', kid: 'k' })
        .sign(worker.privateKey);
    const ask = async (text: string) =>
      (
        await service.post('/token', {
          grant_type: 'client_credentials',
          client_assertion_type: 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer',
          client_assertion: text,
        })
      ).status;
    const once = await signed({});
    expect(await ask(once)).toBe(200);
    expect(await ask(once)).toBe(401);
    expect(await ask(await signed({ jti: randomUUID(), sub: 'machine' }))).toBe(401);
    expect(await ask(await signed({ jti: randomUUID(), iss: 'page', sub: 'page' }))).toBe(401);
    expect(await ask(await signed({ jti: randomUUID(), aud: 'https://else.test' }))).toBe(401);
    expect(await ask(await signed({ jti: randomUUID(), exp: now + 3_600 }))).toBe(401);
    expect(await ask(await signed({ jti: undefined }))).toBe(401);
  });

  it('openid-client opens a grant by a JWT bearer assertion and refreshes it', async () => {
    const config = await client.discovery(
      new URL(service.url),
      MACHINE[0],
      undefined,
      client.ClientSecretBasic(MACHINE[1]),
      { algorithm: 'oauth2', execute: [client.allowInsecureRequests] },
    );
    const first = await client.genericGrantRequest(config, JWT_BEARER, {
      assertion: await assertion({ sub: 'alice', role: 'admin', acr: 'mfa', password: 'x' }),
    });
    expect(decodeJwt(first.access_token)).toMatchObject({ sub: 'alice', role: 'admin', acr: 'mfa' });
    expect(decodeJwt(first.access_token)).not.toHaveProperty('password');
    const second = await client.refreshTokenGrant(config, String(first.refresh_token));
    expect(second.refresh_token).not.toBe(first.refresh_token);
    expect(await atGateway(second.access_token)).toBe(200);
  });

  it('takes an assertion once', async () => {
    const text = await assertion();
    const form = { grant_type: JWT_BEARER, assertion: text };
    const answers = await Promise.all(Array.from({ length: 5 }, () => service.post('/token', form, MACHINE)));
    expect(answers.map(({ status }) => status).sort()).toEqual([200, 400, 400, 400, 400]);
  });

  it.each<[string, Record<string, unknown>]>([
    ['for somebody else', { aud: 'https://else.test' }],
    ['of somebody else', { iss: 'https://evil.test' }],
    ['without a subject', { sub: undefined }],
    ['without an identifier', { jti: undefined }],
    ['that has expired', { exp: 1_000 }],
    ['that is good for a day', { exp: Math.floor(Date.now() / 1000) + 86_400 }],
  ])('refuses an assertion %s', async (_what, claims) => {
    const form = { grant_type: JWT_BEARER, assertion: await assertion(claims) };
    expect(await service.post('/token', form, MACHINE)).toMatchObject({
      status: 400,
      body: { error: 'invalid_grant' },
    });
  });

  it('gives a hundred concurrent refreshes one successor, and the gateway takes every access token', async () => {
    const { refresh_token: token } = await login();
    // On a busy machine the deny-list may be too slow to say; then nothing has happened, and the same is sent again.
    const insist = async (): ReturnType<typeof refresh> => {
      const answer = await refresh(token);
      return answer.status === 503 ? await insist() : answer;
    };
    const answers = await Promise.all(Array.from({ length: 100 }, insist));
    expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([200]));
    expect(new Set(answers.map(({ body }) => body.refresh_token)).size).toBe(1);
    expect(await atGateway(String(answers[99]?.body.access_token))).toBe(200);
  });

  it('ends a grant whose older token comes back, at the gateway too, and says so in the log', async () => {
    const first = await login();
    const second = await refresh(first.refresh_token);
    const third = await refresh(String(second.body.refresh_token));
    expect(await atGateway(String(third.body.access_token))).toBe(200);
    expect(await refresh(first.refresh_token)).toMatchObject({
      status: 400,
      body: { error: 'invalid_grant' },
    });
    expect((await refresh(String(third.body.refresh_token))).status).toBe(400);
    expect(await atGateway(String(third.body.access_token))).toBe(401);
    expect(await service.logged((line) => line.event === 'refresh_reuse_detected')).toMatchObject({
      client: 'machine',
    });
  });

  it('ends a grant when its refresh token is revoked', async () => {
    const tokens = await login();
    expect((await service.post('/revoke', { token: tokens.refresh_token }, MACHINE)).status).toBe(200);
    expect((await refresh(tokens.refresh_token)).status).toBe(400);
    expect(await atGateway(tokens.access_token)).toBe(401);
    expect((await service.post('/introspect', { token: tokens.refresh_token }, MACHINE)).body).toEqual({
      active: false,
    });
  });

  it('answers 503 and changes nothing while the deny-list does not answer', async () => {
    const tokens = await login();
    deployment.pauseRedis();
    try {
      expect((await refresh(tokens.refresh_token)).status).toBe(503);
    } finally {
      deployment.resumeRedis();
    }
    expect((await refresh(tokens.refresh_token)).status).toBe(200);
  });

  it('exchanges a token of another issuer for less, and for no longer', async () => {
    const now = Math.floor(Date.now() / 1000);
    const exchange = async (claims: Record<string, unknown>, form: Record<string, string> = {}) =>
      service.post(
        '/token',
        {
          grant_type: 'urn:ietf:params:oauth:grant-type:token-exchange',
          subject_token: await deployment.issuer.sign(deployment.issuer.claims(claims)),
          subject_token_type: 'urn:ietf:params:oauth:token-type:access_token',
          ...form,
        },
        MACHINE,
      );
    const { status, body } = await exchange({
      sub: 'bob',
      sid: 'theirs',
      scope: 'orders:read admin',
      exp: now + 100,
    });
    expect(status, JSON.stringify(body)).toBe(200);
    expect(body).toMatchObject({
      issued_token_type: 'urn:ietf:params:oauth:token-type:access_token',
      scope: 'orders:read',
    });
    expect(body.refresh_token).toBeUndefined();
    expect(Number(body.expires_in)).toBeLessThanOrEqual(100);
    expect(decodeJwt(String(body.access_token))).toMatchObject({ sub: 'bob', iss: service.url });
    // A session of theirs is none of ours.
    expect(decodeJwt(String(body.access_token))).not.toHaveProperty('sid');
    expect(await atGateway(String(body.access_token))).toBe(200);
    expect((await exchange({ scope: 'things:read' }, { scope: 'orders:read' })).body.error).toBe(
      'invalid_scope',
    );
    const { body: narrowed } = await exchange({ scp: ['orders:read', 'admin'] });
    expect(narrowed.scope).toBe('orders:read');
    for (const scp of [['nothing:of', 'ours'], 'nothing:of ours', null])
      expect((await exchange({ scp }, { scope: 'orders:read' })).body.error).toBe('invalid_scope');
    expect((await exchange({}, { actor_token: 'x' })).body.error).toBe('invalid_request');
    expect((await exchange({ aud: 'https://else.test' })).body.error).toBe('invalid_request');
  });

  it.each<[string, (now: number) => Record<string, unknown>]>([
    ['has no identifier', () => ({ jti: undefined })],
    ['does not say when it was issued', () => ({ iat: undefined })],
    ['lives longer than its revocation is kept', (now) => ({ exp: now + 25 * 3_600 })],
  ])('does not exchange a token that could not be revoked: it %s', async (_, claims) => {
    const now = Math.floor(Date.now() / 1000);
    const form = {
      grant_type: 'urn:ietf:params:oauth:grant-type:token-exchange',
      subject_token: await deployment.issuer.sign(deployment.issuer.claims(claims(now))),
      subject_token_type: 'urn:ietf:params:oauth:token-type:jwt',
    };
    expect(await service.post('/token', form, MACHINE)).toMatchObject({ status: 400 });
  });

  it.each<[string, (token: string) => RevocationTarget & { readonly issuedBefore?: number }]>([
    ['the whole issuer', () => ({ kind: 'iss', issuer: service.url, value: service.url })],
    [
      'the key that signed it',
      (token) => ({ kind: 'kid', issuer: service.url, value: String(decodeProtectedHeader(token).kid) }),
    ],
  ])('introspects a token as inactive when %s is revoked, and as active again when not', async (_, of) => {
    const { access_token: token } = await login();
    const introspected = async () => (await service.post('/introspect', { token }, MACHINE)).body.active;
    const now = Date.now() / 1000;
    const target = of(token);
    expect(await introspected()).toBe(true);
    const audit = { revokedAt: now, revokedBy: 'admin', intake: 'admin', reason: '' };
    await deployment.store.revoke([
      { predicate: predicateFor(target, now + 1), expiresAt: now + 600, ...audit },
    ]);
    expect(await introspected()).toBe(false);
    await deployment.store.unrevoke(target, 'admin', now);
    expect(await introspected()).toBe(true);
  });

  it('introspects a refresh token as what a refresh would find: its subject revoked, and the deny-list silent', async () => {
    const { access_token, refresh_token: token } = await login({ sub: 'told-of' });
    const introspected = async () => service.post('/introspect', { token }, MACHINE);
    expect((await introspected()).body).toMatchObject({ active: true });
    deployment.pauseRedis();
    try {
      expect((await introspected()).status).toBe(503);
    } finally {
      deployment.resumeRedis();
    }
    const now = Date.now() / 1000;
    const value = String(decodeJwt(access_token).sub);
    const predicate = predicateFor({ kind: 'sub', issuer: service.url, value }, now + 1);
    const audit = { revokedAt: now, revokedBy: 'admin', intake: 'admin', reason: '' };
    await deployment.store.revoke([{ predicate, expiresAt: now + 600, ...audit }]);
    expect((await introspected()).body).toEqual({ active: false });
    expect((await refresh(token)).status).toBe(400);
  });

  it('does not exchange a revoked token', async () => {
    const claims = deployment.issuer.claims({ scope: 'orders:read' });
    const entry = {
      predicate: { kind: 'jti', issuer: deployment.issuer.url, value: String(claims.jti) } as const,
      expiresAt: Date.now() / 1000 + 600,
      revokedAt: Date.now() / 1000,
      revokedBy: 'admin',
      intake: 'admin',
      reason: '',
    };
    await deployment.store.revoke([entry]);
    const form = {
      grant_type: 'urn:ietf:params:oauth:grant-type:token-exchange',
      subject_token: await deployment.issuer.sign(claims),
      subject_token_type: 'urn:ietf:params:oauth:token-type:jwt',
    };
    expect(await service.post('/token', form, MACHINE)).toMatchObject({ status: 400 });
  });

  const MACHINE_FORM = { grant_type: 'client_credentials' };
  it.each<[string, number, string, Record<string, string>, readonly [string, string] | undefined]>([
    ['no client', 401, 'invalid_client', MACHINE_FORM, undefined],
    ['a wrong secret', 401, 'invalid_client', MACHINE_FORM, ['machine', 'x'.repeat(33)]],
    ['an unknown client', 401, 'invalid_client', MACHINE_FORM, ['nobody', MACHINE[1]]],
    [
      'a confidential client that only names itself',
      401,
      'invalid_client',
      { ...MACHINE_FORM, client_id: 'machine' },
      undefined,
    ],
    ['a public client with a secret', 401, 'invalid_client', MACHINE_FORM, ['page', 'x'.repeat(33)]],
    [
      'a secret in the body',
      400,
      'invalid_request',
      { ...MACHINE_FORM, client_id: 'machine', client_secret: MACHINE[1] },
      undefined,
    ],
    ['two clients', 400, 'invalid_request', { ...MACHINE_FORM, client_id: 'page' }, MACHINE],
    ['two ways at once', 400, 'invalid_request', { ...MACHINE_FORM, client_assertion: 'x' }, MACHINE],
    [
      'an assertion of another type',
      400,
      'invalid_request',
      { ...MACHINE_FORM, client_assertion: 'x', client_assertion_type: 'y' },
      undefined,
    ],
    ['no grant type', 400, 'invalid_request', {}, MACHINE],
    ['an empty grant type', 400, 'invalid_request', { grant_type: '' }, MACHINE],
    ['an unknown grant type', 400, 'unsupported_grant_type', { grant_type: 'password' }, MACHINE],
    ['a grant the client has not', 400, 'unauthorized_client', { grant_type: 'authorization_code' }, MACHINE],
    ['a scope it has not', 400, 'invalid_scope', { ...MACHINE_FORM, scope: 'orders:write' }, MACHINE],
    ['a scope that is none', 400, 'invalid_scope', { ...MACHINE_FORM, scope: 'a  b' }, MACHINE],
    [
      'a resource it has not',
      400,
      'invalid_target',
      { ...MACHINE_FORM, resource: 'https://x.test' },
      MACHINE,
    ],
    ['no refresh token', 400, 'invalid_request', { grant_type: 'refresh_token' }, MACHINE],
    [
      'a refresh token of nobody',
      400,
      'invalid_grant',
      { grant_type: 'refresh_token', refresh_token: 'x' },
      MACHINE,
    ],
    ['no code', 400, 'invalid_request', { grant_type: 'authorization_code', client_id: 'page' }, undefined],
    [
      'a code without a verifier',
      400,
      'invalid_request',
      {
        grant_type: 'authorization_code',
        client_id: 'page',
        code: 'x',
        redirect_uri: 'https://page.test/callback',
      },
      undefined,
    ],
    ['no assertion', 400, 'invalid_request', { grant_type: JWT_BEARER }, MACHINE],
    ['an assertion that is none', 400, 'invalid_grant', { grant_type: JWT_BEARER, assertion: 'x' }, MACHINE],
  ])('refuses %s: %i %s', async (_what, status, error, form, by) => {
    expect(await service.post('/token', form, by)).toMatchObject({ status, body: { error } });
  });

  it.each([
    [
      'a parameter twice',
      'application/x-www-form-urlencoded',
      'grant_type=client_credentials&grant_type=x',
      400,
    ],
    ['JSON', 'application/json', '{"grant_type":"client_credentials"}', 415],
    ['an oversize body', 'application/x-www-form-urlencoded', `a=${'x'.repeat(70_000)}`, 413],
    ['text that is not UTF-8', 'application/x-www-form-urlencoded; charset=latin1', 'a=b', 415],
  ])('refuses %s', async (_what, type, body, status) => {
    const authorization = `Basic ${Buffer.from(MACHINE.join(':')).toString('base64')}`;
    const response = await fetch(`${service.url}/token`, {
      method: 'POST',
      headers: { 'Content-Type': type, authorization },
      body,
    });
    expect(response.status).toBe(status);
    expect(await response.json()).toMatchObject({ error: 'invalid_request' });
    expect(response.headers.get('Cache-Control')).toBe('no-store');
  });

  it('offers in its metadata what some client can use', async () => {
    const metadata = await (await fetch(`${service.url}/.well-known/oauth-authorization-server`)).json();
    expect(metadata).toMatchObject({
      issuer: service.url,
      authorization_endpoint: `${service.url}/authorize`,
      response_types_supported: ['code'],
      token_endpoint_auth_methods_supported: ['client_secret_basic', 'none', 'private_key_jwt'],
      introspection_endpoint_auth_methods_supported: ['client_secret_basic', 'private_key_jwt'],
    });
    expect((metadata as { grant_types_supported: string[] }).grant_types_supported.sort()).toEqual([
      'authorization_code',
      'client_credentials',
      'refresh_token',
      'urn:ietf:params:oauth:grant-type:jwt-bearer',
      'urn:ietf:params:oauth:grant-type:token-exchange',
    ]);
  });

  it('serves each path by its methods alone, and the key set to everyone', async () => {
    const { status, headers } = await rawRequest(
      service.port,
      'GET /token HTTP/1.1\r\nHost: localhost\r\n\r\n',
    );
    expect(status).toBe(405);
    expect(String(headers.find(([name]) => name.toLowerCase() === 'allow'))).toContain('POST');
    const jwks = await fetch(`${service.url}/.well-known/jwks.json`);
    expect(jwks.headers.get('Cache-Control')).toBe('public, max-age=300');
    expect(jwks.headers.get('Content-Type')).toBe('application/jwk-set+json');
  });

  it.each(['/.well-known/%6awks.json', '/.portcullis/%68ealth', '/%74oken', '/introspec%74'])(
    'serves exact paths only: %s',
    async (path) => {
      const method = path.startsWith('/.') ? 'GET' : 'POST';
      const { status } = await rawRequest(
        service.port,
        `${method} ${path} HTTP/1.1\r\nHost: localhost\r\n\r\n`,
      );
      expect(status).toBe(404);
    },
  );

  it('never logs a token, a secret or a subject', async () => {
    const tokens = await login({ sub: 'carol-the-subject' });
    await refresh(tokens.refresh_token);
    await refresh('prt_x');
    const output = service.output();
    for (const secret of [tokens.access_token, tokens.refresh_token, MACHINE[1], 'carol-the-subject']) {
      expect(output).not.toContain(secret);
    }
  });
});

async function keyPair() {
  const { privateKey, publicKey } = await generateKeyPair('ES256', { extractable: true });
  return { privateKey, jwk: { ...(await exportJWK(publicKey)), kid: 'k', alg: 'ES256', use: 'sig' } };
}
