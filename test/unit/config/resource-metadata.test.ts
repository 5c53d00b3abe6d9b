import { describe, expect, it } from 'vitest';
import { compiled, envWith, problemsOf, type Table } from './rules.ts';

const RESOURCE = 'https://api.example/orders';
const ofRoute = (resource_metadata: Table, route: Table = {}, issuer: Table = {}) =>
  envWith({ audience: RESOURCE, ...issuer }, { resource_metadata, ...route });

const documentsOf = (env: Table) =>
  compiled(env).policy.resources.map(({ document, ...place }) => ({ ...place, ...JSON.parse(document) }));

describe('the resource_metadata of a route', () => {
  it.each<[string, Table, string, string]>([
    ['no resource', ofRoute({}), 'resource_metadata.resource', 'RFC 9728'],
    ['http', ofRoute({ resource: 'http://api.example/orders' }), 'resource_metadata.resource', 'https'],
    ['a query', ofRoute({ resource: `${RESOURCE}?a` }), 'resource_metadata.resource', 'query'],
    ['a fragment', ofRoute({ resource: `${RESOURCE}#a` }), 'resource_metadata.resource', 'fragment'],
    [
      'a password',
      ofRoute({ resource: 'https://a:b@api.example/orders' }),
      'resource_metadata.resource',
      '…@',
    ],
    [
      'a URL that a parser rewrites',
      ofRoute({ resource: 'https://API.example/orders' }),
      'resource_metadata.resource',
      'https',
    ],
    ['dots', ofRoute({ resource: 'https://api.example/a/../orders' }), 'resource_metadata.resource', 'https'],
    ['a quote', ofRoute({ resource: 'https://api.example/orders"' }), 'resource_metadata.resource', 'https'],
    [
      'another path',
      ofRoute({ resource: 'https://api.example/order' }),
      'resource_metadata.resource',
      '"/orders"',
    ],
    [
      'another host',
      ofRoute({ resource: RESOURCE }, { host: '*.api.example' }),
      'resource_metadata.resource',
      '"*.api.example"',
    ],
    [
      'nobody to ask',
      ofRoute({ resource: RESOURCE, authorization_servers: [] }),
      'resource_metadata.authorization_servers',
      'at least one',
    ],
    [
      'a server with a query',
      ofRoute({ resource: RESOURCE, authorization_servers: ['https://id.example?a'] }),
      'resource_metadata.authorization_servers[0]',
      'query',
    ],
    [
      'an issuer that is no URL',
      ofRoute({ resource: RESOURCE }, {}, { issuer: 'own', jwks_uri: 'https://id.example/jwks' }),
      'resource_metadata.authorization_servers',
      'log in somewhere',
    ],
    [
      'a shared secret, which is no place to log in',
      { ...ofRoute({ resource: RESOURCE }, {}, { hmac_secret: 'SECRET' }), SECRET: 'x'.repeat(32) },
      'resource_metadata.authorization_servers',
      'log in somewhere',
    ],
    [
      'no token asked for',
      ofRoute({ resource: RESOURCE }, { authentication: 'none' }),
      'resource_metadata',
      'asks for a token',
    ],
    [
      'a script as page',
      ofRoute({ resource: RESOURCE, resource_tos_uri: 'javascript:1' }),
      'resource_metadata.resource_tos_uri',
      'https',
    ],
    [
      'an empty name',
      ofRoute({ resource: RESOURCE, resource_name: '' }),
      'resource_metadata.resource_name',
      '256',
    ],
    [
      'a misspelt key',
      ofRoute({ resource: RESOURCE, scopes: ['a'] }),
      'resource_metadata.scopes',
      'scopes_supported',
    ],
  ])('%s is refused', (_, env, path, words) => {
    const problems = problemsOf(env);
    expect(problems.map((problem) => problem.path)).toEqual([`ROUTES.orders.${path}`]);
    expect(Object.values(problems[0] ?? {}).join(' | ')).toContain(words);
  });

  it.each([
    ['/.well-known/oauth-protected-resource/orders', true],
    ['/.well-known/oauth-protected-resource/orders/*', true],
    ['/.well-known/oauth-protected-resource', false],
    ['/.well-known/*', false],
    ['/*', false],
  ])('beside a route %s: refused %s', (path, refused) => {
    const more = { ROUTES_MORE: { other: { path, origin: 'https://o.example', authentication: 'none' } } };
    const problems = problemsOf({ ...ofRoute({ resource: RESOURCE }), ...more });
    expect(problems.map((problem) => problem.path)).toEqual(refused ? ['ROUTES_MORE.other.path'] : []);
    const elsewhere = { ROUTES_MORE: { other: { ...more.ROUTES_MORE.other, host: 'other.example' } } };
    expect(problemsOf({ ...ofRoute({ resource: RESOURCE }), ...elsewhere })).toEqual([]);
  });

  it.each([
    [
      'https://api.example',
      { path: '/.well-known/oauth-protected-resource', resource: 'https://api.example' },
    ],
    [
      'https://api.example/',
      { path: '/.well-known/oauth-protected-resource', resource: 'https://api.example/' },
    ],
    [RESOURCE, { path: '/.well-known/oauth-protected-resource/orders', resource: RESOURCE }],
    [`${RESOURCE}/`, { path: '/.well-known/oauth-protected-resource/orders/', resource: `${RESOURCE}/` }],
    [
      `${RESOURCE}/eu`,
      { path: '/.well-known/oauth-protected-resource/orders/eu', resource: `${RESOURCE}/eu` },
    ],
    [
      'http://localhost:8787/orders',
      { host: 'localhost', path: '/.well-known/oauth-protected-resource/orders' },
    ],
  ])('%s has its document at its well-known place', (resource, expected) => {
    expect(documentsOf(ofRoute({ resource }, {}, { audience: resource }))).toMatchObject([expected]);
  });

  it('says who issues tokens and what for, and nothing that is not known', () => {
    expect(documentsOf(ofRoute({ resource: RESOURCE }))).toEqual([
      {
        host: 'api.example',
        path: '/.well-known/oauth-protected-resource/orders',
        maxAgeSeconds: 300,
        resource: RESOURCE,
        authorization_servers: ['https://id.example'],
        bearer_methods_supported: ['header'],
      },
    ]);
  });

  it('is one document for all routes of a resource', () => {
    const more = {
      path: '/orders/*',
      origin: 'https://o.example',
      methods: ['POST'],
      scope: ['orders:write', 'orders:admin'],
      scope_match: 'any',
      resource_metadata: { resource: RESOURCE, authorization_servers: ['https://login.example'] },
    };
    const env = {
      ...ofRoute({ resource: RESOURCE }, { methods: ['GET'], scope: ['orders:read'] }),
      ROUTES_MORE: { more },
    };
    expect(documentsOf(env)).toMatchObject([
      {
        authorization_servers: ['https://id.example', 'https://login.example'],
        scopes_supported: ['orders:read', 'orders:write', 'orders:admin'],
      },
    ]);
    const routes = compiled(env).policy.routes.map(({ resource }) => resource?.challengeScope);
    expect(routes).toEqual(['orders:read', undefined]);
    const named = {
      more: { ...more, resource_metadata: { ...more.resource_metadata, resource_name: 'Orders' } },
    };
    expect(problemsOf({ ...env, ROUTES_MORE: named }).map(({ path }) => path)).toEqual([
      'ROUTES_MORE.more.resource_metadata',
    ]);
  });

  it('is one document for a route of several hosts and paths, at its own host', () => {
    const route = { host: ['api.example', 'api.other.example'], path: ['/orders/*', '/carts/*'] };
    expect(documentsOf(ofRoute({ resource: RESOURCE }, route))).toMatchObject([
      { host: 'api.example', resource: RESOURCE },
    ]);
    const elsewhere = ofRoute({ resource: 'https://else.example/orders' }, route);
    expect(problemsOf(elsewhere)[0]?.path).toBe('ROUTES.orders.resource_metadata.resource');
  });

  it('warns of a resource that no token can be for', () => {
    const warned = (audience: string) =>
      compiled(ofRoute({ resource: RESOURCE }, {}, { audience })).warnings.map(({ path }) => path);
    expect(warned(RESOURCE)).toEqual([]);
    expect(warned('orders')).toEqual(['ROUTES.orders.resource_metadata.resource']);
  });
});
