import { describe, expect, it } from 'vitest';
import { compiled, envWith, ISSUER, problemsOf, ROUTE, type Table } from './rules.ts';

const withCandidate = (routes: Table, more: Table = {}) =>
  envWith({}, {}, { CANDIDATE_ROUTES: routes, ...more });

describe('a candidate policy', () => {
  it('is not there unless it is written', () => {
    expect(compiled(envWith()).policy.candidate).toBeUndefined();
  });

  it('is the live tables with some in the place of others, and others besides', () => {
    const { policy } = compiled(
      withCandidate(
        { orders: { ...ROUTE, scope: ['read'] } },
        {
          CANDIDATE_ROUTES_MORE: { more: { path: '/more', origin: 'https://o.example' } },
          GATEWAY: { candidate_share: 50 },
        },
      ),
    );
    expect(policy.routes.map(({ name, access }) => [name, access.requirement])).toEqual([
      ['orders', { kind: 'all', of: [] }],
    ]);
    expect(policy.candidate?.share).toBe(50);
    expect(policy.candidate?.routes.map(({ name }) => name)).toEqual(['orders', 'more']);
    expect(policy.candidate?.routes[0]?.access.requirement).toMatchObject({ of: [{ values: ['read'] }] });
    expect(policy.candidate?.ownIssuers).toEqual([]);
    const profiles = policy.candidate?.routes[0]?.access.profiles.get('https://id.example');
    expect(profiles?.[0]).toBe(policy.issuers[0]);
  });

  it('has issuers of its own, which all of its routes take', () => {
    const { policy } = compiled(
      envWith({}, {}, { CANDIDATE_ISSUERS: { acme: { ...ISSUER, profile: 'rfc9068' } } }),
    );
    expect(policy.candidate?.share).toBe(10);
    expect(policy.candidate?.ownIssuers.map(({ profile }) => profile)).toEqual(['rfc9068']);
    const profileOf = (routes: typeof policy.routes) =>
      routes[0]?.access.profiles.get('https://id.example')?.[0]?.profile;
    expect([profileOf(policy.routes), profileOf(policy.candidate?.routes ?? [])]).toEqual(['jwt', 'rfc9068']);
  });

  it.each<[string, Table, string]>([
    [
      'a mistake in a route',
      withCandidate({ orders: { ...ROUTE, scop: ['a'] } }),
      'CANDIDATE_ROUTES.orders.scop',
    ],
    [
      'a mistake in an issuer',
      envWith({}, {}, { CANDIDATE_ISSUERS: { acme: {} } }),
      'CANDIDATE_ISSUERS.acme.issuer',
    ],
    ['a tie with a live route', withCandidate({ other: ROUTE }), 'CANDIDATE_ROUTES.other'],
    [
      'a name of no route',
      withCandidate({ orders: { ...ROUTE, issuers: ['b'] } }),
      'CANDIDATE_ROUTES.orders.issuers[0]',
    ],
    ['a share of nothing', envWith({}, {}, { GATEWAY: { candidate_share: 5 } }), 'GATEWAY.candidate_share'],
    ['a share of 0', withCandidate({}, { GATEWAY: { candidate_share: 0 } }), 'GATEWAY.candidate_share'],
    [
      'a table that nobody reads',
      withCandidate({ orders: ROUTE }, { CANDIDATE_ROUTE: { orders: ROUTE } }),
      'CANDIDATE_ROUTE',
    ],
    [
      'another that nobody reads',
      withCandidate({ orders: ROUTE }, { CANDIDATE: { ROUTES: {} } }),
      'CANDIDATE',
    ],
  ])('%s is refused, once', (_, env, path) => {
    expect(problemsOf(env)[0]?.path).toBe(path);
    expect(new Set(problemsOf(env).map((problem) => JSON.stringify(problem))).size).toBe(
      problemsOf(env).length,
    );
  });

  it('inherits what live routes inherit', () => {
    const inheriting = { path: '/more', origin: 'https://o.example', group: 'shop' };
    const env = {
      ...withCandidate({ more: inheriting, listed: { ...ROUTE, path: ['/a', '/b'] } }),
      ROUTE_GROUPS: { shop: { scope: ['shop'] } },
      ROUTE_DEFAULTS: { timeout: '5s' },
    };
    const { candidate } = compiled({ ...env, ROUTES: { orders: { ...ROUTE, group: 'shop' } } }).policy;
    expect(candidate?.routes.map(({ name }) => name)).toEqual(['orders', 'more', 'listed', 'listed']);
    expect(candidate?.routes.map(({ upstream }) => upstream.timeoutMs)).toEqual([5_000, 5_000, 5_000, 5_000]);
    expect(candidate?.routes[1]?.access.requirement).toMatchObject({ of: [{ values: ['shop'] }] });
    const unknown = {
      ...env,
      ROUTES: { orders: { ...ROUTE, group: 'shop' } },
      CANDIDATE_ROUTES: { more: { ...inheriting, group: 'x' } },
    };
    expect(problemsOf(unknown).map(({ path }) => path)).toEqual(['CANDIDATE_ROUTES.more.group']);
  });

  it('leaves the mistakes of live tables to where they stand', () => {
    const env = envWith(
      {},
      { scop: ['a'] },
      { CANDIDATE_ROUTES: { more: { path: '/more', origin: 'https://o.example' } } },
    );
    expect(problemsOf(env).map(({ path }) => path)).toEqual(['ROUTES.orders.scop']);
  });
});

describe('enforce', () => {
  it('refuses unless it is told to report, and warns of the open route', () => {
    expect(compiled(envWith()).policy.routes[0]?.enforce).toBe('refuse');
    const { policy, warnings } = compiled(envWith({}, { enforce: 'report' }));
    expect(policy.routes[0]?.enforce).toBe('report');
    expect(warnings.map(({ path }) => path)).toEqual(['ROUTES.orders.enforce']);
    expect(compiled(envWith({}, { enforce: 'refuse' })).warnings).toEqual([]);
  });

  it('sends nobody to log in where it refuses nobody', () => {
    const route = { enforce: 'report', on_unauthenticated: { redirect: 'https://id.example/login?r={url}' } };
    expect(problemsOf(envWith({}, route)).map(({ path }) => path)).toEqual([
      'ROUTES.orders.on_unauthenticated',
    ]);
  });

  it.each<[Table, string]>([
    [{ enforce: 'off' }, '"report"'],
    [{ enforce: 'report', authentication: 'none' }, 'asks for a token'],
    [{ enforce: 'refuse', authentication: 'none' }, 'asks for a token'],
  ])('%j is refused', (route, words) => {
    const problems = problemsOf(envWith({}, route));
    expect(problems.map(({ path }) => path)).toEqual(['ROUTES.orders.enforce']);
    expect(problems[0]?.allowed).toContain(words);
  });
});
