import { describe, expect, it } from 'vitest';
import { compiled, envWith, ISSUER, ROUTE, type Table } from './rules.ts';

const warned = (env: Table) =>
  compiled(env).warnings.map(({ path, found, allowed, hint }) => [path, `${found} | ${allowed} | ${hint}`]);

const OTHER = { issuer: 'https://other.example', audience: 'x' };
const TWO = { ISSUERS: { acme: ISSUER, other: OTHER } };

describe('a route that names no issuer', () => {
  it('is warned of where there are several, with the list to write', () => {
    expect(warned(envWith({}, {}, TWO))).toEqual([
      ['ROUTES.orders.issuers', expect.stringContaining('all 2 issuers')],
    ]);
    expect(warned(envWith({}, {}, TWO))[0]?.[1]).toContain('["acme", "other"]');
  });

  it('is not warned of where there is one issuer, where all are named, or where nobody is known', () => {
    expect(warned(envWith())).toEqual([]);
    expect(warned(envWith({}, { issuers: ['acme', 'other'] }, TWO))).toEqual([]);
    const ROUTES = {
      a: { ...ROUTE, issuers: ['acme', 'other'] },
      b: { path: '/b', origin: 'https://b.example', authentication: 'none' },
    };
    expect(warned(envWith({}, {}, { ...TWO, ROUTES }))).toEqual([]);
  });

  it('is warned of under its group', () => {
    const ROUTES_EU = { reports: { path: '/r', origin: 'https://r.example' } };
    expect(warned(envWith({}, { issuers: ['acme', 'other'] }, { ...TWO, ROUTES_EU }))).toEqual([
      ['ROUTES_EU.reports.issuers', expect.anything()],
    ]);
  });
});

describe('a claim with dots between words', () => {
  it.each<[string, Table, Table, string]>([
    [
      'a requirement',
      {},
      { claims: [{ claim: 'realm_access.roles', contains: 'a' }] },
      'ROUTES.orders.claims[0].claim',
    ],
    ['a header', {}, { headers: { 'X-Roles': 'realm_access.roles' } }, 'ROUTES.orders.headers.X-Roles'],
    [
      'a header with its type',
      {},
      { headers: { 'X-Roles': { claim: 'realm_access.roles', type: 'array' } } },
      'ROUTES.orders.headers.X-Roles.claim',
    ],
    ['the tenant', { tenant_claim: 'realm_access.roles' }, {}, 'ISSUERS.acme.tenant_claim'],
    ['scopes', { scope_claim: 'realm_access.roles' }, {}, 'ISSUERS.acme.scope_claim'],
  ])('is warned of in %s, with both ways to mean it', (_where, issuer, route, path) => {
    const [[at, words] = [], ...more] = warned(envWith(issuer, route));
    expect([at, more]).toEqual([path, []]);
    expect(words).toContain('"/realm_access.roles"');
    expect(words).toContain('did you mean "/realm_access/roles"?');
  });

  it.each([
    ['realm_access/roles', '"/realm_access~1roles"', 'did you mean "/realm_access/roles"?'],
    ['roles.0', '"/roles.0"', 'did you mean "/roles/0"?'],
    ['resource_access.my-app.roles', '"/resource_access.my-app.roles"', '"/resource_access/my-app/roles"'],
  ])('is %s as well', (claim, itself, below) => {
    const [[, words] = []] = warned(envWith({}, { headers: { 'X-A': claim } }));
    expect(words).toContain(itself);
    expect(words).toContain(below);
  });

  it.each([
    'sub',
    'cognito:groups',
    'https://acme.example/roles',
    '/realm_access/roles',
    '/a.b',
    'urn:a.b',
    'a..b',
    '.a',
  ])('is not %s', (claim) => expect(warned(envWith({}, { headers: { 'X-A': claim } }))).toEqual([]));
});

describe('a mapping of paths that leads around a route', () => {
  const open = { authentication: 'none', origin: 'https://o.example' };
  const guarded = { origin: 'https://o.example', scope: ['admin'] };
  const around = (ROUTES: Record<string, Table>) =>
    warned(envWith({}, {}, { ROUTES })).filter(([, text]) => text?.includes('guards more strictly'));

  it.each<[string, Record<string, Table>, string, string]>([
    [
      'a prefix that is taken off',
      {
        files: { ...open, path: '/public/*', strip_prefix: '/public' },
        admin: { ...guarded, path: '/admin/*' },
      },
      'ROUTES.files.strip_prefix',
      '"/public/admin" gets to "/admin" at the origin, which route admin guards',
    ],
    [
      'a path in place of another',
      {
        files: { ...open, path: '/files/*', rewrite: '/v1/*' },
        one: { ...guarded, path: '/v1/secrets/:id' },
      },
      'ROUTES.files.rewrite',
      '"/files/secrets/x" gets to "/v1/secrets/x"',
    ],
    [
      'a parameter that may be any',
      {
        files: { ...open, path: '/t/:tenant/*', rewrite: '/:tenant/*' },
        admin: { ...guarded, path: '/admin/keys' },
      },
      'ROUTES.files.rewrite',
      '"/t/x/keys" gets to "/admin/keys"',
    ],
    [
      'the mapping of the stricter one',
      {
        all: { ...open, path: '/*' },
        admin: { ...guarded, path: '/admin/*', strip_prefix: '/admin' },
      },
      'ROUTES.all.origin',
      '"/" gets to "/" at the origin',
    ],
    [
      'the base path of the stricter one',
      {
        all: { ...open, path: '/*' },
        admin: { ...guarded, path: '/keys', origin: 'https://o.example/internal' },
      },
      'ROUTES.all.origin',
      '"/internal/keys" gets to "/internal/keys"',
    ],
    [
      'no token where any will do',
      {
        files: { ...open, path: '/public/*', strip_prefix: '/public' },
        mine: { path: '/me', origin: 'https://o.example' },
      },
      'ROUTES.files.strip_prefix',
      'route mine',
    ],
    [
      'any token where a scope is needed',
      {
        files: { path: '/public/*', strip_prefix: '/public', origin: 'https://o.example' },
        admin: { ...guarded, path: '/admin/*' },
      },
      'ROUTES.files.strip_prefix',
      'route admin',
    ],
    [
      'a route that only reports',
      {
        files: {
          path: '/p/*',
          strip_prefix: '/p',
          origin: 'https://o.example',
          scope: ['a'],
          enforce: 'report',
        },
        admin: { ...guarded, path: '/admin/*' },
      },
      'ROUTES.files.strip_prefix',
      'route admin',
    ],
  ])('is warned of: %s', (_, routes, path, text) => {
    expect(around(routes)).toEqual([[path, expect.stringContaining(text)]]);
  });

  it.each<[string, Record<string, Table>]>([
    [
      'another origin',
      {
        files: { ...open, path: '/public/*', strip_prefix: '/public' },
        admin: { ...guarded, origin: 'https://admin.example', path: '/admin/*' },
      },
    ],
    [
      'a place of its own at the origin',
      {
        files: { ...open, path: '/public/*', strip_prefix: '/public', origin: 'https://o.example/files' },
        admin: { ...guarded, path: '/admin/*' },
      },
    ],
    [
      'one base path for both: the more specific route decides',
      {
        all: { ...open, path: '/*', origin: 'https://o.example/v1' },
        admin: { ...guarded, path: '/admin/*', origin: 'https://o.example/v1' },
      },
    ],
    [
      'a route for what would lead around',
      {
        files: { ...open, path: '/public/*', strip_prefix: '/public' },
        closed: { ...guarded, path: '/public/admin/*', strip_prefix: '/public' },
        admin: { ...guarded, path: '/admin/*' },
      },
    ],
    ['no mapping at all', { all: { ...open, path: '/*' }, admin: { ...guarded, path: '/admin/*' } }],
    [
      'other methods',
      {
        files: { ...open, path: '/public/*', strip_prefix: '/public', methods: ['GET'] },
        admin: { ...guarded, path: '/admin/*', methods: ['POST'] },
      },
    ],
    [
      'one path, on purpose',
      {
        health: { ...open, path: '/up', rewrite: '/health' },
        rest: { ...guarded, path: '/*' },
      },
    ],
    [
      'a stricter route',
      {
        admin: { ...guarded, path: '/public/*', strip_prefix: '/public' },
        files: { ...open, path: '/files/*' },
      },
    ],
  ])('is not where there is %s', (_, routes) => {
    expect(around(routes)).toEqual([]);
  });
});
