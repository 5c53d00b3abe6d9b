import { describe, expect, it } from 'vitest';
import { compileService } from '../../../src/token-service/config/compile.ts';
import { tokenServiceVariables } from './variables.ts';

type Tables = Record<string, unknown>;

const problemsOf = (change: Tables): string[] => {
  const compiled = compileService({ REVOCATIONS: {}, ...tokenServiceVariables(), ...change });
  return compiled.ok ? [] : compiled.error.map(({ path }) => path);
};
const { TOKEN_SERVICE, RESOURCES, CLIENTS } = tokenServiceVariables();
const service = (change: Tables) => ({ TOKEN_SERVICE: { ...TOKEN_SERVICE, ...change } });
const STAFF = {
  issuer: 'https://staff.test',
  audience: ['https://api.test'],
  algorithms: ['ES256'],
};
const ADMIN = { issuer: 'staff', audience: ['https://tokens.test/admin'] };
const admins = (change: Tables) => ({
  ...service({ admins: { ops: { ...ADMIN, ...change } } }),
  ISSUERS: { staff: STAFF },
});
const page = (change: Tables) => ({ CLIENTS: { page: { ...CLIENTS.page, ...change } } });
const orders = (change: Tables) => ({
  RESOURCES: { ...RESOURCES, orders: { ...RESOURCES.orders, ...change } },
});

describe('the configuration of the token service', () => {
  it('compiles, with the defaults of its standards', () => {
    const compiled = compileService({ REVOCATIONS: {}, ...tokenServiceVariables() });
    if (!compiled.ok) throw new Error(JSON.stringify(compiled.error));
    const { policy } = compiled.value;
    expect(policy.algorithm).toBe('ES256');
    expect(policy.accessToken.lifetimeSeconds).toBe(900);
    expect(policy.family).toEqual({
      reuseIntervalSeconds: 10,
      absoluteSeconds: 2_592_000,
      idleSeconds: 604_800,
      codeSeconds: 60,
    });
    expect(policy.keys).toEqual({ publishSeconds: 3_600, rotateSeconds: 2_592_000, retainSeconds: 960 });
    expect(policy.sealing.map(({ name }) => name)).toEqual(['SEALING_NEW', 'SEALING_OLD']);
    expect(policy.clients.get('machine')?.resources).toEqual(['https://api.test', 'https://billing.test']);
    expect(Object.isFrozen(policy.sealing)).toBe(true);
  });

  it('takes admins, for their audience alone', () => {
    expect(problemsOf(admins({}))).toEqual([]);
    const compiled = compileService({ REVOCATIONS: {}, ...tokenServiceVariables(), ...admins({}) });
    if (!compiled.ok) throw new Error(JSON.stringify(compiled.error));
    const [admin] = compiled.value.policy.admins;
    expect(admin).toMatchObject({ readScope: 'token_service:read', writeScope: 'token_service:write' });
    expect(admin?.profile).toMatchObject({
      audience: ['https://tokens.test/admin'],
      audienceOptional: false,
    });
  });

  it('merges CLIENTS_<GROUP>, and refuses a name twice', () => {
    expect(problemsOf({ CLIENTS_MORE: { other: { ...CLIENTS.page, client_id: 'other' } } })).toEqual([]);
    expect(problemsOf({ CLIENTS_MORE: { page: { ...CLIENTS.page, client_id: 'other' } } })).toEqual([
      'CLIENTS_MORE.page',
    ]);
  });

  it.each<[string, Tables, string[]]>([
    ['no issuer', service({ issuer: undefined }), ['TOKEN_SERVICE.issuer']],
    ['an issuer with a path', service({ issuer: 'https://tokens.test/x' }), ['TOKEN_SERVICE.issuer']],
    ['an issuer with a slash', service({ issuer: 'https://tokens.test/' }), ['TOKEN_SERVICE.issuer']],
    ['an issuer over http', service({ issuer: 'http://tokens.test' }), ['TOKEN_SERVICE.issuer']],
    ['no sealing key', service({ sealing_keys: undefined }), ['TOKEN_SERVICE.sealing_keys']],
    [
      'a sealing key that is not bound',
      service({ sealing_keys: ['NONE'] }),
      ['TOKEN_SERVICE.sealing_keys[0]'],
    ],
    [
      'a sealing key that a client knows',
      { SEALING_OLD: 'a-machine-secret-of-32-characters', THE_SAME: 'a-machine-secret-of-32-characters' },
      ['TOKEN_SERVICE.sealing_keys[1]'],
    ],
    ['an admin without an audience', admins({ audience: undefined }), ['TOKEN_SERVICE.admins.ops.audience']],
    ['an admin of no issuer', admins({ issuer: undefined }), ['TOKEN_SERVICE.admins.ops.issuer']],
    ['an admin of an unknown issuer', admins({ issuer: 'stuff' }), ['TOKEN_SERVICE.admins.ops.issuer[0]']],
    ['an admin with an unknown key', admins({ scope: 'x' }), ['TOKEN_SERVICE.admins.ops.scope']],
    [
      'an admin of this service itself',
      { ...admins({}), ISSUERS: { staff: { ...STAFF, issuer: 'https://tokens.test' } } },
      ['TOKEN_SERVICE.admins.ops.issuer'],
    ],
    [
      'two admins of one issuer',
      { ...service({ admins: { ops: ADMIN, more: ADMIN } }), ISSUERS: { staff: STAFF } },
      ['TOKEN_SERVICE.admins.more'],
    ],
    [
      'admins without a deny-list',
      { ...service({ admins: { ops: ADMIN }, revocation: 'off' }), ISSUERS: { staff: STAFF } },
      ['TOKEN_SERVICE.admins'],
    ],
    [
      'an admin under a name that is none',
      { ...service({ admins: { 'O p': ADMIN } }), ISSUERS: { staff: STAFF } },
      ['TOKEN_SERVICE.admins."O p"'],
    ],
    ['a short audit secret', { AUDIT_SECRET: 'short' }, ['AUDIT_SECRET']],
    ['a short sealing key', { SEALING_OLD: 'short' }, ['TOKEN_SERVICE.sealing_keys[1]']],
    [
      'a sealing key twice',
      service({ sealing_keys: ['SEALING_NEW', 'SEALING_NEW'] }),
      ['TOKEN_SERVICE.sealing_keys'],
    ],
    ['an unknown key', service({ isuer: 'x' }), ['TOKEN_SERVICE.isuer']],
    [
      'a lifetime over an hour',
      service({ access_token_lifetime: '61m' }),
      ['TOKEN_SERVICE.access_token_lifetime'],
    ],
    [
      'a lifetime under five minutes',
      service({ access_token_lifetime: '4m' }),
      ['TOKEN_SERVICE.access_token_lifetime'],
    ],
    [
      'an idle lifetime longer than the absolute one',
      service({ idle_lifetime: '31d' }),
      ['TOKEN_SERVICE.idle_lifetime'],
    ],
    ['an own claim from the login', orders({ claims: { sub: 'email' } }), ['RESOURCES.orders.claims.sub']],
    ['a forbidden claim', orders({ claims: { password: 'p' } }), ['RESOURCES.orders.claims.password']],
    [
      'half an encryption key',
      orders({ encryption_algorithm: 'RSA-OAEP-256' }),
      ['RESOURCES.orders.encryption_jwk'],
    ],
    [
      'a private encryption key',
      orders({
        encryption_algorithm: 'RSA-OAEP-256',
        encryption_jwk: { kty: 'RSA', n: 'AQ', e: 'AQAB', d: 'AQ' },
      }),
      ['RESOURCES.orders.encryption_jwk'],
    ],
    [
      'an encryption key of another kind',
      orders({ encryption_algorithm: 'RSA-OAEP-256', encryption_jwk: { kty: 'EC' } }),
      ['RESOURCES.orders.encryption_jwk.kty'],
    ],
    [
      'two resources of one audience',
      { RESOURCES: { ...RESOURCES, twin: RESOURCES.orders } },
      ['RESOURCES.twin.audience'],
    ],
    [
      'a redirect to http',
      page({ redirect_uris: ['http://page.test/cb'] }),
      ['CLIENTS.page.redirect_uris[0]'],
    ],
    [
      'a redirect with a fragment',
      page({ redirect_uris: ['https://page.test/cb#x'] }),
      ['CLIENTS.page.redirect_uris[0]'],
    ],
    ['no redirect', page({ redirect_uris: undefined }), ['CLIENTS.page.redirect_uris']],
    [
      'a public client of its own accord',
      page({ grants: ['authorization_code', 'client_credentials'] }),
      ['CLIENTS.page.grants'],
    ],
    [
      'nothing but refreshing',
      page({ grants: ['refresh_token'], redirect_uris: undefined }),
      ['CLIENTS.page.grants'],
    ],
    ['an unknown resource', page({ resources: ['order'] }), ['CLIENTS.page.resources[0]']],
    [
      'a secret for a public client',
      page({ client_secret: 'MACHINE_SECRET' }),
      ['CLIENTS.page.client_secret'],
    ],
    ['keys for a public client', page({ jwks: { keys: [] } }), ['CLIENTS.page.jwks']],
    [
      'an issuer of assertions without the grant',
      page({ assertion_issuers: ['none'] }),
      ['CLIENTS.page.assertion_issuers[0]'],
    ],
    ['private_key_jwt without keys', page({ type: 'private_key_jwt' }), ['CLIENTS.page.jwks']],
    ['no deny-list without a word', { REVOCATIONS: undefined }, ['REVOCATIONS']],
    [
      'a store over http',
      { UPSTASH_REDIS_REST_URL: 'http://x.test', UPSTASH_REDIS_REST_TOKEN: 't' },
      ['UPSTASH_REDIS_REST_URL'],
    ],
    ['a store without its token', { UPSTASH_REDIS_REST_URL: 'https://x.test' }, ['UPSTASH_REDIS_REST_TOKEN']],
    ['no client', { CLIENTS: undefined }, ['CLIENTS']],
    [
      'no resource',
      { RESOURCES: undefined, CLIENTS: page({ resources: ['orders'] }).CLIENTS },
      ['CLIENTS.page.resources[0]', 'RESOURCES'],
    ],
    [
      'two clients of one identifier',
      { CLIENTS: { ...CLIENTS, twin: CLIENTS.page } },
      ['CLIENTS.twin.client_id'],
    ],
  ])('refuses %s', (_what, change, expected) => {
    expect(problemsOf(change)).toEqual(expected);
  });

  it('tells every mistake at once, and never a secret', () => {
    const compiled = compileService({
      ...tokenServiceVariables(),
      ...service({ issuer: undefined, sealing_keys: ['new-sealing-secret-of-32-characters'] }),
      ...orders({ audience: undefined }),
    });
    if (compiled.ok) throw new Error('accepted');
    expect(compiled.error.length).toBeGreaterThanOrEqual(3);
    expect(JSON.stringify(compiled.error)).not.toContain('new-sealing-secret');
  });

  it('never throws', () => {
    for (const value of [
      null,
      1,
      'x',
      [],
      { a: 1 },
      {
        toJSON: () => {
          throw new Error('no');
        },
      },
    ]) {
      expect(compileService({ TOKEN_SERVICE: value, CLIENTS: value, RESOURCES: value }).ok).toBe(false);
    }
  });
});

const corp = (change: Tables) => ({
  UPSTREAMS: { corp: { issuer: 'https://id.test', client_id: 'portcullis', ...change } },
});
const session = (change: Tables) => service({ session: { resource: 'orders', ...change } });
const SECRET = 'a-secret-of-this-service-at-a-provider';
const KEY = JSON.stringify({ kty: 'EC', crv: 'P-256', x: 'x', y: 'y', d: 'd', alg: 'ES256', kid: 'k' });

describe('providers and sessions', () => {
  it('compiles a provider, strict where nothing is said', () => {
    const compiled = compileService({ REVOCATIONS: {}, ...tokenServiceVariables() });
    if (!compiled.ok) throw new Error(JSON.stringify(compiled.error));
    const { upstreams, clients } = compiled.value.policy;
    expect(upstreams.get('corp')).toMatchObject({
      issuer: 'https://id.test',
      credential: { method: 'none' },
      scope: ['openid'],
      claims: new Set(),
      subject: 'prefixed',
      idTokens: { audience: ['portcullis'], requiredClaims: ['sub', 'iat'], expiry: 'required' },
      logoutTokens: { audience: ['portcullis'], types: new Set(['logout+jwt', 'jwt']) },
    });
    expect(clients.get('page')?.upstreams).toEqual(['corp']);
    expect(clients.get('machine')?.upstreams).toEqual([]);
  });

  it('compiles a session, and one that needs no other client', () => {
    const compiled = compileService({
      REVOCATIONS: {},
      ...tokenServiceVariables(),
      ...session({}),
      CLIENTS: {},
    });
    if (!compiled.ok) throw new Error(JSON.stringify(compiled.error));
    expect(compiled.value.policy.session).toEqual({
      origin: 'https://tokens.test',
      clientId: 'session',
      resource: 'https://api.test',
      scope: ['orders:read', 'orders:write'],
      upstreams: ['corp'],
      sameSite: 'strict',
    });
  });

  it.each<[string, Tables, string[]]>([
    ['a provider without an issuer', corp({ issuer: undefined }), ['UPSTREAMS.corp.issuer']],
    ['a provider over http', corp({ issuer: 'http://id.test' }), ['UPSTREAMS.corp.issuer']],
    ['a provider with a query', corp({ issuer: 'https://id.test?x' }), ['UPSTREAMS.corp.issuer']],
    ['a provider without a client', corp({ client_id: undefined }), ['UPSTREAMS.corp.client_id']],
    ['a secret that is not bound', corp({ client_secret: 'NONE' }), ['UPSTREAMS.corp.client_secret']],
    ['a scope without openid', corp({ scope: ['profile'] }), ['UPSTREAMS.corp.scope']],
    ['an algorithm there is not', corp({ algorithms: ['none'] }), ['UPSTREAMS.corp.algorithms[0]']],
    ['a claim that no resource takes', corp({ claims: ['role'] }), ['UPSTREAMS.corp.claims[0]']],
    ['a place of claims without claims', corp({ claims_from: 'userinfo' }), ['UPSTREAMS.corp.claims_from']],
    [
      'two credentials',
      { ...corp({ client_secret: 'S', client_key: 'K' }), S: SECRET, K: KEY },
      ['UPSTREAMS.corp.client_key'],
    ],
    ['a key that is none', { ...corp({ client_key: 'K' }), K: SECRET }, ['UPSTREAMS.corp.client_key']],
    ['a sound key', { ...corp({ client_key: 'K' }), K: KEY }, []],
    ['a sound secret', { ...corp({ client_secret: 'S' }), S: SECRET }, []],
    [
      'two providers that each say who anybody is',
      {
        UPSTREAMS: {
          a: { issuer: 'https://a.test', client_id: 'x', subject: 'as_is' },
          b: { issuer: 'https://b.test', client_id: 'x', subject: 'as_is' },
        },
      },
      ['UPSTREAMS.b.subject'],
    ],
    ['codes without a provider', { UPSTREAMS: {} }, ['CLIENTS.page.grants']],
    ['a provider there is not', page({ upstreams: ['cord'] }), ['CLIENTS.page.upstreams[0]']],
    [
      'providers without codes',
      { CLIENTS: { machine: { ...CLIENTS.machine, upstreams: ['corp'] } } },
      ['CLIENTS.machine.upstreams'],
    ],
    ['a session without a resource', session({ resource: undefined }), ['TOKEN_SERVICE.session.resource']],
    ['a session of no resource', session({ resource: 'none' }), ['TOKEN_SERVICE.session.resource[0]']],
    ['a session with a strange scope', session({ scope: ['bills:read'] }), ['TOKEN_SERVICE.session.scope']],
    ["a session with a client's name", session({ client_id: 'page' }), ['TOKEN_SERVICE.session.client_id']],
    ['a session over http', session({ origin: 'http://app.test' }), ['TOKEN_SERVICE.session.origin']],
    ['a session with a path', session({ origin: 'https://app.test/x' }), ['TOKEN_SERVICE.session.origin']],
    ['a session open to other sites', session({ same_site: 'none' }), ['TOKEN_SERVICE.session.same_site']],
    ['a session of no provider', session({ upstreams: ['none'] }), ['TOKEN_SERVICE.session.upstreams[0]']],
    [
      'a session whose token fits into no cookie',
      service({ max_access_token_bytes: 5_000, session: { resource: 'orders' } }),
      ['TOKEN_SERVICE.max_access_token_bytes'],
    ],
    [
      'a session of encrypted tokens',
      {
        ...session({}),
        ...orders({
          encryption_jwk: { kty: 'EC', crv: 'P-256', x: 'x', y: 'y' },
          encryption_algorithm: 'ECDH-ES',
        }),
      },
      ['TOKEN_SERVICE.session.resource'],
    ],
  ])('refuses %s where it must', (_what, change, paths) => {
    expect(problemsOf(change)).toEqual(paths);
  });
});
