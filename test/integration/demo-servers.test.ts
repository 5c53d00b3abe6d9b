import { execFile } from 'node:child_process';
import { request } from 'node:http';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { createRemoteJWKSet, type JWK, type JWTVerifyResult, jwtVerify } from 'jose';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type DemoIssuer, startIssuer } from '../../dev/issuer.ts';
import { type DemoOrigin, startOrigin } from '../../src/cli/dev/origin.ts';

const AUDIENCE = 'https://api.test';

describe('the demo issuer', () => {
  let demo: DemoIssuer;
  beforeAll(async () => {
    demo = await startIssuer({ port: 0 });
  });
  afterAll(() => demo.close());

  async function ask(
    body: unknown,
    headers: Record<string, string> = { 'content-type': 'application/json' },
  ) {
    const text = typeof body === 'string' ? body : JSON.stringify(body);
    const response = await fetch(`${demo.issuer}/token`, { method: 'POST', headers, body: text });
    const answer: { readonly access_token: string } = JSON.parse(await response.text());
    return { status: response.status, headers: response.headers, body: answer };
  }
  const verify = (token: string): Promise<JWTVerifyResult> =>
    jwtVerify(token, createRemoteJWKSet(new URL(`${demo.issuer}/jwks`)), {
      issuer: demo.issuer,
      audience: AUDIENCE,
    });
  const published = async (): Promise<JWK[]> => {
    const response = await fetch(`${demo.issuer}/jwks`);
    return JSON.parse(await response.text()).keys;
  };
  const publishedKids = async () => (await published()).map(({ kid }) => kid);

  test.each(['openid-configuration', 'oauth-authorization-server'])(
    '%s names itself and its keys',
    async (name) => {
      const response = await fetch(`${demo.issuer}/.well-known/${name}`);
      expect(await response.json()).toMatchObject({ issuer: demo.issuer, jwks_uri: `${demo.issuer}/jwks` });
    },
  );

  test('the JWKS holds public keys only, with their algorithm and use', async () => {
    const keys = await published();
    expect(keys.map(({ alg, use }) => [alg, use])).toEqual([
      ['ES256', 'sig'],
      ['RS256', 'sig'],
    ]);
    for (const key of keys) expect(key).not.toHaveProperty('d');
  });

  test('the JWKS can be cached and revalidated', async () => {
    const first = await fetch(`${demo.issuer}/jwks`);
    expect(first.headers.get('cache-control')).toBe('public, max-age=60');
    const again = await fetch(`${demo.issuer}/jwks`, {
      headers: { 'if-none-match': first.headers.get('etag') ?? '' },
    });
    expect(again.status).toBe(304);
  });

  test.each(['ES256', 'RS256'])('an %s token verifies and says what was asked for', async (alg) => {
    const asked = { audience: AUDIENCE, alg, scope: 'a b', sub: 's', roles: ['r'], tenant: 't', ttl: 60 };
    const { status, headers, body } = await ask({ ...asked, claims: { extra: { deep: [1] } } });
    expect(status).toBe(200);
    expect(headers.get('cache-control')).toBe('no-store');
    expect(body).toMatchObject({ token_type: 'Bearer', expires_in: 60, scope: 'a b' });
    const { payload, protectedHeader } = await verify(body.access_token);
    expect(protectedHeader).toMatchObject({ alg, typ: 'at+jwt' });
    expect(payload).toMatchObject({
      sub: 's',
      scope: 'a b',
      roles: ['r'],
      org: { tenant_id: 't' },
      extra: { deep: [1] },
    });
    expect((payload.exp ?? 0) - (payload.iat ?? 0)).toBe(60);
  });

  test('no two tokens share a jti or a sid', async () => {
    const tokens = await Promise.all(
      [1, 2, 3].map(async () => (await ask({ audience: AUDIENCE })).body.access_token),
    );
    const payloads = await Promise.all(tokens.map(async (token) => (await verify(token)).payload));
    expect(new Set(payloads.flatMap(({ jti, sid }) => [jti, sid])).size).toBe(6);
  });

  test('a negative life makes a token that has expired and was issued before that', async () => {
    const { body } = await ask({ audience: AUDIENCE, ttl: -60 });
    await expect(verify(body.access_token)).rejects.toMatchObject({ code: 'ERR_JWT_EXPIRED' });
  });

  test('a rotation keeps the keys before it until the next one', async () => {
    const [oldest = ''] = await publishedKids();
    const { body } = await ask({ audience: AUDIENCE });
    await fetch(`${demo.issuer}/rotate`, { method: 'POST' });
    expect(await publishedKids()).toHaveLength(4);
    expect(await publishedKids()).toContain(oldest);
    await verify(body.access_token);
    await verify((await ask({ audience: AUDIENCE })).body.access_token);
    await fetch(`${demo.issuer}/rotate`, { method: 'POST' });
    expect(await publishedKids()).not.toContain(oldest);
    await expect(verify(body.access_token)).rejects.toMatchObject({ code: 'ERR_JWKS_NO_MATCHING_KEY' });
  });

  test.each([
    ['an unknown member', { audience: AUDIENCE, scop: 'a' }],
    ['no audience', {}],
    ['another algorithm', { audience: AUDIENCE, alg: 'HS256' }],
    ['a life beyond a day', { audience: AUDIENCE, ttl: 86_401 }],
    ['something that is not JSON', '{'],
    ['something that is not an object', '[]'],
    ['a body beyond the limit', JSON.stringify({ audience: 'x'.repeat(70_000) })],
  ])('%s is refused', async (_what, body) => {
    expect(await ask(body)).toMatchObject({ status: 400, body: { error: 'invalid_request' } });
  });

  test('a page in a browser gets no token: neither by a simple request nor under a host name of its own', async () => {
    expect((await ask({ audience: AUDIENCE }, { 'content-type': 'text/plain' })).status).toBe(400);
    expect(await statusWithHost(demo.issuer, '/token', 'rebound.example')).toBe(421);
  });

  test.each([
    ['GET', '/token', 405],
    ['GET', '/rotate', 405],
    ['POST', '/jwks', 405],
    ['GET', '/nowhere', 404],
  ])('%s %s → %i', async (method, path, status) => {
    expect((await fetch(`${demo.issuer}${path}`, { method })).status).toBe(status);
  });
});

describe('the demo origin', () => {
  let demo: DemoOrigin;
  beforeAll(async () => {
    demo = await startOrigin({ port: 0 });
  });
  afterAll(() => demo.close());

  test('echoes method, path, headers and body', async () => {
    const response = await fetch(`${demo.url}/a/b?c=d`, {
      method: 'PUT',
      headers: { 'X-One': '1' },
      body: 'text',
    });
    expect(await response.json()).toMatchObject({
      method: 'PUT',
      path: '/a/b?c=d',
      headers: { 'x-one': '1' },
      body: 'text',
    });
  });

  test('a body that is not text comes back in base64', async () => {
    const response = await fetch(demo.url, { method: 'POST', body: new Uint8Array([0xff, 0x00]) });
    expect(await response.json()).toMatchObject({ body: { base64: '/wA=' } });
  });

  test('a body beyond the limit is refused', async () => {
    const response = await fetch(demo.url, { method: 'POST', body: 'x'.repeat(1024 * 1024 + 1) });
    expect(response.status).toBe(413);
  });

  test('a path that ends in /events streams, and a client that leaves ends it', async () => {
    const response = await fetch(`${demo.url}/public/events`);
    expect(response.headers.get('content-type')).toBe('text/event-stream');
    const reader = response.body?.getReader();
    const chunk = await reader?.read();
    expect(new TextDecoder().decode(chunk?.value)).toBe('data: 0\n\n');
    await reader?.cancel();
  });
});

describe('npm run token', () => {
  const run = promisify(execFile);
  test.each([
    [['--ttl', '5x'], '--ttl'],
    [['--ttl', '2d'], '--ttl'],
    [['--alg', 'none'], '--alg'],
    [['--claim', 'novalue'], '--claim'],
    [['--port', '0'], '--port'],
    [['--unknown'], '--unknown'],
    [['positional'], 'positional'],
  ])('%j is refused before anything is asked', async (args, named) => {
    const attempt = run(process.execPath, ['dev/token.ts', ...args], {
      cwd: join(import.meta.dirname, '../..'),
    });
    await expect(attempt).rejects.toMatchObject({
      code: 2,
      stdout: '',
      stderr: expect.stringContaining(named),
    });
  });
});

function statusWithHost(url: string, path: string, host: string): Promise<number | undefined> {
  return new Promise((resolve, reject) => {
    const headers = { host, 'content-type': 'application/json' };
    const sent = request(`${url}${path}`, { method: 'POST', headers }, (response) => {
      response.resume();
      resolve(response.statusCode);
    });
    sent.on('error', reject).end(JSON.stringify({ audience: AUDIENCE }));
  });
}
