import { beforeAll, describe, expect, it } from 'vitest';
import type { Algorithm } from '../../src/core/jose.ts';
import { AUDIENCE, anIssuer, NOW, someClaims } from '../fixtures/policies.ts';
import { newSigningKey, type SigningKey, sign, signRaw } from '../fixtures/tokens.ts';
import { outcomeOf } from '../fixtures/verification.ts';

let key: SigningKey;
beforeAll(async () => {
  key = await newSigningKey('ES256');
});

const claimed = async (overrides: Record<string, unknown>, issuer = anIssuer()) =>
  outcomeOf(await sign(key, someClaims(overrides)), [key.key], { issuer });

/** A payload as text, for what JSON.stringify would not write. */
const written = async (members: string) => {
  const claims = JSON.stringify(someClaims()).slice(0, -1);
  const header = JSON.stringify({ alg: 'ES256', kid: 'k1' });
  return outcomeOf(await signRaw(key, header, `${claims},${members}}`), [key.key]);
};

describe('RFC 7519', () => {
  it('RFC 7519 §3: a valid JWT is accepted', async () => {
    expect(await claimed({})).toBe('verified');
  });

  it.each([
    ['"iss":"https://issuer.example/"'],
    ['"sub":"admin"'],
    ['"\\u0065xp":9999999999'],
    ['"org":{"id":1,"id":2}'],
  ])('RFC 7519 §4: duplicate claim names are rejected: %s', async (members) => {
    expect(await written(members)).toBe('token_malformed');
  });

  it.each([
    [undefined, 'claim_missing'],
    ['https://issuer.example', 'issuer_untrusted'],
    ['https://ISSUER.example/', 'issuer_untrusted'],
    ['https://issuer.example/ ', 'issuer_untrusted'],
    ['https://issuer.example/\u0000', 'issuer_untrusted'],
    [['https://issuer.example/'], 'claim_invalid'],
    [{ 0: 'https://issuer.example/' }, 'claim_invalid'],
    [null, 'claim_invalid'],
    [1, 'claim_invalid'],
    ['', 'issuer_untrusted'],
  ])('RFC 7519 §4.1.1: iss is one exact string: %j', async (iss, outcome) => {
    expect(await claimed({ iss })).toBe(outcome);
  });

  it.each([
    [7, 'claim_invalid'],
    ['', 'verified'],
    [null, 'claim_invalid'],
    [['user-42'], 'claim_invalid'],
    [undefined, 'verified'],
  ])('RFC 7519 §4.1.2: sub is a string when present: %j', async (sub, outcome) => {
    expect(await claimed({ sub })).toBe(outcome);
  });

  it.each([
    [AUDIENCE, 'verified'],
    [['https://other.example/', AUDIENCE], 'verified'],
    ['https://other.example/', 'audience_mismatch'],
    [`${AUDIENCE}x`, 'audience_mismatch'],
    [AUDIENCE.slice(0, -1), 'audience_mismatch'],
    [[], 'audience_mismatch'],
    [[AUDIENCE, 1], 'claim_invalid'],
    [{ [AUDIENCE]: true }, 'claim_invalid'],
    [undefined, 'claim_missing'],
    [null, 'claim_invalid'],
  ])('RFC 7519 §4.1.3: the audience must name this API: %j', async (aud, outcome) => {
    expect(await claimed({ aud })).toBe(outcome);
  });

  it.each([
    [NOW + 1, 'verified'],
    [NOW - 29, 'verified'],
    [NOW - 30, 'expired'],
    [NOW - 1000, 'expired'],
    [undefined, 'claim_missing'],
    [String(NOW + 300), 'claim_invalid'],
    [NOW - 29.75, 'verified'],
    [NOW - 30.25, 'expired'],
    [null, 'claim_invalid'],
    [true, 'claim_invalid'],
  ])('RFC 7519 §4.1.4: exp is required and counts with a tolerance of 30 s: %j', async (exp, outcome) => {
    expect(await claimed({ exp, iat: NOW - 2000 })).toBe(outcome);
  });

  it.each(['1e999', '-1e999', '9007199254740993', '1e400', '1e300', '9007199254740992.5', '-1e17'])(
    'RFC 7519 §4.1.4: a date beyond exact numbers is rejected: %s',
    async (number) => {
      const claims = JSON.stringify(someClaims({ exp: undefined })).slice(0, -1);
      const token = await signRaw(key, '{"alg":"ES256","kid":"k1"}', `${claims},"exp":${number}}`);
      expect(await outcomeOf(token, [key.key])).toBe('claim_invalid');
    },
  );

  it.each([
    [NOW, 'verified'],
    [NOW + 30, 'verified'],
    [NOW + 31, 'not_yet_valid'],
    ['now', 'claim_invalid'],
    [NOW + 29.75, 'verified'],
    [NOW + 30.25, 'not_yet_valid'],
  ])('RFC 7519 §4.1.5: nbf: %j', async (nbf, outcome) => {
    expect(await claimed({ nbf })).toBe(outcome);
  });

  it.each([
    [NOW, 'verified'],
    [NOW + 30, 'verified'],
    [NOW + 31, 'not_yet_valid'],
    [NOW + 29.75, 'verified'],
    [NOW + 30.25, 'not_yet_valid'],
    [NOW + 301, 'claim_invalid'],
    [NOW + 300.25, 'claim_invalid'],
    ['now', 'claim_invalid'],
    [undefined, 'verified'],
  ])('RFC 7519 §4.1.6: iat is sane when present: %j', async (iat, outcome) => {
    expect(await claimed({ iat })).toBe(outcome);
  });

  it.each([
    [NOW - 90, 'verified'],
    [NOW - 90.25, 'expired'],
    [NOW - 91, 'expired'],
    [undefined, 'claim_missing'],
  ])('RFC 7519 §4.1.6: a greatest token age bounds iat: %j', async (iat, outcome) => {
    expect(await claimed({ iat }, anIssuer({ maxTokenAgeSeconds: 60 }))).toBe(outcome);
  });

  it.each([
    ['id', 'verified'],
    ['', 'claim_invalid'],
    [1, 'claim_invalid'],
    [['id'], 'claim_invalid'],
    [null, 'claim_invalid'],
  ])('RFC 7519 §4.1.7: jti is a non-empty string when present: %j', async (jti, outcome) => {
    expect(await claimed({ jti })).toBe(outcome);
  });

  it.each([
    ['JWT', 'verified'],
    ['jwt', 'verified'],
    ['at+jwt', 'verified'],
    ['application/at+jwt', 'verified'],
    ['AT+JWT', 'verified'],
    ['logout+jwt', 'type_unexpected'],
    ['secevent+jwt', 'type_unexpected'],
    ['dpop+jwt', 'type_unexpected'],
    ['', 'type_unexpected'],
    ['application/application/jwt', 'type_unexpected'],
  ])('RFC 7519 §5.1: typ %j', async (typ, outcome) => {
    expect(await outcomeOf(await sign(key, someClaims(), { typ }), [key.key])).toBe(outcome);
  });

  it('RFC 7519 §5.1: typ may be absent unless the issuer must set it', async () => {
    const token = await signRaw(key, '{"alg":"ES256","kid":"k1"}', JSON.stringify(someClaims()));
    expect(await outcomeOf(token, [key.key])).toBe('verified');
    expect(await outcomeOf(token, [key.key], { issuer: anIssuer({ typeRequired: true }) })).toBe(
      'type_unexpected',
    );
  });

  it('RFC 7519 §6: an unsecured JWT is rejected', async () => {
    const [, payload] = (await sign(key, someClaims())).split('.');
    const header = btoa('{"alg":"none"}').replaceAll('=', '');
    expect(await outcomeOf(`${header}.${payload}.`, [key.key])).toBe('algorithm_not_allowed');
  });

  it.each(['[]', '"text"', 'null', '1', '', '{', '{}x'])(
    'RFC 7519 §7.2: a payload that is no claims set is rejected: %j',
    async (payload) => {
      const token = await signRaw(key, '{"alg":"ES256","kid":"k1"}', payload);
      expect(await outcomeOf(token, [key.key])).toBe('token_malformed');
    },
  );

  it('RFC 7519 §8: only algorithms on the issuer’s list are accepted', async () => {
    const issuer = anIssuer({ algorithms: new Set<Algorithm>(['RS256']) });
    expect(await outcomeOf(await sign(key, someClaims()), [key.key], { issuer })).toBe(
      'algorithm_not_allowed',
    );
  });
});
