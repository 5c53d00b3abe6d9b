import { beforeAll, describe, expect, it } from 'vitest';
import { anIssuer, someClaims } from '../fixtures/policies.ts';
import { newSigningKey, type SigningKey, sign, signRaw } from '../fixtures/tokens.ts';
import { outcomeOf } from '../fixtures/verification.ts';

const issuer = anIssuer({ profile: 'rfc9068', types: new Set(['at+jwt']), typeRequired: true });
const claims = (overrides: Record<string, unknown> = {}) => someClaims({ client_id: 'app', ...overrides });

let key: SigningKey;
beforeAll(async () => {
  key = await newSigningKey('ES256');
});

describe('RFC 9068', () => {
  it.each([
    ['at+jwt', 'verified'],
    ['application/at+jwt', 'verified'],
    ['JWT', 'type_unexpected'],
    ['jwt', 'type_unexpected'],
  ])('RFC 9068 §2.1, §4: typ %s', async (typ, outcome) => {
    expect(await outcomeOf(await sign(key, claims(), { typ }), [key.key], { issuer })).toBe(outcome);
  });

  it('RFC 9068 §4: typ is required', async () => {
    const token = await signRaw(key, '{"alg":"ES256","kid":"k1"}', JSON.stringify(claims()));
    expect(await outcomeOf(token, [key.key], { issuer })).toBe('type_unexpected');
  });

  it.each(['iss', 'exp', 'aud', 'sub', 'client_id', 'iat', 'jti'])(
    'RFC 9068 §2.2: %s is required',
    async (name) => {
      const token = await sign(key, claims({ [name]: undefined }), { typ: 'at+jwt' });
      expect(await outcomeOf(token, [key.key], { issuer })).toBe('claim_missing');
    },
  );

  it.each([
    ['app', 'verified'],
    ['', 'claim_invalid'],
    [7, 'claim_invalid'],
    [null, 'claim_invalid'],
    [['app'], 'claim_invalid'],
  ])('RFC 9068 §2.2: client_id is a string that names a client: %j', async (client_id, outcome) => {
    const token = await sign(key, claims({ client_id }), { typ: 'at+jwt' });
    expect(await outcomeOf(token, [key.key], { issuer })).toBe(outcome);
  });

  it('RFC 9068 §4: the resource server must be in the audience', async () => {
    const token = await sign(key, claims({ aud: 'https://other.example/' }), { typ: 'at+jwt' });
    expect(await outcomeOf(token, [key.key], { issuer })).toBe('audience_mismatch');
  });
});
