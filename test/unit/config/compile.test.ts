import { describe, expect, it } from 'vitest';
import { Binding, compiled, envWith } from './rules.ts';

const issuerOf = (issuer: Record<string, unknown>, rest = {}) => {
  const [first] = compiled(envWith(issuer, {}, rest)).policy.issuers;
  if (first === undefined) throw new Error('no issuer');
  return first;
};
const routeOf = (route: Record<string, unknown>, rest = {}) => {
  const [first] = compiled(envWith({}, route, rest)).policy.routes;
  if (first === undefined) throw new Error('no route');
  return first;
};

describe('defaults', () => {
  it('fills in an issuer', () => {
    expect(issuerOf({})).toEqual({
      name: 'acme',
      issuer: 'https://id.example',
      audience: ['https://api.example'],
      audienceOptional: false,
      audienceClaim: 'aud',
      jtiClaim: 'jti',
      algorithms: new Set(['RS256', 'PS256', 'ES256', 'EdDSA', 'Ed25519']),
      keys: {
        name: 'acme',
        issuer: 'https://id.example',
        algorithms: new Set(['RS256', 'PS256', 'ES256', 'EdDSA', 'Ed25519']),
        source: {
          from: 'remote',
          jwksUri: undefined,
          httpHosts: new Set(),
          discovery: 'openid',
          cache: {
            maxAgeSeconds: 600,
            minFreshSeconds: 30,
            maxFreshSeconds: 3_600,
            staleWhileRevalidateSeconds: 600,
            staleIfErrorSeconds: 14_400,
            cooldownSeconds: 30,
            timeoutMs: 3_000,
            maxBytes: 262_144,
            maxKeys: 50,
          },
          pins: { allowedKids: undefined, allowedThumbprints: undefined, blockedKids: new Set() },
        },
      },
      types: new Set(['jwt', 'at+jwt']),
      typeRequired: false,
      profile: 'jwt',
      numericSubject: false,
      expiry: 'required',
      clockToleranceSeconds: 30,
      maxTokenAgeSeconds: undefined,
      requiredClaims: [],
      tenantClaim: undefined,
      maxTokenLifetimeSeconds: 86_400,
      lifetimeEnforced: false,
    });
  });

  it('fills in a route that requires a token, from every issuer', () => {
    const route = routeOf({});
    expect([...route.access.profiles.keys()]).toEqual(['https://id.example']);
    expect(route).toMatchObject({
      match: { path: { kind: 'prefix', value: '/orders' }, methods: undefined, host: { kind: 'any' } },
      access: {
        name: route.name,
        authentication: 'required',
        sources: [{ kind: 'bearer' }],
        requirement: { kind: 'all', of: [] },
        revocation: { mode: 'strict', maxStalenessSeconds: 0, onUnavailable: 'reject', timeoutMs: 250 },
      },
      upstream: {
        name: route.name,
        origin: { kind: 'url', origin: 'https://orders.example' },
        headers: [],
        timeoutMs: 30_000,
        keepHeaders: [],
        forwardToken: false,
        preflight: 'reject',
      },
    });
  });

  it('fills in a route without authentication', () => {
    const route = routeOf({ authentication: 'none' });
    expect(route.access.profiles.size).toBe(0);
    expect(route.access.sources).toEqual([]);
    expect(route.access.revocation.mode).toBe('off');
  });

  it('fills in the gateway', () => {
    const { policy, warnings } = compiled(envWith());
    expect(policy).toMatchObject({
      maxTokenBytes: 8_192,
      tokenCache: { entries: 5_000, bytes: 8_388_608 },
      revocationEpoch: undefined,
      status: undefined,
      explain: undefined,
      serverTiming: undefined,
    });
    expect(policy.mappedHeaders.size).toBe(0);
    expect(warnings).toEqual([]);
  });
});

describe('paths, hosts and origins', () => {
  it.each([
    ['/', { kind: 'exact', value: '/' }],
    ['/orders', { kind: 'exact', value: '/orders' }],
    ['/orders/', { kind: 'exact', value: '/orders/' }],
    ['/orders/*', { kind: 'prefix', value: '/orders' }],
    ['/*', { kind: 'prefix', value: '' }],
    ['/caf%C3%A9/*', { kind: 'prefix', value: '/caf%C3%A9' }],
    ['/a@b:c', { kind: 'exact', value: '/a@b:c' }],
  ])('path %s', (path, compiledPath) => expect(routeOf({ path }).match.path).toEqual(compiledPath));

  it.each([
    ['api.example.com', { kind: 'exact', value: 'api.example.com' }],
    ['*.example.com', { kind: 'wildcard', value: 'example.com' }],
    ['localhost', { kind: 'exact', value: 'localhost' }],
    ['127.0.0.1', { kind: 'exact', value: '127.0.0.1' }],
    ['[::1]', { kind: 'exact', value: '[::1]' }],
    ['xn--caf-dma.example', { kind: 'exact', value: 'xn--caf-dma.example' }],
  ])('host %s', (host, compiledHost) => expect(routeOf({ host }).match.host).toEqual(compiledHost));

  it.each([
    ['https://orders.example', 'https://orders.example'],
    ['https://Orders.Example:8443', 'https://orders.example:8443'],
    ['https://orders.example:443', 'https://orders.example'],
    ['http://localhost:8789', 'http://localhost:8789'],
    ['http://127.0.0.1', 'http://127.0.0.1'],
    ['http://[::1]:80', 'http://[::1]'],
  ])('origin %s', (text, origin) =>
    expect(routeOf({ origin: text }).upstream.origin).toEqual({ kind: 'url', origin }),
  );

  it('an origin behind a service binding', () => {
    expect(routeOf({ origin: 'service:ORDERS' }).upstream.origin).toEqual({
      kind: 'service',
      binding: 'ORDERS',
    });
  });
});

describe('issuers', () => {
  it('takes inline keys as a copy of its own', () => {
    const key = { kty: 'EC', crv: 'P-256', x: 'x', y: 'y' };
    const { keys } = issuerOf({ jwks: { keys: [key] } });
    expect(keys.source).toMatchObject({ from: 'inline', jwks: { keys: [key] } });
    expect(Object.isFrozen(key)).toBe(false);
  });

  it('takes a secret by its binding, HS256 unless told otherwise', () => {
    const hs256 = issuerOf({ hmac_secret: 'S' }, { S: 'x'.repeat(32) });
    expect(hs256.keys.source).toEqual({ from: 'secret', bindings: ['S'], encoding: 'utf8' });
    expect(hs256.algorithms).toEqual(new Set(['HS256']));
    const hs512 = issuerOf({ hmac_secret: 'S', algorithms: ['HS512'] }, { S: 'é'.repeat(32) });
    expect(hs512.algorithms).toEqual(new Set(['HS512']));
  });

  it('needs no discoverable issuer where keys are given', () => {
    expect(issuerOf({ issuer: 'acme', jwks_uri: 'https://id.example/jwks?p=b2c' }).keys.source).toMatchObject(
      {
        jwksUri: 'https://id.example/jwks?p=b2c',
      },
    );
  });

  it('compares types without case and prefix', () => {
    expect(issuerOf({ types: ['JWT', 'application/AT+JWT'] }).types).toEqual(new Set(['jwt', 'at+jwt']));
  });

  it('forces the type of RFC 9068', () => {
    const issuer = issuerOf({ profile: 'rfc9068' });
    expect(issuer).toMatchObject({ types: new Set(['at+jwt']), typeRequired: true });
    expect(issuerOf({ profile: 'rfc9068', types: ['at+jwt'], type_required: true }).typeRequired).toBe(true);
  });

  it('reads every other key', () => {
    const thumbprint = 'NzbLsXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9Xs';
    expect(
      issuerOf({
        audience: ['a', 'b', 'a'],
        audience_claim: 'client_id',
        jti_claim: 'uti',
        algorithms: ['ES256', 'ES256'],
        discovery: 'oauth',
        clock_tolerance: '0s',
        max_token_age: '1h',
        max_token_lifetime: '12h',
        required_claims: ['sub', 'sub'],
        tenant_claim: '/org/tenant',
        type_required: true,
        numeric_subject: true,
        allowed_kids: ['1'],
        allowed_thumbprints: [thumbprint],
        blocked_kids: ['2'],
        jwks_cache: { max_age: '2m', cooldown: '1s', timeout: '1500ms', max_bytes: 4096, max_keys: 3 },
      }),
    ).toMatchObject({
      audience: ['a', 'b'],
      audienceClaim: 'client_id',
      jtiClaim: 'uti',
      algorithms: new Set(['ES256']),
      clockToleranceSeconds: 0,
      maxTokenAgeSeconds: 3_600,
      maxTokenLifetimeSeconds: 43_200,
      requiredClaims: ['sub'],
      tenantClaim: ['org', 'tenant'],
      typeRequired: true,
      numericSubject: true,
      keys: {
        source: {
          discovery: 'oauth',
          pins: {
            allowedKids: new Set(['1']),
            allowedThumbprints: new Set([thumbprint]),
            blockedKids: new Set(['2']),
          },
          cache: { maxAgeSeconds: 120, cooldownSeconds: 1, timeoutMs: 1_500, maxBytes: 4_096, maxKeys: 3 },
        },
      },
    });
  });
});

describe('routes', () => {
  it('reads every other key', () => {
    const { policy } = compiled(
      envWith(
        {},
        {
          methods: ['GET', 'POST', 'GET'],
          issuers: ['acme'],
          scope: ['a', 'b', 'a'],
          scope_match: 'any',
          claims: [
            { claim: 'role', equals: 'admin' },
            { claim: '/org/tier', one_of: [1, true, { a: [] }] },
            { claim: 'groups', contains: 'staff' },
          ],
          headers: {
            'X-User-Id': 'sub',
            X_Tenant: '/org/tenant',
            'X-Roles': { claim: 'roles', type: 'array' },
          },
          revocation: { mode: 'cached', max_staleness: '90s', on_unavailable: 'accept', timeout: '1s' },
          timeout: '5m',
          forward_token: true,
          preflight: 'origin',
        },
      ),
    );
    expect(policy.routes[0]).toMatchObject({
      match: { methods: ['GET', 'POST'] },
      access: {
        requirement: {
          kind: 'all',
          of: [
            { kind: 'scope', values: ['a', 'b'], match: 'any' },
            { name: 'role', path: ['role'], kind: 'equals', value: 'admin' },
            { name: '/org/tier', path: ['org', 'tier'], kind: 'one_of', values: [1, true, { a: [] }] },
            { name: 'groups', path: ['groups'], kind: 'contains', value: 'staff' },
          ],
        },
        revocation: { mode: 'cached', maxStalenessSeconds: 90, onUnavailable: 'accept', timeoutMs: 1_000 },
      },
      upstream: {
        headers: [
          { header: 'X-User-Id', claim: ['sub'], type: 'any' },
          { header: 'X_Tenant', claim: ['org', 'tenant'], type: 'any' },
          { header: 'X-Roles', claim: ['roles'], type: 'array' },
        ],
        timeoutMs: 300_000,
        forwardToken: true,
        preflight: 'origin',
      },
    });
    expect(policy.mappedHeaders).toEqual(new Set(['x-user-id', 'x-tenant', 'x-roles']));
  });

  it.each(['cached', 'replicated'])('%s has a bound on staleness unless told', (mode) => {
    expect(routeOf({ revocation: { mode } }).access.revocation.maxStalenessSeconds).toBe(5);
  });
});

describe('variables', () => {
  it('merges groups and leaves other entries alone', () => {
    const { policy } = compiled({
      ...envWith(),
      ISSUERS_EU: { eu: { issuer: 'https://eu.example', audience: 'a' } },
      ROUTES_PUBLIC: { assets: { path: '/assets/*', origin: 'https://a.example', authentication: 'none' } },
      ROUTER: new Binding(),
      ROUTE: 'a secret of some other use',
      SETTINGS: { any: 'table' },
      LIST: [1],
      NOTHING: null,
    });
    expect(policy.issuers.map(({ name }) => name)).toEqual(['acme', 'eu']);
    expect(policy.routes.map(({ name }) => name)).toEqual(['orders', 'assets']);
  });

  it('reads the GATEWAY table', () => {
    const GATEWAY = {
      max_token_bytes: 4_096,
      token_cache: { entries: 0, bytes: 0 },
      status: { issuer: 'acme', scope: ['status:read'] },
      revocation_epoch: 'life-1',
    };
    expect(compiled(envWith({}, {}, { GATEWAY })).policy).toMatchObject({
      maxTokenBytes: 4_096,
      tokenCache: { entries: 0, bytes: 0 },
      revocationEpoch: 'life-1',
      status: { profile: { name: 'acme' }, scope: ['status:read'] },
    });
  });

  it('asks no revocation store where no route asks it', () => {
    const off = { revocation: { mode: 'off' } };
    expect(compiled(envWith({}, off, { REVOCATIONS: undefined })).policy.routes).toHaveLength(1);
  });

  it('takes Redis for a revocation store', () => {
    const redis = { UPSTASH_REDIS_REST_URL: 'https://r.example', UPSTASH_REDIS_REST_TOKEN: 't' };
    expect(compiled(envWith({}, {}, { REVOCATIONS: undefined, ...redis })).policy.routes).toHaveLength(1);
  });
});

describe('the policy', () => {
  it('is frozen all the way down and shares nothing with env', () => {
    const env = envWith(
      { tenant_claim: '/a/b', blocked_kids: ['x'] },
      { claims: [{ claim: 'a', equals: { b: [1] } }], headers: { 'X-A': 'a' } },
    );
    const { policy } = compiled(env);
    const open: unknown[] = [];
    const walk = (value: unknown): void => {
      if (typeof value !== 'object' || value === null) return;
      if (!Object.isFrozen(value)) open.push(value);
      if (value instanceof Map || value instanceof Set) value.forEach(walk);
      Object.values(value).forEach(walk);
    };
    walk(policy);
    expect(open).toEqual([]);
    const [route] = policy.routes;
    for (const collection of [policy.mappedHeaders, route?.access.profiles, policy.issuers[0]?.algorithms]) {
      for (const mutator of ['set', 'add', 'delete', 'clear']) {
        expect(() => Reflect.apply(Reflect.get(collection ?? {}, mutator), collection, ['x', 'x'])).toThrow(
          TypeError,
        );
      }
    }
    expect(Object.isFrozen(env.ISSUERS)).toBe(false);
  });

  it('warns of an issuer that no route accepts', () => {
    const ISSUERS = {
      acme: { issuer: 'https://a.example', audience: 'a' },
      spare: { issuer: 'https://b.example', audience: 'b' },
    };
    expect(compiled(envWith({}, { issuers: ['acme'] }, { ISSUERS })).warnings).toMatchObject([
      { path: 'ISSUERS.spare' },
    ]);
  });

  it('warns of a token forwarded that nobody has verified', () => {
    const warned = (route: Readonly<Record<string, unknown>>) =>
      compiled(envWith({}, route)).warnings.filter(({ path }) => path.endsWith('forward_token'));
    expect(warned({ authentication: 'none', forward_token: true })).toMatchObject([
      {
        path: expect.stringMatching(/^ROUTES\..+\.forward_token$/),
        found: expect.stringContaining('nobody'),
      },
    ]);
    expect(warned({ authentication: 'none' })).toEqual([]);
    expect(warned({ forward_token: true })).toEqual([]);
  });

  it('warns before a variable or their number reaches the cap of Cloudflare', () => {
    const claims = Array.from({ length: 90 }, (_, index) => ({
      claim: `claim_number_${index}`,
      equals: 'something long enough',
    }));
    expect(compiled(envWith({}, { claims })).warnings).toMatchObject([
      { path: 'ROUTES', hint: expect.stringContaining('ROUTES_<GROUP>') },
    ]);
    const many = Object.fromEntries(Array.from({ length: 60 }, (_, index) => [`V${index}`, 'x']));
    expect(compiled(envWith({}, {}, many)).warnings).toMatchObject([{ found: '62 variables and secrets' }]);
  });
});
