import { describe, expect, it } from 'vitest';
import { encrypt, newRecipient } from '../../fixtures/encrypted-tokens.ts';
import { EVERYTHING } from '../../fixtures/memory-store.ts';
import {
  ACME,
  accessToken,
  adminToken,
  CONTROL,
  controlApp,
  keys,
  NOW,
  OTHER,
  VARIABLES,
} from './control-app.ts';

const PATH = '/v1/revocations';

describe('POST /v1/revocations', () => {
  it.each([
    ['jti', 'jti', NOW + 3600 + 60],
    ['sid', 'sid', NOW + 3600 + 60],
    ['kid', 'kid', NOW + 365 * 86_400],
  ])(
    'stores a revocation by %s until the last token it can hit has expired',
    async (member, kind, expiresAt) => {
      const { admin, store } = controlApp();
      const response = await admin('POST', PATH, { issuer: ACME, [member]: 'x', reason: 'leaked' });
      expect(response.status).toBe(201);
      expect(response.headers.get('Cache-Control')).toBe('no-store');
      expect(await response.json()).toEqual({
        issuer: ACME,
        [member]: 'x',
        expires_at: expiresAt,
        revoked_at: NOW,
        revoked_by: 'admin:ops:alice',
        intake: 'admin',
        reason: 'leaked',
      });
      expect(store.entries()).toMatchObject([{ predicate: { kind, issuer: ACME, value: 'x' }, expiresAt }]);
    },
  );

  it.each(['sub', 'client_id', 'tenant'])(
    'stores a revocation by %s with a watermark, now unless given',
    async (kind) => {
      const { admin, store } = controlApp();
      expect((await admin('POST', PATH, { issuer: ACME, [kind]: 'x' })).status).toBe(201);
      expect(store.entries()).toMatchObject([
        { predicate: { kind, issuedBefore: NOW }, expiresAt: NOW + 3600 + 30 },
      ]);
      const given = await admin('POST', PATH, { issuer: OTHER, [kind]: 'x', issued_before: NOW - 600 });
      expect(await given.json()).toMatchObject({
        issued_before: NOW - 600,
        expires_at: NOW - 600 + 3600 + 30,
      });
    },
  );

  it('sets a watermark at this very moment, not at the second it is in', async () => {
    const { admin, store } = controlApp(VARIABLES, () => NOW + 0.75);
    const response = await admin('POST', PATH, { issuer: ACME, sub: 'x' });
    expect(await response.json()).toMatchObject({ issued_before: NOW + 0.75, revoked_at: NOW });
    expect(store.entries()).toMatchObject([
      { predicate: { issuedBefore: NOW + 0.75 }, expiresAt: NOW + 1 + 3600 + 30 },
    ]);
  });

  it('keeps the end that was asked for', async () => {
    const { admin } = controlApp();
    const response = await admin('POST', PATH, { issuer: ACME, jti: 'x', expires_at: NOW + 7 });
    expect(await response.json()).toMatchObject({ expires_at: NOW + 7 });
  });

  it('revokes the one token it is given, until the gateway refuses it as expired', async () => {
    const { admin, store } = controlApp();
    const response = await admin('POST', PATH, { token: await accessToken(), reason: 'seen in a log' });
    expect(response.status).toBe(201);
    expect(store.entries()).toMatchObject([
      { predicate: { kind: 'jti', issuer: ACME, value: 'token-1' }, expiresAt: NOW + 300 + 30 },
    ]);
  });

  it('says that an expired token needs no revocation, and stores nothing', async () => {
    const { admin, store } = controlApp();
    const response = await admin('POST', PATH, { token: await accessToken({ exp: NOW - 31 }) });
    expect(response.status).toBe(200);
    expect(await response.json()).toEqual({ revoked: false, state: 'expired', expires_at: NOW - 1 });
    expect(store.calls).not.toContain('revoke');
  });

  it('revokes a token that is past exp but still within the clock tolerance of the gateway', async () => {
    const { admin } = controlApp();
    expect((await admin('POST', PATH, { token: await accessToken({ exp: NOW - 29 }) })).status).toBe(201);
  });

  it.each([
    ['forged', () => accessToken({}, keys.stranger)],
    ['of an issuer that is not configured', () => accessToken({ iss: 'https://evil.example' })],
    ['unsigned', async () => `${btoa('{"alg":"none"}')}.${btoa(`{"iss":"${ACME}"}`)}.`],
    ['not a JWT', async () => 'opaque'],
    ['without a jti', () => accessToken({ jti: undefined })],
    ['without an exp', () => accessToken({ exp: undefined })],
  ])('refuses a token that is %s', async (_what, token) => {
    const { admin, store } = controlApp();
    expect((await admin('POST', PATH, { token: await token() })).status).toBe(422);
    expect(store.entries()).toEqual([]);
  });

  it.each<[string, unknown]>([
    ['no target', { issuer: ACME }],
    ['two targets', { issuer: ACME, jti: 'x', sub: 'y' }],
    ['no issuer', { jti: 'x' }],
    ['an issuer that is not configured', { issuer: 'https://evil.example', jti: 'x' }],
    ['an issuer by prefix', { issuer: `${ACME}/`, jti: 'x' }],
    ['an unknown member', { issuer: ACME, jti: 'x', ttl: 5 }],
    ['an empty value', { issuer: ACME, jti: '' }],
    ['a value that is no text', { issuer: ACME, jti: 7 }],
    ['an array as value', { issuer: ACME, jti: ['x'] }],
    ['a value of 1025 characters', { issuer: ACME, jti: 'x'.repeat(1025) }],
    ['a lone surrogate', '{"issuer":"https://id.acme.example","jti":"\\ud800"}'],
    ['a watermark on a jti', { issuer: ACME, jti: 'x', issued_before: NOW }],
    ['a watermark in the future', { issuer: ACME, sub: 'x', issued_before: NOW + 1 }],
    ['a watermark in milliseconds', { issuer: ACME, sub: 'x', issued_before: NOW * 1000 }],
    ['an end in the past', { issuer: ACME, jti: 'x', expires_at: NOW }],
    ['an end in milliseconds', { issuer: ACME, jti: 'x', expires_at: NOW * 1000 }],
    ['a fractional date', { issuer: ACME, sub: 'x', issued_before: 1.5 }],
    ['a reason of two lines', { issuer: ACME, jti: 'x', reason: 'a\nb' }],
    ['a reason of 257 characters', { issuer: ACME, jti: 'x', reason: 'x'.repeat(257) }],
    ['a token beside a target', { token: 'x', issuer: ACME }],
    ['a duplicate member', `{"issuer":"${ACME}","jti":"x","jti":"y"}`],
    ['__proto__ as a member', `{"issuer":"${ACME}","jti":"x","__proto__":{"token":"x"}}`],
    ['an array', []],
    ['no JSON', '{'],
    ['nothing', ''],
  ])('refuses %s with 400', async (_what, body) => {
    const { admin, store } = controlApp();
    const response = await admin('POST', PATH, body);
    expect(response.status).toBe(400);
    expect(response.headers.get('Content-Type')).toBe('application/problem+json');
    expect(store.calls).toEqual([]);
  });

  it('reports every mistake at once, and repeats no value', async () => {
    const { admin } = controlApp();
    const response = await admin('POST', PATH, {
      issuer: ACME,
      sub: 'x',
      issued_before: NOW + 9,
      expires_at: 5,
    });
    const { errors } = (await response.json()) as { errors: string[] };
    expect(errors).toHaveLength(2);
    expect(JSON.stringify(errors)).not.toContain(String(NOW + 9));
  });

  it.each([
    ['form', 'application/x-www-form-urlencoded', 415],
    ['text', 'text/plain', 415],
    ['a charset of its own', 'application/json; charset=utf-16', 415],
    ['JSON with its charset', 'application/json; charset=UTF-8', 201],
  ])('takes JSON alone: %s', async (_what, contentType, status) => {
    const { request } = controlApp();
    const response = await request(PATH, {
      method: 'POST',
      headers: { Authorization: `Bearer ${await adminToken()}`, 'Content-Type': contentType },
      body: JSON.stringify({ issuer: ACME, jti: 'x' }),
    });
    expect(response.status).toBe(status);
  });

  it('stops reading a body that grows past the cap', async () => {
    const { request } = controlApp();
    let pulled = 0;
    const body = new ReadableStream({
      pull(controller) {
        pulled += 1;
        controller.enqueue(new Uint8Array(16 * 1024).fill(0x20));
        if (pulled > 100) controller.close();
      },
    });
    const response = await request(PATH, {
      method: 'POST',
      headers: { Authorization: `Bearer ${await adminToken()}`, 'Content-Type': 'application/json' },
      body,
    });
    expect(response.status).toBe(413);
    expect(pulled).toBeLessThan(10);
  });
});

describe('who may call the admin API', () => {
  const wrongTokens: readonly (readonly [string, object, number])[] = [
    ['for the gateway', { aud: 'https://api.example' }, 401],
    ['expired', { exp: NOW - 31 }, 401],
    ['of another issuer', { iss: OTHER }, 401],
    ['that could not be revoked, for want of an identifier', { jti: undefined }, 401],
    ['that does not say when it was issued', { iat: undefined }, 401],
    ['that lives longer than a revocation is kept', { exp: NOW + 3601 }, 401],
    ['without a scope', { scope: undefined }, 403],
    ['with the read scope only', { scope: 'revocations:read' }, 403],
    ['with a scope that only contains it', { scope: 'xrevocations:write' }, 403],
  ];
  it.each(wrongTokens)('refuses a token %s', async (_what, claims, status) => {
    const { admin, store } = controlApp();
    const response = await admin('POST', PATH, { issuer: ACME, jti: 'x' }, claims);
    expect(response.status).toBe(status);
    expect(response.headers.get('WWW-Authenticate')).toMatch(/^Bearer realm="api", error=/);
    expect(store.calls).toEqual([]);
  });

  it('refuses a request without credentials, and the same credentials twice', async () => {
    const { request } = controlApp();
    expect((await request(PATH)).status).toBe(401);
    const token = await adminToken();
    const twice = new Headers([
      ['Authorization', `Bearer ${token}`],
      ['Authorization', `Bearer ${token}`],
    ]);
    expect((await request(PATH, { headers: twice })).status).toBe(400);
  });

  it('refuses a token in the query', async () => {
    const { request } = controlApp();
    const token = await adminToken();
    expect((await request(`${PATH}?access_token=${token}`)).status).toBe(400);
    const both = await request(`${PATH}?access_token=${token}`, {
      headers: { Authorization: `Bearer ${token}` },
    });
    expect(both.status).toBe(400);
  });

  it('refuses an admin whose own token was revoked', async () => {
    const { admin } = controlApp();
    expect((await admin('POST', PATH, { issuer: ACME, jti: 'admin-1' })).status).toBe(201);
    expect((await admin('GET', PATH)).status).toBe(401);
    expect((await admin('GET', PATH, undefined, { jti: 'admin-2' })).status).toBe(200);
  });

  it('keeps an admin to the issuers it may revoke for', async () => {
    const { admin } = controlApp({
      ...VARIABLES,
      CONTROL: { admins: { ops: { issuer: 'acme', audience: [CONTROL], may_revoke: ['acme'] } } },
    });
    expect((await admin('POST', PATH, { issuer: ACME, jti: 'x' })).status).toBe(201);
    expect((await admin('POST', PATH, { issuer: OTHER, jti: 'x' })).status).toBe(403);
    expect((await admin('DELETE', PATH, { issuer: OTHER, jti: 'x' })).status).toBe(403);
    const token = await accessToken({ iss: OTHER }, keys.other);
    expect((await admin('POST', PATH, { token })).status).toBe(422);
  });

  it('asks of each admin the scope that was agreed with that admin', async () => {
    const { admin, request } = controlApp({
      ...VARIABLES,
      CONTROL: {
        admins: {
          ops: { issuer: 'acme', audience: [CONTROL], write_scope: ['ops:write'] },
          others: { issuer: 'other', audience: [CONTROL], write_scope: ['others:write'] },
        },
      },
    });
    const asOps = async (scope: string) =>
      (await admin('POST', PATH, { issuer: ACME, jti: 'x' }, { scope })).status;
    const asOthers = async (scope: string) => {
      const token = await accessToken({ iss: OTHER, aud: CONTROL, scope }, keys.other);
      const headers = { Authorization: `Bearer ${token}`, 'Content-Type': 'application/json' };
      return request(PATH, { method: 'POST', headers, body: JSON.stringify({ issuer: ACME, jti: 'x' }) });
    };
    expect(await asOps('ops:write')).toBe(201);
    expect(await asOps('others:write')).toBe(403);
    expect((await asOthers('others:write')).status).toBe(201);
    const refused = await asOthers('ops:write');
    expect(refused.status).toBe(403);
    expect(refused.headers.get('WWW-Authenticate')).toContain('scope="others:write"');
  });

  it('limits a caller by address, then by who it is', async () => {
    const app = controlApp();
    app.limited.add('admin:ops:alice');
    const response = await app.admin('GET', PATH);
    expect([response.status, response.headers.get('Retry-After')]).toEqual([429, '60']);
    expect((await app.admin('GET', PATH, undefined, { sub: 'bob' })).status).toBe(200);
    app.limited.add('ip:');
    expect((await app.admin('GET', PATH, undefined, { sub: 'bob' })).status).toBe(429);
    expect(app.audit()).toMatchObject({ outcome: 'limited', status: 429 });
  });
});

describe('look-up, list and un-revoke', () => {
  it('finds what was revoked, by query and by body, and forgets it when it is un-revoked', async () => {
    const { admin } = controlApp();
    await admin('POST', PATH, { issuer: ACME, sub: 'user-1' });
    const query = new URLSearchParams({ issuer: ACME, sub: 'user-1' });
    const found = { revoked: true, entry: { issuer: ACME, sub: 'user-1', issued_before: NOW } };
    expect(await (await admin('GET', `${PATH}/lookup?${query}`)).json()).toMatchObject(found);
    expect(
      await (await admin('POST', `${PATH}/lookup`, { issuer: ACME, sub: 'user-1' })).json(),
    ).toMatchObject(found);
    expect(await (await admin('DELETE', `${PATH}?${query}`)).json()).toEqual({ removed: true });
    expect(await (await admin('DELETE', PATH, { issuer: ACME, sub: 'user-1' })).json()).toEqual({
      removed: false,
    });
    expect(await (await admin('GET', `${PATH}/lookup?${query}`)).json()).toEqual({ revoked: false });
  });

  it('pages through everything', async () => {
    const { admin } = controlApp();
    for (const jti of ['a', 'b', 'c']) await admin('POST', PATH, { issuer: ACME, jti });
    const first = (await (await admin('GET', `${PATH}?limit=2`)).json()) as {
      cursor: string;
      revocations: unknown[];
    };
    expect(first.revocations).toHaveLength(2);
    const last = await (await admin('GET', `${PATH}?limit=2&cursor=${first.cursor}`)).json();
    expect(last).toMatchObject({ revocations: [{ jti: 'c' }] });
    expect(last).not.toHaveProperty('cursor');
  });

  it.each([
    ['GET', `${PATH}?limit=0`],
    ['GET', `${PATH}?limit=1001`],
    ['GET', `${PATH}?limit=1e2`],
    ['GET', `${PATH}?limit=1&limit=2`],
    ['GET', `${PATH}?cursor=%21`],
    ['GET', `${PATH}?page=1`],
    ['GET', `${PATH}/lookup?issuer=${ACME}`],
    ['GET', `${PATH}/lookup?issuer=${ACME}&jti=x&jti=y`],
    ['DELETE', `${PATH}?issuer=${ACME}`],
    ['DELETE', `${PATH}?issuer=${ACME}&jti=x&force=1`],
  ])('%s %s is refused with 400', async (method, path) => {
    const { admin } = controlApp();
    expect((await admin(method, path)).status).toBe(400);
  });

  it('refuses a target in the query and the body', async () => {
    const { admin } = controlApp();
    expect((await admin('DELETE', `${PATH}?issuer=${ACME}&jti=x`, { issuer: ACME, jti: 'y' })).status).toBe(
      400,
    );
  });

  it('lets the read scope read and not write', async () => {
    const { admin } = controlApp();
    const scope = { scope: 'revocations:read' };
    expect((await admin('GET', PATH, undefined, scope)).status).toBe(200);
    expect((await admin('DELETE', PATH, { issuer: ACME, jti: 'x' }, scope)).status).toBe(403);
    const write = { scope: 'revocations:write' };
    expect((await admin('GET', PATH, undefined, write)).status).toBe(403);
  });
});

describe('when the store does not answer', () => {
  it.each<[string, string, unknown]>([
    ['POST', PATH, { issuer: ACME, jti: 'x' }],
    ['DELETE', PATH, { issuer: ACME, jti: 'x' }],
    ['GET', PATH, undefined],
    ['POST', `${PATH}/lookup`, { issuer: ACME, jti: 'x' }],
  ])('%s %s answers 503 with Retry-After, and says so in the log', async (method, path, body) => {
    const app = controlApp();
    app.store.failing = EVERYTHING;
    const response = await app.admin(method, path, body);
    expect([response.status, response.headers.get('Retry-After')]).toEqual([503, '5']);
    expect(app.audit()).toMatchObject({ outcome: 'unavailable', level: 'error' });
    app.store.failing = new Set();
    expect((await app.admin(method, path, body)).status).toBeLessThan(300);
  });
});

describe('the audit line', () => {
  it('says who, what kind, why, when and until, and neither identifier nor token in the clear', async () => {
    const app = controlApp();
    const token = await accessToken({ jti: 'secret-jti' });
    await app.admin('POST', PATH, { token, reason: 'seen in a log' });
    expect(app.audit()).toMatchObject({
      intake: 'POST /v1/revocations',
      outcome: 'stored',
      status: 201,
      at: NOW,
      by: 'admin:ops:alice',
      reason: 'seen in a log',
      count: 1,
    });
    expect(app.audit().targets).toEqual([
      expect.stringMatching(/^jti [\w-]{22} expires_at=1800000330 issuer=https:\/\/id\.acme\.example$/),
    ]);
    expect(JSON.stringify(app.events)).not.toContain('secret-jti');
    expect(JSON.stringify(app.events)).not.toContain(token.split('.')[1]);
  });

  it.each<[string, string, string, unknown]>([
    ['an un-revoke', 'DELETE', PATH, { issuer: ACME, jti: 'secret-jti' }],
    ['a look-up', 'POST', `${PATH}/lookup`, { issuer: ACME, jti: 'secret-jti' }],
    ['a refusal', 'POST', PATH, { issuer: ACME, jti: 'secret-jti', 'secret-jti': 1 }],
  ])('is there for %s, once, without the identifier', async (_what, method, path, body) => {
    const app = controlApp();
    await app.admin(method, path, body);
    expect(app.events.filter(({ event }) => event === 'revocation_request')).toHaveLength(1);
    expect(JSON.stringify(app.events)).not.toContain('secret-jti');
  });
});

describe('paths and methods', () => {
  it.each([
    ['GET', '/', 404],
    ['GET', '/v1/revocations/', 404],
    ['GET', '/V1/revocations', 404],
    ['GET', '/v1/revocations/x', 404],
    ['PUT', '/v1/revocations', 405],
    ['GET', '/oauth/revoke', 405],
    ['GET', '/logout/backchannel', 405],
    ['GET', '/ssf/events', 405],
    ['DELETE', '/global-token-revocation', 405],
    ['GET', '/.portcullis/health', 200],
  ])('%s %s is %i', async (method, path, status) => {
    const { request } = controlApp();
    const response = await request(path, { method });
    expect(response.status).toBe(status);
    expect(response.headers.get('Cache-Control')).toBe('no-store');
    if (status === 405) expect(response.headers.get('Allow')).toMatch(/POST/);
  });
});

describe('the issuers of many tenants', () => {
  const tenantOf = (tid: string) => `https://login.example/${tid}/v2.0`;
  const [A, B] = ['11111111-2222-3333-4444-555555555555', '66666666-7777-8888-9999-000000000000'];
  const tenants = {
    ...VARIABLES.ISSUERS.other,
    issuer: tenantOf('{tid}'),
    issuer_parameter: 'guid',
  };
  const app = (may_revoke = ['acme', 'other']) =>
    controlApp({
      ...VARIABLES,
      ISSUERS: { acme: VARIABLES.ISSUERS.acme, other: tenants },
      CONTROL: { admins: { ops: { issuer: 'acme', audience: [CONTROL], may_revoke } } },
    });

  it('are revoked for one by one, under their own names', async () => {
    const { admin, store } = app();
    expect((await admin('POST', PATH, { issuer: tenantOf(A), sub: 'x' })).status).toBe(201);
    expect(store.entries()).toMatchObject([{ predicate: { kind: 'sub', issuer: tenantOf(A), value: 'x' } }]);
    const found = await admin('GET', `${PATH}?${new URLSearchParams({ issuer: tenantOf(A) })}`);
    expect(await found.json()).toMatchObject({ revocations: [{ issuer: tenantOf(A), sub: 'x' }] });
    expect((await admin('DELETE', PATH, { issuer: tenantOf(B), sub: 'x' })).status).toBe(200);
    expect(store.entries()).toHaveLength(1);
  });

  it.each([tenantOf('{tid}'), tenantOf('common'), `${tenantOf(A)}/x`])(
    '%s is none of them',
    async (issuer) => {
      const { admin, store } = app();
      expect((await admin('POST', PATH, { issuer, sub: 'x' })).status).toBe(400);
      expect(store.entries()).toEqual([]);
    },
  );

  it('are for those alone who may revoke for them', async () => {
    expect((await app(['acme']).admin('POST', PATH, { issuer: tenantOf(A), sub: 'x' })).status).toBe(403);
  });

  it('have their tokens presented, each for its own tenant', async () => {
    const { admin, store } = app();
    const token = await accessToken({ iss: tenantOf(A), tid: A, jti: 'of-a' }, keys.other);
    expect((await admin('POST', PATH, { token })).status).toBe(201);
    expect(store.entries()).toMatchObject([
      { predicate: { kind: 'jti', issuer: tenantOf(A), value: 'of-a' } },
    ]);
    const crossed = await accessToken({ iss: tenantOf(A), tid: B, jti: 'crossed' }, keys.other);
    expect((await admin('POST', PATH, { token: crossed })).status).toBe(422);
  });
});

describe('an encrypted token presented for revocation', () => {
  it.each(['encrypted', 'signed alone'])('%s: is revoked by what is within', async (form) => {
    const { publicKey, jwk } = await newRecipient();
    const { admin, store } = controlApp({
      ...VARIABLES,
      ISSUERS: { ...VARIABLES.ISSUERS, other: { ...VARIABLES.ISSUERS.other, decryption_keys: 'KEY' } },
      CONTROL: { admins: { ops: { issuer: 'acme', audience: [CONTROL] } } },
      KEY: JSON.stringify(jwk),
    });
    const within = await accessToken({ iss: OTHER, jti: 'within' }, keys.other);
    const token = form === 'encrypted' ? await encrypt(within, publicKey) : within;
    expect((await admin('POST', PATH, { token })).status).toBe(201);
    expect(store.entries()).toMatchObject([{ predicate: { kind: 'jti', issuer: OTHER, value: 'within' } }]);
    const stranger = await encrypt(within, (await newRecipient()).publicKey);
    expect((await admin('POST', PATH, { token: stranger })).status).toBe(422);
  });
});
