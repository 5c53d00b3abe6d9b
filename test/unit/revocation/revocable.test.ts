import { describe, expect, it } from 'vitest';
import type { JsonObject } from '../../../src/core/jose.ts';
import type { VerifiedToken } from '../../../src/core/verified-token.ts';
import { checkRevocable } from '../../../src/revocation/revocable.ts';
import { anIssuer, NOW, someClaims } from '../../fixtures/policies.ts';
import { tokenWith } from '../../fixtures/revocation.ts';

const issuer = anIssuer({ maxTokenLifetimeSeconds: 3600 });
const revocable = (claims: JsonObject & { exp?: number; iat?: number }, of = issuer) =>
  checkRevocable({
    ...tokenWith({}),
    profile: of,
    claims,
    exp: claims.exp,
    iat: claims.iat,
  } as VerifiedToken);
const outcome = (overrides: Record<string, unknown>, of = issuer) =>
  revocable(JSON.parse(JSON.stringify(someClaims(overrides))), of)?.reason ?? 'revocable';

describe('checkRevocable', () => {
  it.each([
    [{}, 'revocable'],
    [{ jti: undefined, uti: 'id' }, 'revocable'],
    [{ iat: NOW, exp: NOW + 3600 }, 'revocable'],
    [{ iat: NOW, exp: NOW + 3601 }, 'claim_invalid'],
    [{ iat: NOW + 0.1, exp: NOW + 0.1 + 3600 }, 'revocable'],
    [{ iat: NOW + 0.7, exp: NOW + 0.7 + 3600 }, 'revocable'],
    [{ iat: NOW, exp: NOW + 3600.001 }, 'claim_invalid'],
    [{ iat: NOW - 3600, exp: NOW + 1 }, 'claim_invalid'],
    [{ iat: undefined }, 'claim_missing'],
    [{ iat: undefined, exp: NOW + 1 }, 'claim_missing'],
    [{ exp: undefined }, 'claim_missing'],
  ])('%j → %s', (claims, expected) => {
    expect(outcome(claims, 'uti' in claims ? anIssuer({ jtiClaim: 'uti' }) : issuer)).toBe(expected);
  });

  it('wants the claim that the issuer names its tokens by', () => {
    expect(revocable({ exp: NOW, iat: NOW })?.reason).toBe('claim_missing');
    const entra = anIssuer({ jtiClaim: 'uti' });
    expect(revocable({ exp: NOW, iat: NOW, jti: 'x' }, entra)).toEqual({
      reason: 'claim_missing',
      evidence: 'uti',
    });
  });
});

describe('a token without expiry', () => {
  const ageing = anIssuer({ maxTokenLifetimeSeconds: 3600, maxTokenAgeSeconds: 3600 });

  it.each([
    [{ exp: undefined }, ageing, 'revocable'],
    [{ exp: undefined, iat: undefined }, ageing, 'claim_missing'],
    [{ exp: undefined }, { ...ageing, maxTokenLifetimeSeconds: 3599 }, 'claim_invalid'],
    [{ exp: undefined }, { ...ageing, maxTokenAgeSeconds: undefined }, 'claim_missing'],
  ])('%j ends with its greatest age: %#', (claims, of, expected) => {
    expect(outcome(claims, of)).toBe(expected);
  });
});
