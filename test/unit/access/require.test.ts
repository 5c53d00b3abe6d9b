import { describe, expect, it } from 'vitest';
import { authorize } from '../../../src/access/authorize.ts';
import type { LiveToken } from '../../../src/core/principal.ts';
import { challengeFor } from '../../../src/http/challenge.ts';
import { buildRouteTable, matchRoute } from '../../../src/routing/route-table.ts';
import { NOW, someClaims } from '../../fixtures/policies.ts';
import { compiled, envWith, type Table } from '../config/rules.ts';
import { targetOf } from '../routing/requests.ts';

interface Asked {
  readonly require: Table;
  readonly claims?: Table;
  readonly path?: string;
  readonly route?: Table;
  readonly issuer?: Table;
  readonly method?: string;
  readonly host?: string;
}

/** A requirement as it is written, compiled, and judged for one request and one token. */
function judge({ require, claims = {}, path = '/users/alice/x', route = {}, ...rest }: Asked) {
  const { issuer = {}, method = 'GET', host = 'a.example' } = rest;
  const { policy } = compiled(envWith(issuer, { path: '/users/:id/*', require, ...route }));
  const match = matchRoute(buildRouteTable(policy.routes), method, targetOf(path, host));
  if (!match.ok) return match.error.reason;
  const token = {
    claims: someClaims(claims),
    profile: policy.issuers[0],
    iat: typeof claims.iat === 'number' ? claims.iat : NOW - 10,
  };
  const { target, parameters } = match.value;
  const result = authorize({ token } as unknown as LiveToken, match.value.route.access.requirement, {
    request: { received: { method }, target, parameters },
    context: { now: NOW },
  });
  return result.ok ? 'allowed' : result.error;
}

const outcome = (asked: Asked): string => {
  const judged = judge(asked);
  return typeof judged === 'string' ? judged : `${judged.reason} ${'evidence' in judged && judged.evidence}`;
};
const no = (at = 'require') => `claim_forbidden ${at}`;

describe('tests of a claim', () => {
  it.each<[Table, unknown, boolean]>([
    [{ equals: 'gold' }, 'gold', true],
    [{ equals: 'gold' }, 'silver', false],
    [{ one_of: ['gold', 7] }, 7, true],
    [{ one_of: ['gold', 7] }, '7', false],
    [{ contains: 'a' }, ['b', 'a'], true],
    [{ contains: 'a' }, 'a b', false],
    [{ contains_any: ['a', 'b'] }, ['c', 'b'], true],
    [{ contains_any: ['a', 'b'] }, ['c'], false],
    [{ contains_any: [{ id: 1 }] }, [{ id: 1 }], true],
    [{ contains_any: ['a'] }, [], false],
    [{ contains_all: ['a', 'b'] }, ['b', 'x', 'a'], true],
    [{ contains_all: ['a', 'b'] }, ['a'], false],
    [{ contains_all: ['a'] }, 'a', false],
    [{ contains_all: ['a'] }, { a: 1 }, false],
    [{ contains: 'a', separator: 'space' }, 'b a', true],
    [{ contains: 'a', separator: 'space' }, 'ab', false],
    [{ contains: 'a', separator: 'space' }, ['a'], true],
    [{ contains: 'a', separator: 'space' }, 'b,a', false],
    [{ contains_all: ['a', 'b'], separator: 'comma' }, 'b , a', true],
    [{ contains_all: ['a', 'b'], separator: 'comma' }, 'b a', false],
    [{ contains_any: ['a b'], separator: 'comma' }, 'x,  a b  ,y', true],
    [{ contains_any: ['a'], separator: 'comma' }, 'a b', false],
    [{ contains_any: ['a'], separator: 'comma' }, '', false],
    [{ contains_any: ['a'], separator: 'comma' }, 7, false],
    [{ exists: true }, '', true],
    [{ exists: true }, false, true],
    [{ exists: true }, null, false],
    [{ exists: true }, undefined, false],
    [{ exists: false }, undefined, true],
    [{ exists: false }, null, true],
    [{ exists: false }, 0, false],
    [{ matches: '*@acme.example' }, 'ann@acme.example', true],
    [{ matches: '*@acme.example' }, '@acme.example', true],
    [{ matches: '*@acme.example' }, 'ann@acme.example.evil', false],
    [{ matches: '*@acme.example' }, 'ann@ACME.example', false],
    [{ matches: '*@acme.example' }, ['ann@acme.example'], false],
    [{ matches: 'team-*-lead' }, 'team-a-lead', true],
    [{ matches: 'team-*-lead' }, 'team-lead', false],
    [{ matches: 'a*b*c' }, 'a b b c', true],
    [{ matches: 'a*b*c' }, 'acb', false],
    [{ matches: 'a*a' }, 'a', false],
    [{ matches: 'a*b*b' }, 'ab', false],
    [{ matches: 'a*b*b' }, 'abb', true],
    [{ matches: 'a.c*' }, 'abc', false],
    [{ min: 2 }, 2, true],
    [{ min: 2 }, 1.9, false],
    [{ min: 2 }, '3', false],
    [{ max: 2 }, 2, true],
    [{ max: 2 }, 3, false],
    [{ min: -1, max: 1 }, 0, true],
    [{ min: -1, max: 1 }, 2, false],
    [{ has_key: 'admin' }, { admin: null }, true],
    [{ has_key: 'admin' }, { Admin: 1 }, false],
    [{ has_key: 'toString' }, {}, false],
    [{ has_key: '0' }, ['x'], false],
    [{ has_key: 'length' }, 'text', false],
  ])('%j of %j: %s', (test, x, holds) => {
    const require = { claim: 'x', ...test };
    expect(outcome({ require, claims: { x } })).toBe(holds ? 'allowed' : no());
    expect(outcome({ require: { not: require }, claims: { x } })).toBe(holds ? no() : 'allowed');
  });
});

describe('who asks, how and where', () => {
  const bounds = { route: { methods: ['GET', 'PUT'], host: '*.example' } };
  it.each<[Table, Omit<Asked, 'require'>, boolean]>([
    [{ subject: 'user-42' }, {}, true],
    [{ subject: ['a', 'b'] }, {}, false],
    [{ client: 'app' }, { claims: { client_id: 'app' } }, true],
    [{ client: ['x', 'app'] }, { claims: { azp: 'app' } }, true],
    [{ client: 'app' }, { claims: { client_id: 'other', azp: 'app' } }, false],
    [{ client: 'app' }, {}, false],
    [{ client: 'app' }, { claims: { client_id: ['app'] } }, false],
    [{ issuer: 'acme' }, {}, true],
    [{ max_token_age: '1m' }, { claims: { iat: NOW - 90 } }, true],
    [{ max_token_age: '1m' }, { claims: { iat: NOW - 91 } }, false],
    [{ method: 'GET' }, bounds, true],
    [{ method: 'GET' }, { ...bounds, method: 'HEAD' }, true],
    [{ method: ['PUT'] }, { ...bounds, method: 'HEAD' }, false],
    [{ host: 'a.example' }, bounds, true],
    [{ host: ['b.example', '*.c.example'] }, bounds, false],
    [{ host: ['b.example', '*.c.example'] }, { ...bounds, host: 'x.y.c.example' }, true],
    [{ host: '*.c.example' }, { ...bounds, host: 'c.example' }, false],
    [{ host: '*.c.example' }, { ...bounds, host: 'evilc.example' }, false],
    [
      { scope: ['a'] },
      { claims: { scope: 'b', permissions: ['a'] }, issuer: { scope_claim: 'permissions' } },
      true,
    ],
    [{ claim: 'x', equals: 1 }, { claims: {} }, false],
  ])('%j of %j: %s', (require, rest, holds) => {
    expect(outcome({ require, ...rest })).toBe(holds ? 'allowed' : no());
  });

  it.each<[string, Table, Table | undefined]>([
    ['absent', {}, undefined],
    ['of another type', { acr: 2, amr: 'otp', auth_time: String(NOW) }, undefined],
    ['a time that is text', { acr: 'mfa', amr: ['otp'], auth_time: String(NOW) }, undefined],
    ['all there', { acr: 'mfa', amr: ['pwd', 'otp'], auth_time: NOW - 930 }, {}],
    ['an acr that is not named', { acr: 'pwd', amr: ['otp'], auth_time: NOW }, undefined],
    ['a method missing', { acr: 'mfa', amr: ['pwd'], auth_time: NOW }, undefined],
    ['too long ago', { acr: 'mfa', amr: ['otp'], auth_time: NOW - 931 }, undefined],
    ['in the future', { acr: 'mfa', amr: ['otp'], auth_time: NOW + 31 }, undefined],
  ])('step-up, %s', (_, claims, holds) => {
    const require = { acr: ['mfa', 'phr'], amr: ['otp'], max_auth_age: '15m' };
    const judged = judge({ require, claims });
    if (holds) return expect(judged).toBe('allowed');
    expect(judged).toEqual({
      reason: 'authentication_insufficient',
      evidence: 'require',
      acr: ['mfa', 'phr'],
      maxAgeSeconds: 900,
    });
    if (typeof judged === 'string') throw new Error(judged);
    expect(challengeFor(judged, 'api')).toBe(
      'Bearer realm="api", error="insufficient_user_authentication", error_description="Another or a more recent authentication of the user is needed here.", acr_values="mfa phr", max_age="900"',
    );
  });
});

describe('the scope claim of an issuer', () => {
  it.each<[unknown, boolean]>([
    ['a b', true],
    [['a', 'b'], true],
    ['ab', false],
    [['a', 1], false],
    [undefined, false],
  ])('%j: %s', (permissions, holds) => {
    const asked = { require: { scope: ['a'] }, issuer: { scope_claim: '/x/permissions' } };
    const judged = judge({ ...asked, claims: { scope: 'a', x: { permissions } } });
    expect(judged === 'allowed').toBe(holds);
  });

  it('is what the short form asks as well', () => {
    const asked = { require: { client: 'app' }, route: { scope: ['a'] }, issuer: { scope_claim: 'roles' } };
    expect(judge({ ...asked, claims: { client_id: 'app', roles: ['a'] } })).toBe('allowed');
    expect(judge({ ...asked, claims: { client_id: 'app', scope: 'a' } })).toMatchObject({ scope: ['a'] });
  });
});

describe('a parameter of the path', () => {
  const own = { claim: 'sub', equals_param: 'id' };
  const sensitive = { ...own, case_sensitive: true };

  it.each<[string, unknown, 'equal' | 'other' | 'doubt']>([
    ['alice', 'alice', 'equal'],
    ['bob', 'alice', 'other'],
    ['alic', 'alice', 'other'],
    ['42', 42, 'equal'],
    ['042', 42, 'doubt'],
    ['true', true, 'other'],
    ['alice', ['alice'], 'other'],
    ['auth0|5f7c', 'auth0|5f7c', 'equal'],
    ['auth0%7C5f7c', 'auth0|5f7c', 'equal'],
    ['auth0%7c5f7c', 'auth0|5f7c', 'equal'],
    ['a%40b.example', 'a@b.example', 'equal'],
    ['a@b.example', 'a@b.example', 'equal'],
    ['a%2Bx@b.example', 'a+x@b.example', 'equal'],
    ['Alice', 'alice', 'doubt'],
    ['alice', 'Alice', 'doubt'],
    ['Alice', 'Alice', 'doubt'],
    ['Bob', 'Alice', 'other'],
    ['%61lice', 'alice', 'doubt'],
    ['alice%2Fx', 'alice', 'doubt'],
    ['bob%2Falice', 'alice', 'doubt'],
    ['auth0%257C5f7c', 'auth0%7C5f7c', 'doubt'],
    ['auth0%257C5f7c', 'auth0|5f7c', 'doubt'],
    ['alice;v=1', 'alice', 'doubt'],
    ['alice%3Bv', 'alice', 'doubt'],
    ['alice%3F', 'alice', 'doubt'],
    ['alice%23', 'alice', 'doubt'],
    ['alice.', 'alice.', 'doubt'],
    ['alice%20', 'alice ', 'doubt'],
    ['alice::$DATA', 'alice', 'doubt'],
    ['a+x', 'a+x', 'doubt'],
    ['jos%C3%A9', 'josé', 'doubt'],
    ['%EF%BD%81lice', 'alice', 'doubt'],
    ['alice%E2%80%8B', 'alice', 'doubt'],
  ])('/users/%s/x for %j: %s', (segment, sub, expected) => {
    const asked = { path: `/users/${segment}/x`, claims: { sub } };
    expect(outcome({ require: own, ...asked })).toBe(expected === 'equal' ? 'allowed' : no());
    expect(outcome({ require: { not: own }, ...asked })).toBe(expected === 'other' ? 'allowed' : no());
    expect(outcome({ require: { not: { not: own } }, ...asked })).toBe(
      expected === 'equal' ? 'allowed' : no(),
    );
  });

  it.each([
    ['Alice', 'Alice', true],
    ['alice', 'Alice', false],
    ['Alice', 'alice', false],
    ['%41lice', 'Alice', false],
  ])('where the origin tells case apart, /users/%s/x for %s: %s', (segment, sub, equal) => {
    const asked = { path: `/users/${segment}/x`, claims: { sub } };
    expect(outcome({ require: sensitive, ...asked })).toBe(equal ? 'allowed' : no());
  });

  it.each<[unknown, Table, boolean]>([
    [['a', 'b'], {}, true],
    [['a', 'B'], {}, false],
    [[7, 'b'], {}, true],
    ['a b', {}, false],
    ['a b', { separator: 'space' }, true],
    ['a,B', { separator: 'comma' }, false],
    [['b', 'B'], {}, true],
    [{ b: 1 }, {}, false],
  ])('%j contains it (%j): %s', (tenants, more, holds) => {
    const require = { claim: 'tenants', contains_param: 'id', ...more };
    expect(outcome({ require, path: '/users/b/x', claims: { tenants } })).toBe(holds ? 'allowed' : no());
  });

  it('in another case than the word is none', () => {
    const require = { claim: 'tenants', contains_param: 'id', separator: 'comma' };
    expect(outcome({ require, path: '/users/B/x', claims: { tenants: 'a,B' } })).toBe(no());
    const exact = { ...require, case_sensitive: true };
    expect(outcome({ require: exact, path: '/users/B/x', claims: { tenants: 'a,B' } })).toBe('allowed');
  });

  it.each<[string, unknown, unknown]>([
    ['07', 7, '5,7'],
    ['7.0', '7', '7'],
    ['7x', 7, '7,8'],
    ['%2B7', '007', '7'],
    ['0x7', 7, '0'],
  ])('/users/%s, a number to some origins, is neither %j nor certainly another', (segment, sub, ids) => {
    const asked = { path: `/users/${segment}/x`, claims: { sub, ids } };
    const listed = { claim: 'ids', contains_param: 'id', separator: 'comma' };
    for (const require of [own, sensitive, listed]) {
      expect(outcome({ require, ...asked })).toBe(no());
      expect(outcome({ require: { not: require }, ...asked })).toBe(no());
    }
  });

  it('is no two words at once', () => {
    const require = { claim: 'ids', contains_param: 'id', separator: 'comma' };
    const asked = { path: '/users/a,b/x', claims: { ids: 'x,a,b' } };
    expect(outcome({ require, ...asked })).toBe(no());
  });

  it('is another number where no origin reads the same', () => {
    const asked = { path: '/users/17/x', claims: { sub: 7, ids: '7,8' } };
    expect(outcome({ require: { not: own }, ...asked })).toBe('allowed');
    const listed = { claim: 'ids', contains_param: 'id', separator: 'comma' };
    expect(outcome({ require: { not: listed }, ...asked })).toBe('allowed');
  });

  it.each(['a,B', ['B'], ['x', 'B']])('below not, %j that some origin takes for it is refused', (tenants) => {
    const require = { not: { claim: 'tenants', contains_param: 'id', separator: 'comma' } };
    expect(outcome({ require, path: '/users/b/x', claims: { tenants } })).toBe(no());
  });

  it('is none of a later one where an earlier segment may be two', () => {
    const route = { path: '/:tenant/:id/*' };
    const at = (path: string) => outcome({ require: own, route, path, claims: { sub: 'alice' } });
    expect(at('/acme/alice/x')).toBe('allowed');
    expect(at('/acme%2Fbob/alice/x')).toBe(no());
    expect(at('/a;v=1/alice/x')).toBe('allowed');
    expect(at('/acme%5Cbob/alice/x')).toBe(no());
    expect(at('/%3Bx/alice/x')).not.toBe('allowed');
  });

  it('lets who needs none pass whatever the segment is', () => {
    const require = { any: [own, { scope: ['admin'] }] };
    expect(outcome({ require, path: '/users/%61lice/x', claims: { scope: 'admin' } })).toBe('allowed');
  });
});

describe('the place of what failed', () => {
  const gold = { claim: 'tier', equals: 'gold' };
  it.each<[Table, Table, string]>([
    [
      { all: [{ client: 'x' }, { any: [gold, { subject: 'y' }] }] },
      { client_id: 'x' },
      no('require.all[1].any[0]'),
    ],
    [{ any: [gold, { all: [gold, { scope: ['a'] }] }] }, { tier: 'x' }, no('require.any[0]')],
    [{ any: [gold, { scope: ['a'] }] }, {}, 'scope_insufficient require.any[1]'],
    [{ any: [gold, { acr: ['a'] }] }, {}, 'authentication_insufficient require.any[1]'],
    [{ not: gold }, { tier: 'gold' }, no('require')],
    [{ all: [{ not: { any: [gold] } }] }, { tier: 'gold' }, no('require.all[0]')],
  ])('%j', (require, claims, expected) => expect(outcome({ require, claims })).toBe(expected));

  it('is never told to the client', () => {
    const judged = judge({ require: { any: [gold] } });
    if (typeof judged === 'string') throw new Error(judged);
    expect(challengeFor(judged, 'api')).not.toContain('require');
  });
});
