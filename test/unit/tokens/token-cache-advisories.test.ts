import { beforeAll, describe, expect, it } from 'vitest';
import type { TokenProfile } from '../../../src/core/policy.ts';
import { TokenCache } from '../../../src/tokens/token-cache.ts';
import { verifyJwt } from '../../../src/tokens/verify.ts';
import { anIssuer, NOW, someClaims } from '../../fixtures/policies.ts';
import { newSigningKey, type SigningKey, sign } from '../../fixtures/tokens.ts';
import { aContext, keysInMemory, outcomeOf } from '../../fixtures/verification.ts';

let key: SigningKey;
let token: string;
beforeAll(async () => {
  key = await newSigningKey('ES256');
  token = await sign(key, someClaims());
});

const newCache = () => new TokenCache({ entries: 100, bytes: 1e6 });

const warmed = async (issuer: TokenProfile = anIssuer()) => {
  const cache = newCache();
  expect(await outcomeOf(token, [key.key], { issuer, cache })).toBe('verified');
  return cache;
};

describe('verified-token cache', () => {
  it('serves a repeated token without a promise, and the very same ticket', async () => {
    const issuer = anIssuer();
    const cache = newCache();
    const verify = () =>
      verifyJwt(
        token,
        new Map([[issuer.issuer, [issuer]]]),
        { keys: keysInMemory(() => [key.key]), cache },
        aContext(),
      );
    const first = await verify();
    const second = verify();
    expect(second).not.toBeInstanceOf(Promise);
    expect(second).toEqual(first);
  });

  it('CVE-2026-35039: two tokens are never confused, however alike', async () => {
    const cache = await warmed();
    for (const index of [0, token.indexOf('.') + 3, token.length - 2]) {
      const changed = `${token.slice(0, index)}${token[index] === 'A' ? 'B' : 'A'}${token.slice(index + 1)}`;
      expect(await outcomeOf(changed, [key.key], { cache })).not.toBe('verified');
    }
  });

  it('GHSA-4mq7-pvjg-xp2r, CVE-2021-32701: another verification policy does not profit from the entry', async () => {
    const cache = await warmed();
    const stricter = anIssuer({ audience: ['https://other.example/'] });
    expect(await outcomeOf(token, [key.key], { issuer: stricter, cache })).toBe('audience_mismatch');
    const elsewhere = anIssuer({ issuer: 'https://elsewhere.example/' });
    expect(await outcomeOf(token, [key.key], { issuer: elsewhere, cache })).toBe('issuer_untrusted');
  });

  it('an entry dies when its token expires', async () => {
    const issuer = anIssuer();
    const cache = await warmed(issuer);
    expect(await outcomeOf(token, [key.key], { issuer, cache, now: NOW + 329 })).toBe('verified');
    expect(await outcomeOf(token, [key.key], { issuer, cache, now: NOW + 330 })).toBe('expired');
  });

  it('an entry dies when its key leaves the set', async () => {
    const issuer = anIssuer();
    const cache = await warmed(issuer);
    expect(await outcomeOf(token, [], { issuer, cache })).toBe('key_not_found');
  });

  it('an entry dies when its kid names other key material', async () => {
    const issuer = anIssuer();
    const cache = await warmed(issuer);
    const replaced = await newSigningKey('ES256');
    expect(await outcomeOf(token, [replaced.key], { issuer, cache })).toBe('signature_invalid');
  });

  it('what did not verify is never remembered', async () => {
    const cache = newCache();
    const forged = `${token.slice(0, token.lastIndexOf('.'))}.${'A'.repeat(86)}`;
    expect(await outcomeOf(forged, [key.key], { cache })).toBe('signature_invalid');
    expect(cache.size).toBe(0);
  });
});
