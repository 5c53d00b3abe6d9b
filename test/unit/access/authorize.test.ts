import { describe, expect, it } from 'vitest';
import { authorize } from '../../../src/access/authorize.ts';
import type { Circumstances } from '../../../src/core/circumstances.ts';
import type { JsonValue } from '../../../src/core/jose.ts';
import type { LiveToken } from '../../../src/core/principal.ts';
import type { ClaimRequirement, Requirement } from '../../../src/core/requirement.ts';
import { anIssuer, NOW, someClaims } from '../../fixtures/policies.ts';

const live = (claims: Record<string, unknown>) =>
  ({ token: { claims, profile: anIssuer() } }) as unknown as LiveToken;
const circumstances: Circumstances = {
  request: { received: { method: 'GET' }, target: { host: 'api.example' } },
  context: { now: NOW },
};

const outcome = (claims: Record<string, unknown>, requirement: Requirement) => {
  const result = authorize(live(someClaims(claims)), requirement, circumstances);
  return result.ok ? 'allowed' : result.error.reason;
};

const scoped = (values: string[], match: 'all' | 'any' = 'all'): Requirement => ({
  kind: 'all',
  of: [{ kind: 'scope', values, match }],
});

describe('scope', () => {
  it.each([
    [{ scope: 'a b' }, 'allowed'],
    [{ scope: 'b a c' }, 'allowed'],
    [{ scope: ['a', 'b'] }, 'allowed'],
    [{ scp: 'a b' }, 'allowed'],
    [{ scp: ['a', 'b'] }, 'allowed'],
    [{ scope: 'a' }, 'scope_insufficient'],
    [{ scope: '', scp: 'a b' }, 'scope_insufficient'],
    [{ scope: 'A B' }, 'scope_insufficient'],
    [{ scope: 'ab' }, 'scope_insufficient'],
    [{ scope: 'a\tb' }, 'scope_insufficient'],
    [{ scope: ['a b'] }, 'scope_insufficient'],
    [{ scope: ['a', 'b', 1] }, 'scope_insufficient'],
    [{ scope: { a: true, b: true } }, 'scope_insufficient'],
    [{ scope: null }, 'scope_insufficient'],
    [{}, 'scope_insufficient'],
  ])('all of a and b: %j → %s', (claims, expected) => {
    expect(outcome(claims, scoped(['a', 'b']))).toBe(expected);
  });

  it.each([
    [{ scope: 'b' }, 'allowed'],
    [{ scope: 'c' }, 'scope_insufficient'],
  ])('any of a and b: %j → %s', (claims, expected) => {
    expect(outcome(claims, scoped(['a', 'b'], 'any'))).toBe(expected);
  });

  it('a route without scope asks for none', () => {
    expect(outcome({}, { kind: 'all', of: [] })).toBe('allowed');
  });

  it('names the scope that is needed', () => {
    const result = authorize(live({}), scoped(['a', 'b']), circumstances);
    expect(result).toEqual({ ok: false, error: { reason: 'scope_insufficient', scope: ['a', 'b'] } });
  });
});

describe('claim requirements', () => {
  type Rule = ClaimRequirement extends infer R
    ? R extends ClaimRequirement
      ? Omit<R, 'name' | 'path'>
      : never
    : never;
  const requires = (requirement: Rule): Requirement => ({
    kind: 'all',
    of: [{ name: 'x', path: ['x'], ...requirement }],
  });

  it.each<[JsonValue | undefined, JsonValue, string]>([
    ['gold', 'gold', 'allowed'],
    ['Gold', 'gold', 'claim_forbidden'],
    [['gold'], 'gold', 'claim_forbidden'],
    ['1', 1, 'claim_forbidden'],
    [1, 1, 'allowed'],
    [true, 'true', 'claim_forbidden'],
    [true, true, 'allowed'],
    [null, null, 'allowed'],
    [undefined, null, 'claim_forbidden'],
    [{ a: 1, b: [2] }, { b: [2], a: 1 }, 'allowed'],
    [{ a: 1 }, { a: 1, b: 2 }, 'claim_forbidden'],
    [[1, 2], [2, 1], 'claim_forbidden'],
    [{ 0: 1 }, [1], 'claim_forbidden'],
  ])('%j equals %j → %s', (claim, value, expected) => {
    expect(outcome({ x: claim }, requires({ kind: 'equals', value }))).toBe(expected);
  });

  it.each<[JsonValue | undefined, string]>([
    ['silver', 'allowed'],
    ['bronze', 'claim_forbidden'],
    [['gold', 'silver'], 'claim_forbidden'],
    [undefined, 'claim_forbidden'],
  ])('%j is one of gold and silver → %s', (claim, expected) => {
    expect(outcome({ x: claim }, requires({ kind: 'one_of', values: ['gold', 'silver'] }))).toBe(expected);
  });

  it.each<[JsonValue | undefined, string]>([
    [['user', 'admin'], 'allowed'],
    [['administrator'], 'claim_forbidden'],
    ['admin', 'claim_forbidden'],
    ['user admin', 'claim_forbidden'],
    [{ admin: true }, 'claim_forbidden'],
    [undefined, 'claim_forbidden'],
  ])('%j contains admin → %s', (claim, expected) => {
    expect(outcome({ x: claim }, requires({ kind: 'contains', value: 'admin' }))).toBe(expected);
  });

  it.each(['__proto__', 'constructor', 'toString', 'hasOwnProperty'])(
    'a name every object inherits is no claim: %s',
    (name) => {
      const requirement = { name, path: [name], kind: 'one_of', values: [{}, null] } as ClaimRequirement;
      expect(outcome({}, requirement)).toBe('claim_forbidden');
    },
  );
});

describe('requirements put together', () => {
  const gold: Requirement = { kind: 'equals', name: 'tier', path: ['tier'], value: 'gold' };
  const staff: Requirement = { kind: 'contains', name: 'groups', path: ['groups'], value: 'staff' };
  const read: Requirement = { kind: 'scope', values: ['read'], match: 'all' };
  const of = (kind: 'all' | 'any', ...those: Requirement[]): Requirement => ({ kind, of: those });
  const not = (one: Requirement): Requirement => ({ kind: 'not', of: one });

  it.each<[string, Requirement, Record<string, unknown>, string]>([
    ['all of nothing', of('all'), {}, 'allowed'],
    ['any of nothing', of('any'), {}, 'claim_forbidden any'],
    ['any scope of none', { kind: 'scope', values: [], match: 'any' }, {}, 'allowed'],
    ['all, both', of('all', gold, staff), { tier: 'gold', groups: ['staff'] }, 'allowed'],
    ['all, the first alone', of('all', gold, staff), { tier: 'gold' }, 'claim_forbidden groups'],
    ['all, neither', of('all', gold, staff), {}, 'claim_forbidden tier'],
    ['all, scope first', of('all', read, gold), {}, 'scope_insufficient read'],
    ['all, a claim first', of('all', gold, read), {}, 'claim_forbidden tier'],
    ['any, the second', of('any', gold, staff), { groups: ['staff'] }, 'allowed'],
    ['any, neither', of('any', gold, staff), {}, 'claim_forbidden tier'],
    ['any, more scope would do', of('any', gold, read), {}, 'scope_insufficient read'],
    [
      'any, more scope would do for one of two',
      of('any', of('all', gold, read), of('all', staff, read)),
      { groups: ['staff'] },
      'scope_insufficient read',
    ],
    [
      'any, no scope would do',
      of('any', of('all', gold, read), staff),
      { scope: 'x' },
      'claim_forbidden tier',
    ],
    ['not, and it does not hold', not(gold), { tier: 'silver' }, 'allowed'],
    ['not, and it is absent', not(gold), {}, 'allowed'],
    ['not, and it holds', not(gold), { tier: 'gold' }, 'claim_forbidden not tier'],
    [
      'not of any',
      not(of('any', gold, read)),
      { scope: 'read' },
      'claim_forbidden not any (tier, scope read)',
    ],
    ['not of not', not(not(gold)), { tier: 'gold' }, 'allowed'],
    ['not of not, failing', not(not(gold)), {}, 'claim_forbidden not not tier'],
    ['nested', of('all', of('any', gold, staff), not(read)), { tier: 'gold' }, 'allowed'],
  ])('%s', (_what, requirement, claims, expected) => {
    const result = authorize(live(someClaims(claims)), requirement, circumstances);
    const told = () => {
      if (result.ok) return 'allowed';
      const { error } = result;
      return `${error.reason} ${'scope' in error ? error.scope.join() : 'evidence' in error && error.evidence}`;
    };
    expect(told()).toBe(expected);
  });
});
