import { env } from 'cloudflare:workers';
import { createLocalJWKSet, decodeJwt, decodeProtectedHeader, jwtVerify } from 'jose';
import { beforeAll, describe, expect, it } from 'vitest';
import { createKeySource } from '../../src/keys/key-source.ts';
import { createServiceApp } from '../../src/token-service/app.ts';
import { compileService } from '../../src/token-service/config/compile.ts';
import { denyListFrom } from '../../src/token-service/deny-list-binding.ts';
import type { ServicePorts } from '../../src/token-service/ports.ts';
import { newSigningKey, type SigningKey, sign } from '../fixtures/tokens.ts';
import { tokenServiceVariables } from '../unit/token-service/variables.ts';

const ISSUER = 'https://tokens.test';
const LOGIN = 'https://login.test';
const AUDIENCE = 'https://api.test';
const JWT_BEARER = 'urn:ietf:params:oauth:grant-type:jwt-bearer';
const TOKEN_EXCHANGE = 'urn:ietf:params:oauth:grant-type:token-exchange';
const ACCESS_TOKEN = 'urn:ietf:params:oauth:token-type:access_token';
const SECRET = 'a-backend-secret-of-32-characters';
const PAGE_VERIFIER = 'v'.repeat(43);
const clock = () => Date.now() / 1000;

type Form = Readonly<Record<string, string>>;
type Basic = readonly [string, string];
const BACKEND: Basic = ['backend', SECRET];
const BILLS: Basic = ['bills', 'a-bills-secret-of-32-characters-xxx'];
const MACHINE: Basic = ['machine', 'a-machine-secret-of-32-characters-x'];

let key: SigningKey;
let app: ReturnType<typeof createServiceApp>;
beforeAll(async () => {
  key = await newSigningKey('ES256', 'k');
  const tables = tokenServiceVariables();
  const compiled = compileService({
    REVOCATIONS: {},
    ...tables,
    BACKEND_SECRET: SECRET,
    BILLS_SECRET: BILLS[1],
    ISSUERS: {
      login: {
        issuer: LOGIN,
        audience: [AUDIENCE],
        algorithms: ['ES256'],
        jwks: { keys: [key.jwk] },
      },
    },
    CLIENTS: {
      ...tables.CLIENTS,
      backend: {
        client_id: 'backend',
        type: 'client_secret_basic',
        client_secret: 'BACKEND_SECRET',
        grants: ['jwt_bearer', 'refresh_token', 'token_exchange'],
        scope: ['orders:read', 'orders:write'],
        resources: ['orders'],
        assertion_issuers: ['login'],
        subject_token_issuers: ['login'],
      },
      bills: {
        client_id: 'bills',
        type: 'client_secret_basic',
        client_secret: 'BILLS_SECRET',
        grants: ['client_credentials'],
        scope: ['bills:read'],
        resources: ['billing'],
      },
    },
  });
  if (!compiled.ok) throw new Error(JSON.stringify(compiled.error));
  const { policy } = compiled.value;
  const { KEYRING, GRANTS, GRANT_INDEX } = env as unknown as {
    KEYRING: ServicePorts['keyring'];
    GRANTS: ServicePorts['grants'];
    GRANT_INDEX: ServicePorts['grantIndex'];
  };
  app = createServiceApp({
    policy,
    keyring: KEYRING,
    grants: GRANTS,
    grantIndex: GRANT_INDEX,
    keys: createKeySource(
      [...policy.issuers.values()].map(({ keys }) => keys),
      {
        fetch: () => Promise.reject(new Error('no network here')),
        clock,
        secrets: new Map(),
        jitter: () => 0,
      },
    ),
    denyList: denyListFrom(env as never, clock, () => undefined),
    clock,
    emit: () => undefined,
    digestOf: async () => '-',
    withinRate: async () => true,
  } as unknown as ServicePorts);
});

const context = { waitUntil: () => undefined, passThroughOnException: () => undefined, props: {} } as never;

async function post(path: string, form: Form, by?: Basic) {
  const response = await app.fetch(
    new Request(`${ISSUER}${path}`, {
      method: 'POST',
      headers: by === undefined ? {} : { Authorization: `Basic ${btoa(by.join(':'))}` },
      body: new URLSearchParams(form),
    }),
    {},
    context,
  );
  const text = await response.text();
  const body: Record<string, unknown> = text === '' ? {} : JSON.parse(text);
  return { status: response.status, headers: response.headers, body };
}
const get = async (path: string) => await app.fetch(new Request(`${ISSUER}${path}`), {}, context);

const claims = (change: Record<string, unknown> = {}) => {
  const now = Math.floor(clock());
  return {
    iss: LOGIN,
    sub: `alice-${crypto.randomUUID()}`,
    aud: ISSUER,
    jti: crypto.randomUUID(),
    iat: now,
    exp: now + 60,
    ...change,
  };
};
const assertion = (change: Record<string, unknown> = {}) => sign(key, claims(change), {});
const bearing = async (change: Record<string, unknown> = {}, more: Form = {}) =>
  await post('/token', { grant_type: JWT_BEARER, assertion: await assertion(change), ...more }, BACKEND);
const refresh = (token: unknown, more: Form = {}, by = BACKEND) =>
  post('/token', { grant_type: 'refresh_token', refresh_token: String(token), ...more }, by);

describe('the token endpoint', () => {
  it('RFC 6749 §5.1: answers with the token, its type, life and scope, never to be stored', async () => {
    const { status, headers, body } = await post('/token', { grant_type: 'client_credentials' }, MACHINE);
    expect(status).toBe(200);
    expect(headers.get('Cache-Control')).toBe('no-store');
    expect(body).toMatchObject({ token_type: 'Bearer', expires_in: 900, scope: 'orders:read' });
  });

  it('RFC 6749 §4.4.3: gives no refresh token for client credentials', async () => {
    const { body } = await post('/token', { grant_type: 'client_credentials' }, MACHINE);
    expect(body).not.toHaveProperty('refresh_token');
  });

  it('RFC 6749 §3.2: is served by POST alone', async () => {
    const response = await get('/token');
    expect([response.status, response.headers.get('Allow')]).toEqual([405, 'POST']);
  });

  it('RFC 6749 §3.2: a parameter without a value is as if omitted', async () => {
    const form = { grant_type: 'client_credentials', scope: '', resource: '' };
    expect((await post('/token', form, MACHINE)).status).toBe(200);
  });

  it('RFC 6749 §3.2: an unknown parameter is ignored', async () => {
    const form = { grant_type: 'client_credentials', colour: 'red' };
    expect((await post('/token', form, MACHINE)).status).toBe(200);
  });

  it.each<[string, number, string, Form, Basic | undefined]>([
    ['no grant type', 400, 'invalid_request', {}, MACHINE],
    [
      'a failed client authentication',
      401,
      'invalid_client',
      { grant_type: 'client_credentials' },
      ['machine', 'x'.repeat(32)],
    ],
    [
      'a refresh token of nobody',
      400,
      'invalid_grant',
      { grant_type: 'refresh_token', refresh_token: 'x' },
      BACKEND,
    ],
    [
      'a grant that the client has not',
      400,
      'unauthorized_client',
      { grant_type: 'client_credentials' },
      BACKEND,
    ],
    ['an unknown grant', 400, 'unsupported_grant_type', { grant_type: 'password' }, MACHINE],
    [
      'a scope beyond the client',
      400,
      'invalid_scope',
      { grant_type: 'client_credentials', scope: 'x' },
      MACHINE,
    ],
  ])('RFC 6749 §5.2: %s is %i %s', async (_what, status, error, form, by) => {
    const answer = await post('/token', form, by);
    expect(answer).toMatchObject({ status, body: { error } });
    expect(answer.headers.get('Cache-Control')).toBe('no-store');
    expect(answer.headers.get('Content-Type')).toBe('application/json');
  });

  it('RFC 6749 §6: a refresh token is bound to its client', async () => {
    const { body } = await bearing();
    const by: Basic = ['machine', MACHINE[1]];
    expect(await refresh(body.refresh_token, {}, by)).toMatchObject({ status: 400 });
    expect((await refresh(body.refresh_token)).status).toBe(200);
  });

  it('RFC 6749 §6: a refresh may narrow the scope, never widen it', async () => {
    const { body } = await bearing({}, { scope: 'orders:read' });
    expect((await refresh(body.refresh_token, { scope: 'orders:write' })).body).toMatchObject({
      error: 'invalid_scope',
    });
    const both = await bearing();
    expect((await refresh(both.body.refresh_token, { scope: 'orders:read' })).body).toMatchObject({
      scope: 'orders:read',
    });
  });

  it('RFC 7636 §4.5: a code without its verifier is refused', async () => {
    const form = {
      grant_type: 'authorization_code',
      client_id: 'page',
      code: 'pac_x',
      redirect_uri: 'https://page.test/callback',
    };
    expect(await post('/token', form)).toMatchObject({ status: 400, body: { error: 'invalid_request' } });
  });

  it('RFC 7636 §4.6: a code that is not there is invalid_grant, whatever the verifier', async () => {
    const form = {
      grant_type: 'authorization_code',
      client_id: 'page',
      code: `pac_${'A'.repeat(64)}`,
      redirect_uri: 'https://page.test/callback',
      code_verifier: PAGE_VERIFIER,
    };
    expect(await post('/token', form)).toMatchObject({ status: 400, body: { error: 'invalid_grant' } });
  });
});

describe('refresh tokens', () => {
  it('RFC 9700 §4.14.2: each use gives a successor, and an older one ends the login', async () => {
    const first = await bearing();
    const second = await refresh(first.body.refresh_token);
    const third = await refresh(second.body.refresh_token);
    expect(new Set([first, second, third].map(({ body }) => body.refresh_token)).size).toBe(3);
    expect((await refresh(first.body.refresh_token)).body).toMatchObject({ error: 'invalid_grant' });
    expect((await refresh(third.body.refresh_token)).body).toMatchObject({ error: 'invalid_grant' });
    expect((await post('/introspect', { token: String(third.body.access_token) }, BACKEND)).body).toEqual({
      active: false,
    });
  });

  it('RFC 9700 §4.14.2: the same one within the reuse interval gets the same successor', async () => {
    const first = await bearing();
    const [one, other] = await Promise.all([
      refresh(first.body.refresh_token),
      refresh(first.body.refresh_token),
    ]);
    expect(one?.body.refresh_token).toBe(other?.body.refresh_token);
  });

  it('RFC 9700 §4.14.2: cannot be told apart from text that was made up, nor made from another', async () => {
    const { body } = await bearing();
    const token = String(body.refresh_token);
    const other = token.slice(0, -1) + (token.endsWith('A') ? 'E' : 'A');
    expect((await refresh(other)).body).toMatchObject({ error: 'invalid_grant' });
    expect((await refresh(token)).status).toBe(200);
  });
});

describe('assertions', () => {
  it('RFC 7523 §2.1: one of a trusted issuer opens a grant for its subject', async () => {
    const { status, body } = await bearing({ sub: 'bob' });
    expect(status).toBe(200);
    expect(decodeJwt(String(body.access_token))).toMatchObject({ sub: 'bob', client_id: 'backend' });
  });

  it.each<[string, Record<string, unknown>]>([
    ['item 1: another issuer', { iss: 'https://evil.test' }],
    ['item 2: no subject', { sub: undefined }],
    ['item 3: another audience', { aud: 'https://else.test' }],
    ['item 3: another audience beside this one', { aud: [ISSUER, 'https://else.test'] }],
    ['item 4: no end', { exp: undefined }],
    ['item 4: an end that is past', { exp: 1_000 }],
    ['item 5: not valid yet', { nbf: 9_999_999_999 }],
    ['item 7: no identifier', { jti: undefined }],
  ])('RFC 7523 §3: %s is refused', async (_what, change) => {
    expect(await bearing(change)).toMatchObject({ status: 400, body: { error: 'invalid_grant' } });
  });

  it.each<[string, string | string[]]>([
    ['the issuer in a list', [ISSUER]],
    ['the token endpoint', `${ISSUER}/token`],
    ['both', [ISSUER, `${ISSUER}/token`]],
  ])('RFC 7523 §3: item 3: this server is named by %s', async (_what, aud) => {
    expect((await bearing({ aud })).status).toBe(200);
  });

  it('RFC 9068 §5: an access token of that issuer is none', async () => {
    const form = { grant_type: JWT_BEARER, assertion: await sign(key, claims(), { typ: 'at+jwt' }) };
    expect(await post('/token', form, BACKEND)).toMatchObject({
      status: 400,
      body: { error: 'invalid_grant' },
    });
  });

  it('RFC 7523 §3: its identifier counts once', async () => {
    const change = { jti: crypto.randomUUID(), sub: 'carol' };
    expect((await bearing(change)).status).toBe(200);
    expect(await bearing(change)).toMatchObject({ status: 400, body: { error: 'invalid_grant' } });
  });

  it('RFC 7523 §3: a signature of another key is refused', async () => {
    const stranger = await newSigningKey('ES256', 'k');
    const form = { grant_type: JWT_BEARER, assertion: await sign(stranger, claims(), {}) };
    expect((await post('/token', form, BACKEND)).body).toMatchObject({ error: 'invalid_grant' });
  });
});

describe('token exchange', () => {
  const exchange = async (change: Record<string, unknown> = {}, more: Form = {}) =>
    await post(
      '/token',
      {
        grant_type: TOKEN_EXCHANGE,
        subject_token: await sign(key, claims({ aud: AUDIENCE, ...change }), {}),
        subject_token_type: ACCESS_TOKEN,
        ...more,
      },
      BACKEND,
    );

  it('RFC 8693 §2.2.1: says what was issued, for the same subject, for no longer', async () => {
    const { status, body } = await exchange({ sub: 'dave' });
    expect([status, body.issued_token_type, body.token_type]).toEqual([200, ACCESS_TOKEN, 'Bearer']);
    expect(decodeJwt(String(body.access_token)).sub).toBe('dave');
    expect(Number(body.expires_in)).toBeLessThanOrEqual(60);
  });

  it('RFC 8693 §2.1: the scope is at most that of the token', async () => {
    const narrow = { scope: 'orders:read' };
    expect((await exchange(narrow)).body).toMatchObject({ scope: 'orders:read' });
    expect((await exchange(narrow, { scope: 'orders:write' })).body).toMatchObject({
      error: 'invalid_scope',
    });
  });

  it('RFC 8693 §4.1: whoever acts for the subject already is named in the new token too', async () => {
    const act = { sub: 'support', act: { sub: 'robot' } };
    const { body } = await exchange({ act });
    expect(decodeJwt(String(body.access_token)).act).toEqual(act);
    expect(decodeJwt(String((await exchange({ act: null })).body.access_token))).not.toHaveProperty('act');
  });

  it.each([{ act: 'support' }, { act: [{ sub: 'support' }] }])(
    'RFC 8693 §4.1: an actor that is no object is refused: %j',
    async (change) => {
      expect(await exchange(change)).toMatchObject({ status: 400, body: { error: 'invalid_request' } });
    },
  );

  it.each([{ cnf: { jkt: 'x' } }, { cnf: { 'x5t#S256': 'x' } }, { cnf: 'x' }])(
    'RFC 7800 §3: a token bound to a key is not made a bearer token: %j',
    async (change) => {
      expect(await exchange(change)).toMatchObject({ status: 400, body: { error: 'invalid_request' } });
    },
  );

  it('RFC 8693 §2.2.1: its lifetime is never rounded up beyond the end of what it was made of', async () => {
    const exp = Math.floor(clock()) + 30.999;
    const { body } = await exchange({ exp });
    expect(decodeJwt(String(body.access_token)).exp).toBeLessThanOrEqual(exp);
  });

  it.each<[string, Form, string]>([
    ['an actor', { actor_token: 'x', actor_token_type: ACCESS_TOKEN }, 'invalid_request'],
    ['a type that is none', { subject_token_type: 'saml' }, 'invalid_request'],
    ['a resource of nobody', { resource: 'https://x.test' }, 'invalid_target'],
  ])('RFC 8693 §2.2.2: %s is refused', async (_what, more, error) => {
    expect(await exchange({}, more)).toMatchObject({ status: 400, body: { error } });
  });
});

describe('resources', () => {
  it('RFC 8707 §2: the token is for the resource that was asked for', async () => {
    const form = { grant_type: 'client_credentials', resource: 'https://billing.test' };
    const { body } = await post('/token', form, MACHINE);
    expect(decodeJwt(String(body.access_token)).aud).toBe('https://billing.test');
    expect(body.scope).toBe('bills:read');
  });

  it('RFC 8707 §2: a resource that is not for this client is invalid_target', async () => {
    const form = { grant_type: 'client_credentials', resource: 'https://x.test' };
    expect(await post('/token', form, MACHINE)).toMatchObject({
      status: 400,
      body: { error: 'invalid_target' },
    });
  });
});

describe('the access token', () => {
  it('RFC 9068 §2.1: has the type at+jwt and is signed by a published key', async () => {
    const { body } = await bearing();
    const token = String(body.access_token);
    expect(decodeProtectedHeader(token)).toMatchObject({ typ: 'at+jwt', alg: 'ES256' });
    const jwks = (await (await get('/.well-known/jwks.json')).json()) as { keys: never[] };
    const options = { issuer: ISSUER, audience: AUDIENCE, typ: 'at+jwt' };
    await expect(jwtVerify(token, createLocalJWKSet(jwks), options)).resolves.toBeDefined();
  });

  it('RFC 9068 §2.2: has iss, exp, aud, sub, client_id, iat and jti', async () => {
    const { body } = await bearing();
    const token = decodeJwt(String(body.access_token));
    for (const name of ['iss', 'exp', 'aud', 'sub', 'client_id', 'iat', 'jti'])
      expect(token).toHaveProperty(name);
  });

  it('RFC 9068 §2.2.1: carries auth_time and acr of the login, on a refresh too', async () => {
    const { body } = await bearing({ auth_time: 1_000, acr: 'mfa' });
    const next = await refresh(body.refresh_token);
    expect(decodeJwt(String(next.body.access_token))).toMatchObject({ auth_time: 1_000, acr: 'mfa' });
  });

  it('RFC 9068 §2.2.3: carries its scope', async () => {
    const { body } = await bearing({}, { scope: 'orders:read' });
    expect(decodeJwt(String(body.access_token)).scope).toBe('orders:read');
  });
});

describe('introspection', () => {
  it('RFC 7662 §2.2: tells a client of its own token', async () => {
    const { body } = await bearing({ sub: 'erin' });
    const seen = await post('/introspect', { token: String(body.access_token) }, BACKEND);
    expect(seen.body).toMatchObject({ active: true, sub: 'erin', client_id: 'backend', iss: ISSUER });
  });

  it.each<[string, Basic, boolean]>([
    ['of its audience is told of it', MACHINE, true],
    ['of another audience learns nothing', BILLS, false],
  ])('RFC 7662 §2.2: the token of another client: one %s', async (_what, by, active) => {
    const token = String((await bearing()).body.access_token);
    const { body } = await post('/introspect', { token }, by);
    expect(body).toEqual(active ? expect.objectContaining({ active }) : { active });
  });

  it('RFC 7662 §2.2: says nothing but that it is not active of any other text', async () => {
    expect((await post('/introspect', { token: 'x' }, BACKEND)).body).toEqual({ active: false });
  });

  it.each<[string, Form, Basic | undefined]>([
    ['nobody', { token: 'x' }, undefined],
    ['a public client', { token: 'x', client_id: 'page' }, undefined],
  ])('RFC 7662 §2.1: is not for %s', async (_what, form, by) => {
    expect(await post('/introspect', form, by)).toMatchObject({
      status: 401,
      body: { error: 'invalid_client' },
    });
  });
});

describe('revocation', () => {
  it('RFC 7009 §2.1: a refresh token ends its grant, and with it the access tokens', async () => {
    const { body } = await bearing();
    expect((await post('/revoke', { token: String(body.refresh_token) }, BACKEND)).status).toBe(200);
    expect((await refresh(body.refresh_token)).status).toBe(400);
    const seen = await post('/introspect', { token: String(body.access_token) }, BACKEND);
    expect(seen.body).toEqual({ active: false });
  });

  it('RFC 7009 §2.1: the token of another client is left as it is', async () => {
    const { body } = await bearing();
    expect((await post('/revoke', { token: String(body.refresh_token) }, MACHINE)).status).toBe(200);
    expect((await refresh(body.refresh_token)).status).toBe(200);
  });

  it('RFC 7009 §2.1: so is the access token of another client, and its own is not', async () => {
    const token = String((await bearing()).body.access_token);
    const active = async () => (await post('/introspect', { token }, BACKEND)).body.active;
    expect((await post('/revoke', { token }, MACHINE)).status).toBe(200);
    expect(await active()).toBe(true);
    expect((await post('/revoke', { token }, BACKEND)).status).toBe(200);
    expect(await active()).toBe(false);
  });

  it('RFC 7009 §2.1: a wrong token_type_hint does not hinder', async () => {
    const { body } = await bearing();
    const form = { token: String(body.refresh_token), token_type_hint: 'access_token' };
    expect((await post('/revoke', form, BACKEND)).status).toBe(200);
    expect((await refresh(body.refresh_token)).status).toBe(400);
  });

  it.each(['refresh_token', 'access_token'])(
    'RFC 7009 §2.2.1: a genuine %s with something about it is told of, not acknowledged',
    async (name) => {
      const { body } = await bearing();
      const token = String(body[name]);
      for (const written of [`Bearer ${token}`, `${token}\n`, ` ${token}`]) {
        const refused = await post('/revoke', { token: written }, BACKEND);
        expect(refused).toMatchObject({ status: 400, body: { error: 'invalid_request' } });
      }
      const seen = await post('/introspect', { token }, BACKEND);
      expect(seen.body).toMatchObject({ active: true });
    },
  );

  it('RFC 7009 §2.2: a token that is none is answered 200', async () => {
    expect((await post('/revoke', { token: 'x' }, BACKEND)).status).toBe(200);
  });
});

describe('the metadata', () => {
  it('RFC 8414 §3: stands at its place and names the issuer and its endpoints', async () => {
    const response = await get('/.well-known/oauth-authorization-server');
    expect(await response.json()).toMatchObject({
      issuer: ISSUER,
      token_endpoint: `${ISSUER}/token`,
      jwks_uri: `${ISSUER}/.well-known/jwks.json`,
      revocation_endpoint: `${ISSUER}/revoke`,
      introspection_endpoint: `${ISSUER}/introspect`,
      response_types_supported: ['code'],
      code_challenge_methods_supported: ['S256'],
    });
  });

  it('RFC 8414 §2: lists the grants that some client has, and no other', async () => {
    const body = (await (await get('/.well-known/oauth-authorization-server')).json()) as {
      grant_types_supported: string[];
    };
    expect(body.grant_types_supported.sort()).toEqual(
      ['authorization_code', 'client_credentials', 'refresh_token', JWT_BEARER, TOKEN_EXCHANGE].sort(),
    );
  });
});
