import { beforeAll, describe, expect, it } from 'vitest';
import type { Algorithm } from '../../src/core/jose.ts';
import { anIssuer, someClaims } from '../fixtures/policies.ts';
import { base64url, newSigningKey, type SigningKey, sign, signRaw } from '../fixtures/tokens.ts';
import { outcomeOf } from '../fixtures/verification.ts';

let es: SigningKey;
let rs: SigningKey;
beforeAll(async () => {
  [es, rs] = await Promise.all([newSigningKey('ES256', 'es'), newSigningKey('RS256', 'rs')]);
});

describe('RFC 8725', () => {
  it('RFC 8725 §3.1: the algorithm is the key’s, not the header’s', async () => {
    const relabelled = await signRaw(es, '{"alg":"RS256","kid":"es"}', JSON.stringify(someClaims()));
    expect(await outcomeOf(relabelled, [es.key, rs.key])).toBe('key_not_found');
    const crossed = await signRaw(es, '{"alg":"RS256","kid":"rs"}', JSON.stringify(someClaims()));
    expect(await outcomeOf(crossed, [es.key, rs.key])).toBe('signature_invalid');
  });

  it('RFC 8725 §2.1: an HMAC keyed with the public key is rejected', async () => {
    const input = `${base64url('{"alg":"HS256","kid":"rs"}')}.${base64url(JSON.stringify(someClaims()))}`;
    const secret = await crypto.subtle.importKey(
      'raw',
      new TextEncoder().encode(JSON.stringify(rs.jwk)),
      { name: 'HMAC', hash: 'SHA-256' },
      false,
      ['sign'],
    );
    const mac = await crypto.subtle.sign('HMAC', secret, new TextEncoder().encode(input));
    const forged = `${input}.${base64url(new Uint8Array(mac))}`;
    expect(await outcomeOf(forged, [rs.key])).toBe('algorithm_not_allowed');
    const issuer = anIssuer({ algorithms: new Set<Algorithm>(['RS256', 'HS256']) });
    expect(await outcomeOf(forged, [rs.key], { issuer })).toBe('key_not_found');
  });

  it('RFC 8725 §3.3: a JWS inside a JWS is no claims set', async () => {
    const inner = await sign(es, someClaims());
    const nested = await signRaw(es, '{"alg":"ES256","kid":"es","cty":"JWT"}', inner);
    expect(await outcomeOf(nested, [es.key])).toBe('token_malformed');
  });

  it('RFC 8725 §3.6: compressed content is never inflated', async () => {
    const token = await sign(es, someClaims(), { zip: 'DEF' });
    expect(await outcomeOf(token, [es.key])).toBe('token_malformed');
  });

  it('RFC 8725 §3.7: text that is not UTF-8 is rejected', async () => {
    const payload = new TextEncoder().encode(JSON.stringify(someClaims({ sub: 'x' })));
    payload[payload.indexOf(0x78)] = 0xff;
    const token = `${base64url('{"alg":"ES256","kid":"es"}')}.${base64url(payload)}.${base64url(new Uint8Array(64))}`;
    expect(await outcomeOf(token, [es.key])).toBe('token_malformed');
  });

  it('RFC 8725 §3.8: a key of one issuer does not vouch for another', async () => {
    const token = await sign(es, someClaims({ iss: 'https://other.example/' }));
    expect(await outcomeOf(token, [es.key])).toBe('issuer_untrusted');
  });

  it.each(['../../../etc/passwd', "' OR 1=1 --", 'k1\u0000', '__proto__', 'constructor', 'x'.repeat(5000)])(
    'RFC 8725 §3.10: a hostile kid finds no key: %j',
    async (kid) => {
      expect(await outcomeOf(await sign(es, someClaims(), { kid }), [es.key])).toBe('key_not_found');
    },
  );

  it('RFC 8725 §3.11: a token of another kind is told by its type', async () => {
    for (const typ of ['logout+jwt', 'secevent+jwt', 'dpop+jwt', 'oauth-authz-req+jwt']) {
      expect(await outcomeOf(await sign(es, someClaims(), { typ }), [es.key])).toBe('type_unexpected');
    }
  });

  it('RFC 8725 §3.12: an access token profile refuses an ID token', async () => {
    const issuer = anIssuer({ profile: 'rfc9068', types: new Set(['at+jwt']), typeRequired: true });
    const idToken = await sign(es, someClaims({ nonce: 'n' }), { typ: 'JWT' });
    expect(await outcomeOf(idToken, [es.key], { issuer })).toBe('type_unexpected');
  });
});
