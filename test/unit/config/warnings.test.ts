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
  ])('is warned of in %s, with both ways to mean it', (_where, issuer, route, path) => {
    const [[at, words] = [], ...more] = warned(envWith(issuer, route));
    expect([at, more]).toEqual([path, []]);
    expect(words).toContain('"/realm_access.roles"');
    expect(words).toContain('did you mean "/realm_access/roles"?');
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
