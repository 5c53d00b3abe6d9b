import { describe, expect, it } from 'vitest';
import { authorize } from '../../../src/access/authorize.ts';
import type { JsonValue } from '../../../src/core/jose.ts';
import type { ClaimRequirement, Requirement } from '../../../src/core/policy.ts';
import type { LiveToken } from '../../../src/core/principal.ts';
import { someClaims } from '../../fixtures/policies.ts';

const outcome = (claims: Record<string, unknown>, requirement: Requirement) => {
  const result = authorize({ token: { claims: someClaims(claims) } } as LiveToken, requirement);
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
    const result = authorize({ token: { claims: {} } } as LiveToken, scoped(['a', 'b']));
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
