import { describe, expect, it } from 'vitest';
import { IDENTITY_KEYS, TOKEN_KEYS } from '../../../src/config/layers.ts';
import { Binding, compiled, ISSUER, problemsOf, type Table } from './rules.ts';

interface Given {
  readonly defaults?: unknown;
  readonly groups?: unknown;
  readonly routes: Readonly<Record<string, unknown>>;
}

const ORIGIN = 'https://a.example';

const env = ({ defaults, groups, routes }: Given): Table => ({
  ISSUERS: { acme: ISSUER, other: { ...ISSUER, issuer: 'https://other.example' } },
  ...(defaults === undefined ? {} : { ROUTE_DEFAULTS: defaults }),
  ...(groups === undefined ? {} : { ROUTE_GROUPS: groups }),
  ROUTES: routes,
  REVOCATIONS: new Binding(),
});

const told = (given: Given) =>
  problemsOf(env(given)).map(
    ({ path, found, allowed, hint }) => [path, `${found} | ${allowed} | ${hint ?? ''}`] as const,
  );

const routesOf = (given: Given) => compiled(env(given)).policy.routes;
const named = (given: Given, name = 'r') => {
  const route = routesOf(given).find((each) => each.name === name);
  if (route === undefined) throw new Error('no route');
  return route;
};

describe('what a route leaves out', () => {
  const defaults = { origin: ORIGIN, issuers: ['acme'], timeout: '1s', methods: ['GET'] };
  const groups = { g: { timeout: '2s', headers: { 'X-A': 'a', 'X-B': 'b' } } };
  const others = { o: { path: '/o', group: 'g' }, p: { path: '/p' } };

  it.each<[string, Table, number]>([
    ['is the defaults’', { path: '/r' }, 1_000],
    ['is its group’s before', { path: '/r', group: 'g' }, 2_000],
    ['is not what it has itself', { path: '/r', group: 'g', timeout: '3s' }, 3_000],
    ['is nothing where it is unset', { path: '/r', group: 'g', unset: ['timeout'] }, 30_000],
  ])('%s', (_, r, timeoutMs) => {
    expect(named({ defaults, groups, routes: { r, ...others } }).upstream.timeoutMs).toBe(timeoutMs);
  });

  it('is taken whole: tables are not merged', () => {
    const r = { path: '/r', group: 'g', headers: { 'X-C': 'c' } };
    const { headers } = named({ defaults, groups, routes: { r, ...others } }).upstream;
    expect(headers.map(({ header }) => header)).toEqual(['X-C']);
  });

  it('a group keeps from its routes what it unsets', () => {
    const apart = { g: { ...groups.g, unset: ['methods'] } };
    const given = { defaults, groups: apart, routes: { r: { path: '/r', group: 'g' }, ...others } };
    expect(named(given).match.methods).toBe(undefined);
    expect(named(given, 'p').match.methods).toEqual(['GET']);
  });

  it('is the same as if it were written there', () => {
    const short = routesOf({ defaults, groups, routes: { r: { path: '/r', group: 'g' }, ...others } });
    const whole = { ...defaults, ...groups.g };
    const long = routesOf({
      routes: { r: { path: '/r', ...whole }, o: { path: '/o', ...whole }, p: { path: '/p', ...defaults } },
    });
    expect(short).toEqual(long);
  });
});

describe('a route that asks for no token', () => {
  const about = {
    issuers: ['acme'],
    scope: ['a'],
    headers: { 'X-A': 'a' },
    revocation: { mode: 'cached' },
    forward_token: true,
  };
  const defaults = { origin: ORIGIN, ...about };
  const guarded = { path: '/guarded' };

  it('takes none of the keys that it is refused itself', () => {
    expect(IDENTITY_KEYS.filter((key) => !TOKEN_KEYS.has(key))).toEqual([]);
    const routes = { r: { path: '/r', authentication: 'none' }, guarded };
    expect(told({ defaults: { ...defaults, end_with_token: false }, routes })).toEqual([]);
  });

  it('takes nothing about tokens from tables further out', () => {
    const routes = { r: { path: '/r', authentication: 'none' }, guarded };
    const { access, upstream } = named({ defaults, routes });
    expect(access).toMatchObject({
      authentication: 'none',
      requirement: { of: [] },
      revocation: { mode: 'off' },
    });
    expect(upstream).toMatchObject({ headers: [], forwardToken: false });
    expect(compiled(env({ defaults, routes })).warnings.map(({ path }) => path)).toEqual(['ISSUERS.other']);
  });

  it('is warned of where the defaults make it one, once', () => {
    const open = { origin: ORIGIN, authentication: 'none' };
    const warned = (given: Given) => compiled(env(given)).warnings.map(({ path }) => path);
    const routes = { r: { path: '/r' }, s: { path: '/s' }, t: { path: '/t', authentication: 'required' } };
    expect(warned({ defaults: open, routes })).toContain('ROUTE_DEFAULTS.authentication');
    expect(
      warned({ defaults: open, routes }).filter((path) => path.startsWith('ROUTE_DEFAULTS')),
    ).toHaveLength(1);
    const groups = { open };
    const grouped = { r: { path: '/r', group: 'open' }, t: { path: '/t', origin: ORIGIN } };
    expect(warned({ groups, routes: grouped })).not.toContain('ROUTE_GROUPS.open.authentication');
  });

  it('nor does one of a group that says so', () => {
    const groups = { open: { authentication: 'none' } };
    const routes = { r: { path: '/r', group: 'open' }, guarded };
    expect(named({ defaults, groups, routes }).access.authentication).toBe('none');
  });

  it('is refused what stands beside it, at the table where it stands', () => {
    const groups = { open: { authentication: 'none', scope: ['a'] } };
    const routes = { r: { path: '/r', group: 'open' }, s: { path: '/s', group: 'open' }, guarded };
    expect(told({ defaults, groups, routes })).toEqual([
      ['ROUTE_GROUPS.open.scope', expect.stringContaining('beside authentication = "none"')],
    ]);
  });

  it('may ask for one in spite of its group', () => {
    const groups = { open: { authentication: 'none' } };
    const r = { path: '/r', group: 'open', authentication: 'required' };
    const routes = { r, s: { path: '/s', group: 'open' } };
    expect(named({ defaults, groups, routes }).access.requirement).toEqual({
      kind: 'all',
      of: [{ kind: 'scope', values: ['a'], match: 'all' }],
    });
  });
});

it('takes scope_match only where there is a scope', () => {
  const defaults = { origin: ORIGIN, issuers: ['acme'], scope_match: 'any' };
  const given = { defaults, routes: { r: { path: '/r' }, s: { path: '/s', scope: ['a', 'b'] } } };
  expect(named(given).access.requirement).toEqual({ kind: 'all', of: [] });
  expect(named(given, 's').access.requirement).toMatchObject({ of: [{ match: 'any' }] });
});

it('takes a way to the login page only where there is a GET', () => {
  const login = { redirect: 'https://login.example/?return_to={url}' };
  const defaults = { origin: ORIGIN, issuers: ['acme'], on_unauthenticated: login };
  const given = { defaults, routes: { r: { path: '/r', methods: ['POST'] }, s: { path: '/s' } } };
  expect(named(given).login).toBe(undefined);
  expect(named(given, 's').login).toBeDefined();
});

describe('mistakes', () => {
  const ok = { path: '/ok', origin: ORIGIN, issuers: ['acme'] };
  const two = { a: { path: '/a' }, b: { path: '/b' } };
  const base = { origin: ORIGIN, issuers: ['acme'] };
  it.each<[string, Given, [string, string][]]>([
    [
      'told once, where the value stands',
      { defaults: { ...base, timeout: '1' }, routes: two },
      [['ROUTE_DEFAULTS.timeout', '"1"']],
    ],
    [
      'inside a table',
      { defaults: { ...base, revocation: { mode: 'cache' } }, routes: two },
      [['ROUTE_DEFAULTS.revocation.mode', 'did you mean "cached"?']],
    ],
    [
      'of a group',
      { groups: { g: { origin: 'ftp://x' } }, routes: { a: { ...two.a, group: 'g', issuers: ['acme'] } } },
      [['ROUTE_GROUPS.g.origin', 'https']],
    ],
    [
      'an unknown key',
      { defaults: { ...base, timeuot: '1s' }, routes: two },
      [['ROUTE_DEFAULTS.timeuot', 'did you mean "timeout"?']],
    ],
    [
      'a path for all',
      { defaults: { ...base, path: '/x' }, routes: two },
      [['ROUTE_DEFAULTS.path', 'each route']],
    ],
    [
      'a group in the defaults',
      { defaults: { ...base, group: 'g' }, routes: two },
      [['ROUTE_DEFAULTS.group', 'each route']],
    ],
    [
      'no table',
      { groups: { g: 7 }, routes: { a: { ...ok, group: 'g' } } },
      [['ROUTE_GROUPS.g', 'a table of route keys']],
    ],
    [
      'no such group',
      {
        groups: { billing: { timeout: '1s' } },
        routes: { a: { ...ok, group: 'biling' }, b: { ...ok, path: '/b', group: 'billing' } },
      },
      [['ROUTES.a.group', 'did you mean "billing"?']],
    ],
    ['no group at all', { routes: { a: { ...ok, group: 'g' } } }, [['ROUTES.a.group', 'there is none']]],
    [
      'a group that is no name',
      { routes: { a: { ...ok, group: ['g'] } } },
      [['ROUTES.a.group', 'the name of a ROUTE_GROUPS table']],
    ],
    [
      'a group of nobody',
      { groups: { g: { timeout: '1s' } }, routes: { a: ok } },
      [['ROUTE_GROUPS.g', 'no route is in']],
    ],
    [
      'a value that no route takes',
      { defaults: { timeout: '1s' }, routes: { a: { ...ok, timeout: '2s' } } },
      [['ROUTE_DEFAULTS.timeout', 'no route takes']],
    ],
    [
      'a group’s value that no route takes',
      {
        groups: { g: { timeout: '1s', methods: ['GET'] } },
        routes: { a: { ...ok, group: 'g', timeout: '2s' } },
      },
      [['ROUTE_GROUPS.g.timeout', 'no route takes']],
    ],
    [
      'unset of what is not there',
      { defaults: base, routes: { ...two, c: { path: '/c', unset: ['timeout'] } } },
      [['ROUTES.c.unset[0]', '"origin", "issuers"']],
    ],
    [
      'unset of nothing',
      { defaults: base, routes: { ...two, c: { path: '/c', unset: [] } } },
      [['ROUTES.c.unset', 'at least one']],
    ],
    [
      'an element of a list of paths',
      { routes: { a: { ...ok, path: ['/a', 'b'] } } },
      [['ROUTES.a.path[1]', 'did you mean "/b"?']],
    ],
    [
      'an element of a list of hosts',
      { routes: { a: { ...ok, host: ['a.example', 'B.example'] } } },
      [['ROUTES.a.host[1]', '"B.example"']],
    ],
    ['no paths', { routes: { a: { ...ok, path: [] } } }, [['ROUTES.a.path', 'at least one']]],
    [
      'one path twice',
      { routes: { a: { ...ok, path: ['/a', '/a'] } } },
      [['ROUTES.a', 'the same host, path']],
    ],
    [
      'a parameter that one path has not',
      { routes: { a: { ...ok, path: ['/a/:id', '/b'], require: { claim: 'sub', equals_param: 'id' } } } },
      [['ROUTES.a.require.equals_param', 'which has none']],
    ],
  ])('%s', (_, given, expected) => {
    const problems = told(given);
    expect(problems.map(([path]) => path)).toEqual(expected.map(([path]) => path));
    for (const [index, [, words]] of expected.entries()) expect(problems[index]?.[1]).toContain(words);
  });

  it.each([
    ['ROUTE_DEFAULT', 'ROUTE_DEFAULTS'],
    ['ROUTEDEFAULTS', 'ROUTE_DEFAULTS'],
    ['ROUTE_GROUP', 'ROUTE_GROUPS'],
    ['ROUTE_BILLING', 'ROUTES_BILLING'],
  ])('%s: did you mean %s?', (variable, meant) => {
    expect(problemsOf({ ...env({ routes: { a: ok } }), [variable]: { timeout: '1s' } })).toEqual([
      expect.objectContaining({ path: variable, hint: `did you mean "${meant}"?` }),
    ]);
  });

  it('a bound for content is of routes whose methods have some', () => {
    const defaults = { origin: ORIGIN, issuers: ['acme'], max_body: 10 };
    const routes = {
      reads: { path: '/a', methods: ['GET', 'HEAD'] },
      writes: { path: '/a', methods: ['POST'] },
      all: { path: '/b' },
    };
    const bounds = routesOf({ defaults, routes }).map(({ name, upstream }) => [name, upstream.maxBodyBytes]);
    expect(bounds).toEqual([
      ['reads', undefined],
      ['writes', 10],
      ['all', 10],
    ]);
    const own = { reads: { ...routes.reads, origin: ORIGIN, issuers: ['acme'], max_body: 10 } };
    expect(told({ routes: own })).toEqual([
      ['ROUTES.reads.max_body', expect.stringContaining('GET and HEAD')],
    ]);
  });

  it('warns of what is inherited at the table where it stands, once', () => {
    const defaults = { origin: ORIGIN, issuers: ['acme'], claims: [{ claim: 'a.b', equals: 1 }] };
    expect(compiled(env({ defaults, routes: two })).warnings.map(({ path }) => path)).toEqual([
      'ISSUERS.other',
      'ROUTE_DEFAULTS.claims[0].claim',
    ]);
  });
});

describe('several hosts and paths', () => {
  it('are one route for each pair, under one name', () => {
    const r = { path: ['/a', '/b/*'], host: ['x.example', '*.y.example'], origin: ORIGIN, issuers: ['acme'] };
    expect(
      routesOf({ routes: { r } }).map(({ name, match }) => [name, match.host.kind, match.path.value]),
    ).toEqual([
      ['r', 'exact', '/a'],
      ['r', 'exact', '/b'],
      ['r', 'wildcard', '/a'],
      ['r', 'wildcard', '/b'],
    ]);
  });

  it('may each be asked for in require', () => {
    const base = { path: '/a', origin: ORIGIN, issuers: ['acme'], host: ['x.example', 'y.example'] };
    const require = { any: [{ host: 'x.example' }, { scope: ['a'] }] };
    expect(told({ routes: { r: { ...base, require } } })).toEqual([]);
    const every = { host: ['x.example', 'y.example'] };
    expect(told({ routes: { r: { ...base, require: every } } })).toEqual([
      ['ROUTES.r.require.host', expect.stringContaining('every host')],
    ]);
  });
});
