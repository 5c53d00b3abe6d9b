import { describe, expect, it } from 'vitest';
import { claimLikeness, lifetimeText, scopeLikeness } from '../../../src/telemetry/near-claims.ts';

describe('how scopes differ from those that are wanted', () => {
  it.each([
    ['"a:r b:w"', ['a:r', 'c'], ''],
    ['"a:r,b:w"', ['b:w'], ' Scopes stand apart by spaces, not by commas.'],
    ['"a:r, b:w"', ['a:r'], ' Scopes stand apart by spaces, not by commas.'],
    ['"A:R"', ['a:r'], ' Letter case is told apart in scopes.'],
    ['"x"', ['a:r'], ''],
    [null, ['a:r'], ''],
  ])('%s where %j are wanted', (found, wanted, said) => {
    expect(scopeLikeness(found, wanted)).toBe(said);
  });
});

describe('where a token has what a claim is asked for', () => {
  const leaf = (asks: string, found: string | null) => ({
    ...{ kind: 'contains', at: null, asks, holds: false, found, of: [] },
  });
  it.each([
    ['roles contains "admin"', null, ' There is one within "realm": "/realm/roles" names it.'],
    ['groups contains "admin"', null, ''],
    [
      'roles contains "admin"',
      '"admin"',
      ' That is a text and no list; with "separator" the words of a text count.',
    ],
    ['roles contains "admin"', '["user"]', ''],
    ['roles equals "admin"', '"user"', ''],
  ])('%s, found %s', (asks, found, said) => {
    expect(claimLikeness(leaf(asks, found), { realm: { roles: ['admin'] }, sub: 'u' })).toBe(said);
  });
});

describe('a lifetime', () => {
  const token = (claims: object) => ({
    ...{ verified: false, issuer: null, header: {}, clockToleranceSeconds: null },
    ...{ keysAtHand: null, keysFailed: null, claims: { ...claims } },
  });
  it.each([
    [{ iat: 0, exp: 90 }, '90 s'],
    [{ iat: 0, exp: 9_000 }, '2.5 hours'],
    [{ iat: 0, exp: 86_400 * 365 }, '365 days'],
    [{ iat: 0 }, 'for longer than can be told'],
  ])('of %j is %s', (claims, text) => expect(lifetimeText(token(claims))).toBe(text));
});
