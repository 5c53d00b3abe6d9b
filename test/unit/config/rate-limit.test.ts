import { describe, expect, it } from 'vitest';
import { compiled, envWith, problemsOf, type Table } from './rules.ts';

class RateLimit {
  readonly simple: Table;
  constructor(simple: Table = {}) {
    this.simple = simple;
  }
  limit(): undefined {}
}

const LIMIT: Table = { by: 'subject', limit: 100, period: '60s', binding: 'LIMIT' };
const REDIS = { RATE_LIMIT_REDIS_REST_URL: 'https://counts.example', RATE_LIMIT_REDIS_REST_TOKEN: 'token' };

const env = (limit: Table, { route = {}, issuer = {}, ...rest }: Record<string, Table> = {}) =>
  envWith(
    issuer,
    { rate_limit: defined({ ...LIMIT, ...limit }), ...route },
    { LIMIT: new RateLimit(), ...rest },
  );

const defined = (table: Table): Table =>
  Object.fromEntries(Object.entries(table).filter(([, value]) => value !== undefined));

describe('the rate_limit of a route', () => {
  it.each<[string, Table, string, string]>([
    ['nobody to count', env({ by: undefined }), 'by', 'counted together'],
    ['somebody unknown', env({ by: 'user' }), 'by', '"subject"'],
    ['a subject where nobody logs in', env({}, { route: { authentication: 'none' } }), 'by', '"address"'],
    ['a tenant that no issuer tells', env({ by: 'tenant' }), 'by', 'tenant_claim'],
    ['no claim', env({ by: 'claim' }), 'claim', 'counted by'],
    ['a claim besides', env({ claim: 'plan' }), 'claim', 'by = "claim" alone'],
    ['no limit', env({ limit: undefined }), 'limit', 'let through'],
    ['a limit of none', env({ limit: 0 }), 'limit', 'from 1'],
    ['no period', env({ period: undefined }), 'period', '"60s"'],
    ['a period that no binding has', env({ period: '30s' }), 'period', 'exact = true'],
    ['no counter', env({ binding: undefined }), 'binding', 'exact = true'],
    ['two counters', { ...env({ exact: true }), ...REDIS }, 'binding', 'one of the two'],
    ['a binding that is none', env({ binding: 'LIMITS' }), 'binding', 'did you mean "LIMIT"?'],
    ['a binding of another kind', env({ binding: 'ORDERS' }), 'binding', '[[ratelimits]]'],
    [
      'another limit than the binding',
      { ...env({}), LIMIT: new RateLimit({ limit: 10, period: 60 }) },
      'limit',
      '10, as [[ratelimits]] "LIMIT"',
    ],
    [
      'another period than the binding',
      { ...env({}), LIMIT: new RateLimit({ limit: 100, period: 10 }) },
      'period',
      '10, as [[ratelimits]]',
    ],
  ])('%s is refused', (_, given, key, words) => {
    const problems = problemsOf(given);
    expect(problems.map(({ path }) => path)).toEqual([`ROUTES.orders.rate_limit.${key}`]);
    expect(Object.values(problems[0] ?? {}).join(' | ')).toContain(words);
  });

  it('needs a Redis that it may write to where it is exact', () => {
    const exact = env({ exact: true, binding: undefined, period: '1h' });
    expect(problemsOf(exact).map(({ path }) => path)).toEqual(Object.keys(REDIS));
    expect(problemsOf({ ...exact, ...REDIS })).toEqual([]);
    expect(
      problemsOf({ ...exact, ...REDIS, RATE_LIMIT_REDIS_REST_URL: 'http://counts.example' }),
    ).toHaveLength(1);
  });

  it('is one with all that the binding counts', () => {
    const more = (limit: number) => ({
      ROUTES_MORE: {
        more: { path: '/more', origin: 'https://o.example', rate_limit: { ...LIMIT, limit } },
      },
    });
    expect(problemsOf(env({}, more(100)))).toEqual([]);
    expect(problemsOf(env({}, more(50))).map(({ path }) => path)).toEqual(['ROUTES_MORE.more.rate_limit']);
    const guesses = {
      GATEWAY: { failed_authentication_limit: { binding: 'LIMIT', limit: 5, period: '60s' } },
    };
    expect(problemsOf(env({}, guesses)).map(({ path }) => path)).toEqual(['ROUTES.orders.rate_limit']);
  });

  it('compiles', () => {
    const { policy } = compiled(
      env({ by: 'claim', claim: '/org/plan', on_unavailable: 'reject', timeout: '100ms' }),
    );
    expect(policy.routes[0]?.rateLimit).toEqual({
      name: 'orders',
      by: 'claim',
      claim: ['org', 'plan'],
      limit: 100,
      periodSeconds: 60,
      scope: 'binding LIMIT',
      fieldName: '"orders"',
      binding: 'LIMIT',
      onUnavailable: 'reject',
      timeoutMs: 100,
    });
    expect(
      compiled(env({}, { issuer: { tenant_claim: 'tid' } })).policy.routes[0]?.rateLimit?.onUnavailable,
    ).toBe('accept');
    expect(compiled(envWith()).policy.routes[0]?.rateLimit).toBeUndefined();
  });

  it('lets pages read the fields', () => {
    const { policy } = compiled(env({}, { route: { cors: { origins: ['https://app.example'] } } }));
    expect(policy.routes[0]?.cors?.exposeHeaders).toContain('RateLimit, RateLimit-Policy');
  });
});

describe('failed_authentication_limit', () => {
  const guessing = (limit: Table, gateway: Table = {}) =>
    envWith({}, {}, { LIMIT: new RateLimit(), GATEWAY: { failed_authentication_limit: limit, ...gateway } });

  it.each<[string, Table, string]>([
    ['nothing in it', guessing({}), 'limit'],
    ['a binding that is none', guessing({ binding: 'L', limit: 5, period: '60s' }), 'binding'],
    ['a period that no binding has', guessing({ binding: 'LIMIT', limit: 5, period: '1h' }), 'period'],
  ])('%s is refused', (_, given, key) => {
    expect(problemsOf(given)[0]?.path).toBe(`GATEWAY.failed_authentication_limit.${key}`);
  });

  it('needs the token cache, which knows who is no guesser', () => {
    const limit = { binding: 'LIMIT', limit: 5, period: '60s' };
    expect(problemsOf(guessing(limit, { token_cache: { entries: 0 } }))).toHaveLength(1);
    expect(compiled(guessing(limit)).policy.failedAuthenticationLimit).toEqual({
      binding: 'LIMIT',
      limit: 5,
      periodSeconds: 60,
    });
  });
});
