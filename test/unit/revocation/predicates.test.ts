import { describe, expect, it } from 'vitest';
import type { JsonObject } from '../../../src/core/jose.ts';
import type { StoredRevocation } from '../../../src/revocation/port.ts';
import { lookupsOf, statusFrom } from '../../../src/revocation/predicates.ts';
import { tokenWith } from '../../fixtures/revocation.ts';

const issuer = { issuer: 'i' };
/** But for the issuer itself, which every token names last. */
const keys = (claims: JsonObject, options: Parameters<typeof tokenWith>[1] = {}) => {
  const token = tokenWith(claims, { ...options, issuer: { ...issuer, ...options?.issuer } });
  expect(lookupsOf(token).keys.at(-1)).toBe('iss:i:i');
  return lookupsOf(token).keys.slice(0, -1);
};

describe('lookupsOf', () => {
  it.each<[string, JsonObject, Parameters<typeof tokenWith>[1], readonly string[]]>([
    [
      'everything, once each',
      { jti: 'j', sub: 's', sid: 'x', client_id: 'c', azp: 'c' },
      { keyKid: 'k', headerKid: 'k' },
      ['jti:i:j', 'sub:i:s', 'sid:i:x', 'client:i:c', 'kid:i:k'],
    ],
    [
      'a client and an authorized party that differ',
      { client_id: 'c', azp: 'a' },
      {},
      ['client:i:c', 'client:i:a'],
    ],
    ['the configured token identifier', { jti: 'j', uti: 'u' }, { issuer: { jtiClaim: 'uti' } }, ['jti:i:u']],
    ['a nested tenant', { org: { id: 't' } }, { issuer: { tenantClaim: ['org', 'id'] } }, ['tenant:i:t']],
    ['a numbered tenant', { t: 42 }, { issuer: { tenantClaim: ['t'] } }, ['tenant:i:42']],
    ['no fractional tenant', { t: 4.2 }, { issuer: { tenantClaim: ['t'] } }, []],
    ['no tenant of another shape', { t: ['x'] }, { issuer: { tenantClaim: ['t'] } }, []],
    ['nothing of the wrong type', { jti: 1, sub: null, sid: {}, client_id: [], azp: true }, {}, []],
    ['nothing empty', { jti: '', sub: '' }, { keyKid: '' }, []],
    [
      'nothing JavaScript adds',
      {},
      { issuer: { jtiClaim: 'constructor', tenantClaim: ['toString', 'name'] } },
      [],
    ],
    [
      'names that look like members',
      { __proto__: 'x', sub: '__proto__' } as JsonObject,
      {},
      ['sub:i:__proto__'],
    ],
    [
      'the key that verified as well as the one that was named',
      {},
      { keyKid: 'k', headerKid: 'h' },
      ['kid:i:k', 'kid:i:h'],
    ],
  ])('finds %s', (_, claims, options, expected) => {
    expect(keys(claims, options)).toEqual(expected);
  });

  it('makes the names once per token', () => {
    const token = tokenWith({ jti: 'j' });
    expect(lookupsOf(token)).toBe(lookupsOf(token));
  });
});

describe('statusFrom', () => {
  const mark = (at: number | undefined): StoredRevocation => ({
    issuedBefore: at,
    expiresAt: undefined,
  });
  const of = (claims: JsonObject) => lookupsOf(tokenWith(claims, { issuer }));
  it.each<[string, JsonObject, readonly (StoredRevocation | undefined)[], string]>([
    ['absent everywhere', { jti: 'j', sub: 's', iat: 5 }, [undefined, undefined], 'active'],
    [
      'there by jti, whatever the value says',
      { jti: 'j', sub: 's', iat: 5 },
      [mark(undefined), undefined],
      'revoked jti',
    ],
    ['issued before the watermark', { sub: 's', iat: 5 }, [mark(6)], 'revoked sub'],
    ['issued at the watermark', { sub: 's', iat: 6 }, [mark(6)], 'revoked sub'],
    ['issued after the watermark', { sub: 's', iat: 6.5 }, [mark(6)], 'active'],
    ['no time of issue', { sub: 's' }, [mark(6)], 'revoked sub'],
    ['a time of issue that is none', { sub: 's', iat: '7' }, [mark(6)], 'revoked sub'],
    ['a watermark that cannot be read', { sub: 's', iat: 5 }, [mark(undefined)], 'unknown malformed'],
    [
      'a hit beside a watermark that cannot be read',
      { jti: 'j', sub: 's', iat: 5 },
      [mark(1), mark(undefined)],
      'revoked jti',
    ],
    ['one answer short', { jti: 'j', sub: 's', iat: 5 }, [undefined], 'unknown malformed'],
    ['one answer too many', { jti: 'j' }, [undefined, undefined], 'unknown malformed'],
    ['no answers but one', { jti: 'j' }, [], 'unknown malformed'],
  ])('%s', (_, claims, values, expected) => {
    const status = statusFrom(of(claims), [...values, undefined]);
    const detail =
      status.state === 'revoked' ? status.by : status.state === 'unknown' ? status.cause : undefined;
    expect([status.state, detail].filter(Boolean).join(' ')).toBe(expected);
  });

  it('judges the whole issuer by its watermark', () => {
    const judged = (iat: number, at: number | undefined) =>
      statusFrom(of({ jti: 'j', iat }), [undefined, mark(at)]);
    expect(judged(5, 5)).toEqual({ state: 'revoked', by: 'iss' });
    expect(judged(6, 5)).toEqual({ state: 'active' });
    expect(judged(6, undefined)).toEqual({ state: 'unknown', cause: 'malformed' });
    expect(statusFrom(of({ jti: 'j' }), [])).toEqual({ state: 'unknown', cause: 'malformed' });
  });
});

describe('a token of an issuer template', () => {
  it('is named by its own issuer, not by the template', () => {
    const template = { before: 'https://x.example/', after: '', claim: 't', allowed: 'guid' } as const;
    const token = {
      ...tokenWith({ sub: 's' }, { issuer: { issuer: 'https://x.example/{t}', template } }),
      issuer: 'https://x.example/1',
    };
    const own = 'https%3A%2F%2Fx.example%2F1';
    expect(lookupsOf(token).keys).toEqual([`sub:${own}:s`, `iss:${own}:${own}`]);
  });
});
