import { describe, expect, it } from 'vitest';
import { EVERYTHING } from '../fixtures/memory-store.ts';
import {
  ACME,
  accessToken,
  controlApp,
  form,
  keys,
  NOW,
  OTHER,
  SECRET,
} from '../unit/control/control-app.ts';

const PATH = '/oauth/revoke';
const basic = (id = 'web', secret = SECRET) =>
  `Basic ${btoa(`${encodeURIComponent(id)}:${encodeURIComponent(secret)}`)}`;

const withClient = (init: RequestInit, authorization: string | null = basic()): RequestInit => ({
  ...init,
  headers: { ...init.headers, ...(authorization === null ? {} : { Authorization: authorization }) },
});

describe('RFC 7009: OAuth 2.0 Token Revocation', () => {
  it('RFC 7009 §2.1: a client revokes a token by POST of a form', async () => {
    const { request, store } = controlApp();
    const response = await request(PATH, withClient(form({ token: await accessToken() })));
    expect(response.status).toBe(200);
    expect(response.headers.get('Cache-Control')).toBe('no-store');
    expect(store.entries()).toMatchObject([
      {
        predicate: { kind: 'jti', issuer: ACME, value: 'token-1' },
        expiresAt: NOW + 330,
        revokedBy: 'client:web',
        intake: 'rfc7009',
      },
    ]);
  });

  it.each(['access_token', 'refresh_token', 'something_else'])(
    'RFC 7009 §2.1: the hint %s does not keep a token from being found',
    async (hint) => {
      const { request, store } = controlApp();
      const fields = { token: await accessToken(), token_type_hint: hint };
      expect((await request(PATH, withClient(form(fields)))).status).toBe(200);
      expect(store.entries()).toHaveLength(1);
    },
  );

  it('RFC 7009 §2.1: GET is not served', async () => {
    const { request } = controlApp();
    const response = await request(PATH, { headers: { Authorization: basic() } });
    expect([response.status, response.headers.get('Allow')]).toEqual([405, 'POST']);
  });

  it.each<[string, string | null]>([
    ['no credentials', null],
    ['a wrong secret', basic('web', `${SECRET}x`)],
    ['an empty secret', basic('web', '')],
    ['an unknown client', basic('nobody')],
    ['another scheme', 'Bearer abc'],
    ['two headers', `${basic()}, ${basic()}`],
    ['no base64', 'Basic ***'],
    ['no colon', `Basic ${btoa('web')}`],
    ['a broken percent-encoding', `Basic ${btoa(`web:%zz${SECRET}`)}`],
    ['bytes that are not UTF-8', `Basic ${btoa('web:\xff\xfe')}`],
  ])('RFC 7009 §2.1: %s is invalid_client (RFC 6749 §5.2)', async (_what, authorization) => {
    const { request, store } = controlApp();
    const response = await request(PATH, withClient(form({ token: await accessToken() }), authorization));
    expect(response.status).toBe(401);
    expect(response.headers.get('WWW-Authenticate')).toMatch(/^Basic /);
    expect(await response.json()).toMatchObject({ error: 'invalid_client' });
    expect(store.calls).toEqual([]);
  });

  it.each<[string, (token: string) => string]>([
    ['its scheme before it', (token) => `Bearer ${token}`],
    ['a line break behind it', (token) => `${token}\n`],
    ['a space before it', (token) => ` ${token}`],
    ['another character', (token) => `${token}\u00a0`],
  ])('RFC 7009 §2.2.1: a genuine token with %s is told of, not acknowledged', async (_what, written) => {
    const { request, store } = controlApp();
    const response = await request(PATH, withClient(form({ token: written(await accessToken()) })));
    expect(response.status).toBe(400);
    expect(await response.json()).toMatchObject({ error: 'invalid_request' });
    expect(store.entries()).toEqual([]);
  });

  it('RFC 7009 §2.1: a secret in the body is refused (RFC 6749 §2.3)', async () => {
    const { request } = controlApp();
    const fields = { token: await accessToken(), client_id: 'web', client_secret: SECRET };
    for (const authorization of [basic(), null]) {
      const response = await request(PATH, withClient(form(fields), authorization));
      expect(response.status).toBe(400);
      expect(await response.json()).toMatchObject({ error: 'invalid_request' });
    }
  });

  it.each<[string, object]>([
    ['another client', { client_id: 'spa' }],
    ['another client, with azp naming this one', { client_id: 'spa', azp: 'web' }],
    ['no client', { client_id: undefined }],
    ['a list of clients', { client_id: ['web'] }],
  ])('RFC 7009 §2.1: a token issued to %s is refused, and stays good', async (_what, claims) => {
    const { request, store } = controlApp();
    const response = await request(PATH, withClient(form({ token: await accessToken(claims) })));
    expect(response.status).toBe(400);
    expect(await response.json()).toMatchObject({ error: 'unauthorized_client' });
    expect(store.entries()).toEqual([]);
  });

  it('RFC 7009 §2.1: a token whose azp names the client is its own', async () => {
    const { request, store } = controlApp();
    const token = await accessToken({ client_id: undefined, azp: 'web' });
    expect((await request(PATH, withClient(form({ token })))).status).toBe(200);
    expect(store.entries()).toHaveLength(1);
  });

  it.each<[string, () => Promise<string>]>([
    ['unknown', async () => 'opaque-or-unknown'],
    ['forged', () => accessToken({}, keys.stranger)],
    ['expired', () => accessToken({ exp: NOW - 3600, iat: NOW - 7200 })],
    ['of an issuer the client has nothing to do with', () => accessToken({ iss: OTHER }, keys.other)],
    ['unsigned', async () => `${btoa('{"alg":"none"}').replace(/=+$/, '')}.e30.`],
  ])('RFC 7009 §2.2: a token that is %s is answered 200, and nothing is stored', async (_what, token) => {
    const { request, store, audit } = controlApp();
    const response = await request(PATH, withClient(form({ token: await token() })));
    expect(response.status).toBe(200);
    expect(store.entries()).toEqual([]);
    expect(audit()).toMatchObject({ outcome: 'acknowledged', by: 'client:web' });
  });

  it('RFC 7009 §2.2: revoking twice is no error', async () => {
    const { request, store } = controlApp();
    const token = await accessToken();
    for (let i = 0; i < 2; i++) expect((await request(PATH, withClient(form({ token })))).status).toBe(200);
    expect(store.entries()).toHaveLength(1);
  });

  it.each<[string, string]>([
    ['no token', 'token_type_hint=access_token'],
    ['an empty token', 'token='],
    ['token twice', 'token=a&token=b'],
    ['a hint twice', 'token=a&token_type_hint=x&token_type_hint=y'],
    ['a client_id of somebody else', 'token=a&client_id=spa'],
  ])('RFC 7009 §2.2.1: %s is invalid_request', async (_what, body) => {
    const { request } = controlApp();
    const response = await request(PATH, withClient(form(body)));
    expect(response.status).toBe(400);
    expect(await response.json()).toMatchObject({ error: 'invalid_request' });
  });

  it.each<[string, RequestInit]>([
    ['JSON', { headers: { 'Content-Type': 'application/json' }, body: '{"token":"x"}' }],
    ['no content type', { body: new Uint8Array([0x74]) }],
  ])('RFC 7009 §2.1: %s instead of a form is refused', async (_what, init) => {
    const { request } = controlApp();
    const response = await request(PATH, withClient({ method: 'POST', ...init }));
    expect(response.status).toBe(415);
  });

  it('RFC 7009 §2.2.1: a token without an identifier, or an opaque refresh token, is unsupported_token_type', async () => {
    const { request } = controlApp();
    const bodies = [
      { token: await accessToken({ jti: undefined }) },
      { token: 'opaque', token_type_hint: 'refresh_token' },
    ];
    for (const fields of bodies) {
      const response = await request(PATH, withClient(form(fields)));
      expect(response.status).toBe(400);
      expect(await response.json()).toMatchObject({ error: 'unsupported_token_type' });
    }
  });

  it('RFC 7009 §2.2.1: 503 with Retry-After when nothing is known to be stored; the retry stores it once', async () => {
    const app = controlApp();
    const init = withClient(form({ token: await accessToken() }));
    app.store.failing = EVERYTHING;
    const response = await app.request(PATH, init);
    expect([response.status, response.headers.get('Retry-After')]).toEqual([503, '5']);
    app.store.failing = new Set();
    expect((await app.request(PATH, init)).status).toBe(200);
    expect(app.store.entries()).toHaveLength(1);
  });

  it('RFC 7009 §5: a client is held to its rate, and the token never reaches the log', async () => {
    const app = controlApp();
    const token = await accessToken({ jti: 'secret-jti' });
    await app.request(PATH, withClient(form({ token })));
    app.limited.add('client:web');
    const response = await app.request(PATH, withClient(form({ token })));
    expect([response.status, response.headers.get('Retry-After')]).toEqual([429, '60']);
    const log = JSON.stringify(app.events);
    expect(log).not.toContain('secret-jti');
    expect(log).not.toContain(token.split('.')[2]);
    expect(log).not.toContain(SECRET);
  });
});
