import { describe, expect, it } from 'vitest';
import type { JsonObject } from '../../../src/core/jose.ts';
import { describeClaims } from '../../../src/telemetry/token-claims.ts';

describe('what an event tells of a token', () => {
  it('is its issuer, audience and expiry, and nothing else', () => {
    const claims = { iss: 'https://i', aud: 'a', exp: 1.5, sub: 'user-1', jti: 'id', email: 'a@b.test' };
    expect(describeClaims(claims)).toEqual({ issuer: 'https://i', audience: 'a', expiresAt: 1.5 });
  });

  it.each<[JsonObject, object]>([
    [{}, {}],
    [{ iss: 1, aud: 1, exp: '1' }, {}],
    [{ iss: ['a'], aud: { a: 1 }, exp: null }, {}],
    [{ aud: [] }, { audience: [] }],
    [{ aud: ['a', 1, null, ['b'], 'c'] }, { audience: ['a', 'c'] }],
    [{ aud: ['1', '2', '3', '4', '5'] }, { audience: ['1', '2', '3', '4'] }],
    [{ iss: 'a\r\n{"event":"request"}' }, { issuer: 'a\\u000d\\u000a{"event":"request"}' }],
    [{ iss: 'x'.repeat(60_000) }, { issuer: `${'x'.repeat(253)}...` }],
    [{ aud: 'x'.repeat(60_000) }, { audience: `${'x'.repeat(253)}...` }],
    [{ aud: ['x'.repeat(60_000)] }, { audience: [`${'x'.repeat(253)}...`] }],
    [{ iss: 'eyJhbGciOiJFUzI1NiJ9.eyJzdWIiOiJ1c2VyLTEifQ.c2ln' }, { issuer: '[token]' }],
    [{ exp: Number.POSITIVE_INFINITY }, {}],
  ])('of %j: %j', (claims, told) => {
    expect(JSON.parse(JSON.stringify(describeClaims(claims)))).toEqual(told);
  });
});
