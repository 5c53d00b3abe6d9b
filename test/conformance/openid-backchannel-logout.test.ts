import { describe, expect, it } from 'vitest';
import { EVERYTHING } from '../fixtures/memory-store.ts';
import { base64url, sign, signRaw } from '../fixtures/tokens.ts';
import {
  ACME,
  accessToken,
  controlApp,
  form,
  keys,
  NOW,
  OTHER,
  VARIABLES,
} from '../unit/control/control-app.ts';

const PATH = '/logout/backchannel';
const EVENT = 'http://schemas.openid.net/event/backchannel-logout';

const claimsOf = (claims: object = {}) => ({
  iss: ACME,
  sub: 'user-1',
  aud: 'web',
  iat: NOW - 1,
  exp: NOW + 119,
  jti: 'logout-1',
  events: { [EVENT]: {} },
  sid: 'session-1',
  ...claims,
});
const logoutToken = (claims: object = {}, header: object = { typ: 'logout+jwt' }, key = keys.acme) =>
  sign(key, claimsOf(claims), header);

const send = async (token: string, app = controlApp()) => ({
  app,
  response: await app.request(PATH, form({ logout_token: token })),
});

describe('OpenID Connect Back-Channel Logout 1.0', () => {
  it('Back-Channel Logout 1.0 §2.7: the session named by sid is revoked', async () => {
    const { app, response } = await send(await logoutToken());
    expect(response.status).toBe(204);
    expect(app.store.entries()).toMatchObject([
      {
        predicate: { kind: 'sid', issuer: ACME, value: 'session-1' },
        revokedBy: 'logout:web',
        intake: 'backchannel_logout',
      },
    ]);
    const [entry] = app.store.entries();
    expect(entry?.expiresAt).toBe(NOW - 1 + 30 + 3600 + 30);
  });

  it('Back-Channel Logout 1.0 §2.7: without sid, what the subject was issued until the provider wrote iat is revoked', async () => {
    const { app, response } = await send(await logoutToken({ sid: undefined }));
    expect(response.status).toBe(204);
    expect(app.store.entries()).toMatchObject([
      { predicate: { kind: 'sub', issuer: ACME, value: 'user-1', issuedBefore: NOW - 1 } },
    ]);
    const fractional = await send(await logoutToken({ sid: undefined, iat: NOW - 1.75, exp: NOW + 60.5 }));
    expect(fractional.response.status).toBe(204);
    expect(fractional.app.store.entries()).toMatchObject([{ predicate: { issuedBefore: NOW - 1.75 } }]);
  });

  it('Back-Channel Logout 1.0 §2.4: sid alone is enough', async () => {
    const { response } = await send(await logoutToken({ sub: undefined }));
    expect(response.status).toBe(204);
  });

  it('Back-Channel Logout 1.0 §2.4: an empty sub beside a sid names nobody', async () => {
    const { app, response } = await send(await logoutToken({ sub: '' }));
    expect(response.status).toBe(204);
    expect(app.store.entries()).toMatchObject([{ predicate: { kind: 'sid', value: 'session-1' } }]);
  });

  it('Back-Channel Logout 1.0 §2.4: sub is a number where the issuer numbers its subjects', async () => {
    const acme = { ...VARIABLES.ISSUERS.acme, numeric_subject: true };
    const app = controlApp({ ...VARIABLES, ISSUERS: { ...VARIABLES.ISSUERS, acme } });
    expect((await send(await logoutToken({ sub: 7, sid: undefined }), app)).response.status).toBe(204);
    expect(app.store.entries()).toMatchObject([{ predicate: { kind: 'sub', value: '7' } }]);
  });

  it('Back-Channel Logout 1.0 §2.7: where access tokens carry no sid, the subject is revoked, and a token without sub refused', async () => {
    const CONTROL = { logout: { web: { issuer: 'acme', client_ids: ['web'], revoke: 'subject' } } };
    const app = controlApp({ ...VARIABLES, CONTROL });
    expect((await send(await logoutToken({ sub: undefined }), app)).response.status).toBe(400);
    expect((await send(await logoutToken(), app)).response.status).toBe(204);
    expect(app.store.entries()).toMatchObject([{ predicate: { kind: 'sub', value: 'user-1' } }]);
  });

  it.each<[string, object]>([
    ['iss missing', { iss: undefined }],
    ['iss of nobody configured', { iss: 'https://evil.example' }],
    ['iss as a list', { iss: [ACME] }],
    ['aud missing', { aud: undefined }],
    ['iat missing', { iat: undefined }],
    ['exp missing', { exp: undefined }],
    ['jti missing', { jti: undefined }],
    ['jti empty', { jti: '' }],
    ['jti no text', { jti: 1 }],
    ['events missing', { events: undefined }],
    ['events without the logout event', { events: { 'http://schemas.openid.net/event/other': {} } }],
    ['events a list', { events: [EVENT] }],
    ['the event no object', { events: { [EVENT]: true } }],
    ['the event null', { events: { [EVENT]: null } }],
    ['neither sub nor sid', { sub: undefined, sid: undefined }],
    ['sub no text', { sub: 7 }],
    ['sub empty and no sid', { sub: '', sid: undefined }],
    ['sid empty', { sid: '' }],
    ['nonce present', { nonce: 'n' }],
    ['nonce present and null', { nonce: null }],
  ])('Back-Channel Logout 1.0 §2.4: %s is refused', async (_what, claims) => {
    const { app, response } = await send(await logoutToken(claims));
    expect(response.status).toBe(400);
    expect(await response.json()).toMatchObject({ error: 'invalid_request' });
    expect(app.store.entries()).toEqual([]);
  });

  it.each<[string, object, number]>([
    ['logout+jwt', { typ: 'logout+jwt' }, 204],
    ['application/logout+JWT', { typ: 'application/logout+JWT' }, 204],
    ['JWT, as older providers send', { typ: 'JWT' }, 204],
    ['none', { typ: undefined }, 204],
    ['at+jwt', { typ: 'at+jwt' }, 400],
    ['secevent+jwt', { typ: 'secevent+jwt' }, 400],
    ['dpop+jwt', { typ: 'dpop+jwt' }, 400],
  ])('Back-Channel Logout 1.0 §2.4: the type %s', async (_what, header, status) => {
    expect((await send(await logoutToken({}, header))).response.status).toBe(status);
  });

  it('Back-Channel Logout 1.0 §4.1: with type_required, logout+jwt alone passes', async () => {
    const CONTROL = { logout: { web: { issuer: 'acme', client_ids: ['web'], type_required: true } } };
    const app = controlApp({ ...VARIABLES, CONTROL });
    expect((await send(await logoutToken({}, { typ: 'JWT' }), app)).response.status).toBe(400);
    expect((await send(await logoutToken({}, { typ: undefined }), app)).response.status).toBe(400);
    expect((await send(await logoutToken(), app)).response.status).toBe(204);
  });

  it.each<[string, () => Promise<string>]>([
    ['a signature by another key', () => logoutToken({}, { typ: 'logout+jwt' }, keys.stranger)],
    ['a key of another issuer', () => logoutToken({}, { typ: 'logout+jwt', kid: 'other-1' }, keys.other)],
    ['a token of another issuer for our client', () => logoutToken({ iss: OTHER }, {}, keys.other)],
    [
      'alg none',
      async () =>
        `${base64url('{"alg":"none","typ":"logout+jwt"}')}.${base64url(JSON.stringify(claimsOf()))}.`,
    ],
    [
      'an algorithm not allowed',
      async () => (await logoutToken()).replace(/^[^.]+/, base64url('{"alg":"HS256"}')),
    ],
    ['an unknown critical parameter', () => logoutToken({}, { typ: 'logout+jwt', crit: ['x'], x: 1 })],
    [
      'a changed payload',
      async () => {
        const [header, , signature] = (await logoutToken()).split('.');
        return `${header}.${base64url(JSON.stringify(claimsOf({ sub: 'user-2' })))}.${signature}`;
      },
    ],
    [
      'a duplicate claim',
      () =>
        signRaw(
          keys.acme,
          '{"alg":"ES256","kid":"acme-1","typ":"logout+jwt"}',
          JSON.stringify(claimsOf()).replace('"sub":"user-1"', '"sub":"user-1","sub":"user-2"'),
        ),
    ],
    ['an encrypted token', async () => 'eyJhbGciOiJSU0EtT0FFUCJ9.a.b.c.d'],
    ['no token', async () => 'x'],
  ])('Back-Channel Logout 1.0 §2.6: %s is refused', async (_what, token) => {
    const { app, response } = await send(await token());
    expect(response.status).toBe(400);
    expect(app.store.entries()).toEqual([]);
  });

  it.each<[string, object]>([
    ['for the API', { aud: 'https://api.example' }],
    ['for another client', { aud: ['mobile'] }],
    ['for a client by prefix', { aud: 'web2' }],
    ['expired', { exp: NOW - 31 }],
    ['issued in the future', { iat: NOW + 31, exp: NOW + 90 }],
  ])('Back-Channel Logout 1.0 §2.6: a token %s is refused', async (_what, claims) => {
    expect((await send(await logoutToken(claims))).response.status).toBe(400);
  });

  it('Back-Channel Logout 1.0 §2.6: one of our clients among several audiences is enough', async () => {
    expect((await send(await logoutToken({ aud: ['mobile', 'spa'] }))).response.status).toBe(204);
  });

  it('Back-Channel Logout 1.0 §4.1: neither an access token nor an ID token passes for a logout token', async () => {
    const idToken = { aud: 'web', nonce: 'n', sid: 'session-1' };
    expect((await send(await accessToken({ aud: 'web' }))).response.status).toBe(400);
    expect((await send(await accessToken(idToken))).response.status).toBe(400);
    expect((await send(await accessToken({ ...idToken, events: { [EVENT]: {} } }))).response.status).toBe(
      400,
    );
  });

  it.each<[string, RequestInit | (() => Promise<RequestInit>)]>([
    ['JSON', { method: 'POST', headers: { 'Content-Type': 'application/json' }, body: '{}' }],
    ['no parameter', form({})],
    [
      'the token twice',
      async () => form(`logout_token=${await logoutToken()}&logout_token=${await logoutToken()}`),
    ],
  ])(
    'Back-Channel Logout 1.0 §2.5: %s instead of a form with one logout_token is refused',
    async (_what, init) => {
      const { request } = controlApp();
      const response = await request(PATH, typeof init === 'function' ? await init() : init);
      expect([400, 415]).toContain(response.status);
      expect(await response.json()).toMatchObject({ error: 'invalid_request' });
    },
  );

  it('Back-Channel Logout 1.0 §2.5: a logout token in the query is refused', async () => {
    const { request } = controlApp();
    const response = await request(`${PATH}?logout_token=${await logoutToken()}`, form({}));
    expect(response.status).toBe(400);
  });

  it('Back-Channel Logout 1.0 §2.5: a body over 64 KiB is refused', async () => {
    const { response } = await send('x'.repeat(64 * 1024));
    expect(response.status).toBe(413);
  });

  it('Back-Channel Logout 1.0 §2.6: the same token again is answered alike and recorded as a replay', async () => {
    const token = await logoutToken();
    const { app } = await send(token);
    const before = app.store.entries();
    const { response } = await send(token, app);
    expect(response.status).toBe(204);
    expect(app.store.entries()).toEqual(before);
    expect(app.audit()).toMatchObject({ outcome: 'replayed' });
  });

  it('Back-Channel Logout 1.0 §2.6: a replay does not bring back what was un-revoked since', async () => {
    const token = await logoutToken();
    const { app } = await send(token);
    await app.admin('DELETE', '/v1/revocations', { issuer: ACME, sid: 'session-1' });
    expect((await send(token, app)).response.status).toBe(204);
    expect(app.store.entries()).toEqual([]);
    expect((await send(await logoutToken({ jti: 'logout-2' }), app)).response.status).toBe(204);
    expect(app.store.entries()).toHaveLength(1);
  });

  it('Back-Channel Logout 1.0 §2.6: a jti is unique within its issuer, not beyond', async () => {
    const CONTROL = {
      logout: { a: { issuer: 'acme', client_ids: ['web'] }, b: { issuer: 'other', client_ids: ['web'] } },
    };
    const app = controlApp({ ...VARIABLES, CONTROL });
    await send(await logoutToken(), app);
    await send(await logoutToken({ iss: OTHER }, { typ: 'logout+jwt' }, keys.other), app);
    expect(app.audit()).toMatchObject({ outcome: 'stored' });
    expect(app.store.entries()).toHaveLength(2);
  });

  it('Back-Channel Logout 1.0 §2.8: a success is not cached', async () => {
    const { response } = await send(await logoutToken());
    expect(response.headers.get('Cache-Control')).toBe('no-store');
  });

  it.each(['isClaimed', 'revoke', 'claimOnce'])(
    'Back-Channel Logout 1.0 §2.8: never "done" unwritten: 503 while %s fails, and the retry counts',
    async (step) => {
      const app = controlApp();
      const token = await logoutToken();
      app.store.failing = new Set([step]);
      const { response } = await send(token, app);
      expect([response.status, response.headers.get('Retry-After')]).toEqual([503, '5']);
      app.store.failing = new Set();
      expect((await send(token, app)).response.status).toBe(204);
      expect(app.store.entries()).toHaveLength(1);
      expect(app.audit()).toMatchObject({ outcome: 'stored' });
    },
  );

  it('Back-Channel Logout 1.0 §2.8: an outage of everything is 503, not 400', async () => {
    const app = controlApp();
    app.store.failing = EVERYTHING;
    expect((await send(await logoutToken(), app)).response.status).toBe(503);
  });

  it('Back-Channel Logout 1.0 §2.6: a key that was revoked signs no logout', async () => {
    const app = controlApp();
    await app.admin('POST', '/v1/revocations', { issuer: OTHER, kid: 'acme-1' });
    expect((await send(await logoutToken(), app)).response.status).toBe(204);
    await app.admin('POST', '/v1/revocations', { issuer: ACME, kid: 'acme-1' });
    expect((await send(await logoutToken({ jti: 'logout-2' }), app)).response.status).toBe(400);
  });
});
