import { beforeAll, describe, expect, it } from 'vitest';
import type { JwsHeader, VerificationKey } from '../../../src/core/jose.ts';
import type { KeyProvider, TokenProfile } from '../../../src/core/policy.ts';
import { err, ok, type Result } from '../../../src/core/result.ts';
import type { Candidates, KeySource } from '../../../src/keys/port.ts';
import { TokenCache } from '../../../src/tokens/token-cache.ts';
import { verifyJwt } from '../../../src/tokens/verify.ts';
import { AUDIENCE, anIssuer, aProvider, ISSUER, NOW, someClaims } from '../../fixtures/policies.ts';
import { newSigningKey, type SigningKey, sign } from '../../fixtures/tokens.ts';
import { aContext, keysInMemory } from '../../fixtures/verification.ts';

let key: SigningKey;
let other: SigningKey;
let stranger: SigningKey;
beforeAll(async () => {
  key = await newSigningKey('ES256');
  other = await newSigningKey('ES256', 'other');
  stranger = await newSigningKey('ES256', 'stranger');
});

const profilesOf = (...profiles: readonly TokenProfile[]) =>
  Map.groupBy(profiles, ({ issuer }) => issuer) as ReadonlyMap<string, readonly TokenProfile[]>;

const keySource = (asked: KeyProvider[] = []): KeySource => {
  const held = keysInMemory(() => [key.key]);
  return {
    ...held,
    keysFor(provider, header, context) {
      asked.push(provider);
      return held.keysFor(provider, header, context);
    },
  };
};

async function verified(
  claims: Record<string, unknown>,
  profiles: readonly TokenProfile[],
  header: object = {},
) {
  const token = await sign(key, someClaims(claims), header);
  return verifyJwt(token, profilesOf(...profiles), { keys: keySource(), cache: undefined }, aContext());
}
const outcome = async (...args: Parameters<typeof verified>) => {
  const result = await verified(...args);
  return result.ok
    ? 'verified'
    : `${result.error.reason} ${'evidence' in result.error && result.error.evidence}`;
};

describe('several profiles of one issuer', () => {
  const web = anIssuer({ audience: ['web'], typeRequired: true });
  const spa = anIssuer({ audience: ['spa', 'spa-2'] });

  it.each([
    ['web', 'JWT', web],
    ['spa', undefined, spa],
    [['other', 'spa-2'], undefined, spa],
    [['spa', 'web'], 'JWT', web],
  ])('a token for %j is verified as what it is for', async (aud, typ, profile) => {
    const result = await verified({ aud }, [web, spa], { typ });
    if (!result.ok) throw new Error(result.error.reason);
    expect(result.value.profile).toBe(profile);
  });

  it.each([
    [{ aud: 'nobody' }, 'JWT', 'audience_mismatch aud'],
    [{ aud: undefined }, 'JWT', 'claim_missing aud'],
    [{ aud: ['spa', 1] }, 'JWT', 'claim_invalid aud'],
    [{ aud: 'web' }, undefined, 'type_unexpected typ'],
  ])('%j with typ %s: %s', async (claims, typ, expected) => {
    expect(await outcome(claims, [web, spa], { typ })).toBe(expected);
  });
});

describe('what a profile asks', () => {
  it.each<[Partial<TokenProfile>, Record<string, unknown>, string]>([
    [{ audience: 'any' }, { aud: 'somebody else' }, 'verified'],
    [{ audience: 'any' }, { aud: undefined }, 'verified'],
    [{}, { aud: 'somebody else' }, 'audience_mismatch aud'],
    [{ audience: [AUDIENCE, 'b'] }, { aud: 'b' }, 'verified'],
    [{ expiry: 'required' }, { exp: undefined }, 'claim_missing exp'],
    [{ expiry: 'optional' }, { exp: undefined }, 'verified'],
    [{ expiry: 'optional' }, { exp: NOW - 30, iat: undefined }, 'expired exp'],
    [{ expiry: 'optional' }, { exp: 'soon' }, 'claim_invalid exp'],
    [{ expiry: 'optional' }, { nbf: NOW + 31 }, 'not_yet_valid nbf'],
    [{ expiry: 'optional' }, { exp: undefined, iat: NOW + 31 }, 'not_yet_valid iat'],
    [{ expiry: 'ignored' }, { exp: undefined }, 'claim_missing exp'],
    [{ expiry: 'ignored' }, { exp: 'soon' }, 'claim_invalid exp'],
    [{ expiry: 'ignored' }, { exp: NOW - 1e6 }, 'verified'],
    [{ expiry: 'ignored' }, { nbf: NOW + 1e6, iat: NOW + 1e6, exp: NOW + 2e6 }, 'verified'],
    [{ expiry: 'ignored', maxTokenAgeSeconds: 1 }, { iat: undefined }, 'verified'],
    [{ expiry: 'ignored', maxTokenAgeSeconds: 1 }, { exp: undefined }, 'verified'],
    [{ expiry: 'optional', maxTokenAgeSeconds: 60 }, { exp: undefined }, 'verified'],
    [{ expiry: 'optional', maxTokenAgeSeconds: 60 }, { exp: undefined, iat: undefined }, 'claim_missing iat'],
    [{ expiry: 'optional', maxTokenAgeSeconds: 60 }, { exp: undefined, iat: NOW - 91 }, 'expired iat'],
    [{ audienceOptional: true }, { aud: undefined }, 'verified'],
    [{ audienceOptional: true }, { aud: 'somebody else' }, 'audience_mismatch aud'],
    [{ audienceOptional: true }, { aud: null }, 'claim_invalid aud'],
    [{ audienceOptional: true, audience: [] }, { aud: undefined }, 'verified'],
    [{ audienceOptional: true, audience: [] }, { aud: AUDIENCE }, 'audience_mismatch aud'],
    [{ audienceOptional: true, audience: [] }, { aud: [] }, 'audience_mismatch aud'],
    [{ lifetimeEnforced: true, maxTokenLifetimeSeconds: 310 }, {}, 'verified'],
    [
      { lifetimeEnforced: true, maxTokenLifetimeSeconds: 309 },
      {},
      'claim_invalid exp beyond max_token_lifetime',
    ],
    [{ lifetimeEnforced: true }, { iat: undefined }, 'claim_missing iat'],
    [{ maxTokenLifetimeSeconds: 309 }, {}, 'verified'],
    [
      { lifetimeEnforced: true, expiry: 'optional', maxTokenAgeSeconds: 60, maxTokenLifetimeSeconds: 60 },
      { exp: undefined },
      'verified',
    ],
    [{}, { iat: NOW, exp: NOW - 1 }, 'claim_invalid iat'],
    [{ issuer: 'https://other.example' }, {}, 'issuer_untrusted iss'],
    [{}, { iss: [ISSUER] }, 'claim_invalid iss'],
    [{}, { iss: undefined }, 'claim_missing iss'],
    [{ algorithms: new Set(['RS256']) }, {}, 'algorithm_not_allowed alg'],
  ])('%j, %j → %s', async (profile, claims, expected) => {
    expect(await outcome(claims, [anIssuer(profile)])).toBe(expected);
  });

  it.each([
    ['any', 'anything', 'verified'],
    ['any', undefined, 'verified'],
    [new Set(['secevent+jwt']), 'application/SecEvent+JWT', 'verified'],
    [new Set(['secevent+jwt']), 'JWT', 'type_unexpected typ'],
    [new Set(['secevent+jwt']), undefined, 'type_unexpected typ'],
  ] as const)('types %s: %s → %s', async (types, typ, expected) => {
    expect(await outcome({}, [anIssuer({ types, typeRequired: true })], { typ })).toBe(expected);
  });

  it('reads the dates once: the ticket carries them', async () => {
    const result = await verified({ nbf: NOW - 5.5 }, [anIssuer()]);
    expect(result).toMatchObject({ value: { exp: NOW + 300, nbf: NOW - 5.5, iat: NOW - 10 } });
  });
});

describe('keys', () => {
  it('are asked of the provider of the profile, by identity', async () => {
    const asked: KeyProvider[] = [];
    const keys = aProvider();
    const profile = anIssuer({ keys });
    const token = await sign(key, someClaims());
    await verifyJwt(token, profilesOf(profile), { keys: keySource(asked), cache: undefined }, aContext());
    expect(asked).toEqual([keys]);
    expect(asked[0]).toBe(keys);
  });

  it('are not asked for a token that is refused without them', async () => {
    const asked: KeyProvider[] = [];
    const ports = { keys: keySource(asked), cache: undefined };
    for (const claims of [{ exp: NOW - 60 }, { aud: 'x' }, { iss: 'x' }, { jti: 1 }, { sub: 1 }]) {
      await verifyJwt(await sign(key, someClaims(claims)), profilesOf(anIssuer()), ports, aContext());
    }
    expect(asked).toEqual([]);
  });

  it('that cannot be had leave the token unknown, not denied', async () => {
    const unavailable = err({ reason: 'keys_unavailable', evidence: 'x', retryAfterSeconds: 9 } as const);
    const keys: KeySource = { keysFor: () => unavailable, status: () => [] };
    const token = await sign(key, someClaims());
    expect(
      await verifyJwt(token, profilesOf(anIssuer()), { keys, cache: undefined }, aContext()),
    ).toMatchObject(unavailable);
  });
});

describe('several keys that fit', () => {
  const candidates = (conclusive: boolean, ...keys: readonly VerificationKey[]) => ok({ keys, conclusive });

  /** What the key source answers first, and with what it was asked again. */
  const run = async (...answers: readonly Result<Candidates>[]) => {
    const asked: (readonly VerificationKey[] | undefined)[] = [];
    const keys: KeySource = {
      keysFor: (_provider, _header, _context, tried) =>
        answers[asked.push(tried) - 1] ?? err({ reason: 'internal_error', evidence: 'asked too often' }),
      status: () => [],
    };
    const token = await sign(key, someClaims(), { kid: undefined });
    const result = await verifyJwt(token, profilesOf(anIssuer()), { keys, cache: undefined }, aContext());
    return { asked, result };
  };

  it('are tried one by one, and the one that holds is the token’s', async () => {
    const { asked, result } = await run(candidates(false, stranger.key, other.key, key.key));
    if (!result.ok) throw new Error(result.error.reason);
    expect(result.value.key).toBe(key.key);
    expect(asked).toEqual([undefined]);
  });

  it('and none holds: the source is asked again, with what was tried', async () => {
    const { asked, result } = await run(
      candidates(false, stranger.key, other.key),
      candidates(true, key.key),
    );
    expect(result).toMatchObject({ ok: true, value: { key: key.key } });
    expect(asked).toEqual([undefined, [stranger.key, other.key]]);
  });

  it('once: what comes then is the last', async () => {
    const { asked, result } = await run(candidates(false, stranger.key), candidates(false, other.key));
    expect(result).toMatchObject(err({ reason: 'signature_invalid', evidence: 'ES256' }));
    expect(asked.length).toBe(2);
  });

  it('and none other comes into question: refused at once', async () => {
    const { asked, result } = await run(candidates(true, stranger.key));
    expect(result).toMatchObject(err({ reason: 'signature_invalid', evidence: 'ES256' }));
    expect(asked.length).toBe(1);
  });

  it('and the issuer cannot be asked: unknown, not denied', async () => {
    const unavailable = err({ reason: 'keys_unavailable', evidence: 'x', retryAfterSeconds: 9 } as const);
    expect((await run(candidates(false, stranger.key), unavailable)).result).toMatchObject(unavailable);
  });

  it('keep a cached verdict while its key is among them, wherever it stands', async () => {
    const cache = new TokenCache({ entries: 10, bytes: 1e6 });
    let held: readonly VerificationKey[] = [stranger.key, key.key];
    const keys: KeySource = { keysFor: () => candidates(false, ...held), status: () => [] };
    const profiles = profilesOf(anIssuer());
    const token = await sign(key, someClaims(), { kid: undefined });
    expect((await verifyJwt(token, profiles, { keys, cache }, aContext())).ok).toBe(true);
    expect(verifyJwt(token, profiles, { keys, cache }, aContext())).toMatchObject({ ok: true });
    held = [key.key, stranger.key];
    expect(verifyJwt(token, profiles, { keys, cache }, aContext())).toMatchObject({ ok: true });
    held = [stranger.key, { ...key.key }];
    expect(verifyJwt(token, profiles, { keys, cache }, aContext())).toBeInstanceOf(Promise);
    held = [stranger.key];
    expect((await verifyJwt(token, profiles, { keys, cache }, aContext())).ok).toBe(false);
  });

  it('are asked for by every name that the header has for a key, and by nothing that is none', async () => {
    const asked: JwsHeader[] = [];
    const keys: KeySource = {
      keysFor: (_provider, header) => {
        asked.push(header);
        return candidates(true, key.key);
      },
      status: () => [],
    };
    for (const header of [
      { kid: 'a', x5t: 'AAAA', 'x5t#S256': 'BBBB' },
      { kid: undefined, x5t: '', 'x5t#S256': null },
      { kid: undefined, x5t: 7, x5tS256: 'BBBB' },
    ]) {
      const token = await sign(key, someClaims(), header);
      await verifyJwt(token, profilesOf(anIssuer()), { keys, cache: undefined }, aContext());
    }
    const names = asked.map(({ kid, x5t, x5tS256 }) => ({ kid, x5t, x5tS256 }));
    const none = { kid: undefined, x5t: undefined, x5tS256: undefined };
    expect(names).toEqual([{ kid: 'a', x5t: 'AAAA', x5tS256: 'BBBB' }, none, none]);
  });
});

describe('a refused token', () => {
  it.each([
    ['issuer_untrusted', { iss: 'x' }, {}],
    ['algorithm_not_allowed', {}, { algorithms: new Set(['RS256'] as const) }],
    ['audience_mismatch', { aud: 'x' }, {}],
    ['expired', { exp: NOW - 60, iat: NOW - 90 }, {}],
  ])('says what it says itself, unverified: %s', async (reason, claims, profile) => {
    const result = await verified(claims, [anIssuer(profile)]);
    expect(result).toMatchObject({ ok: false, error: { reason }, unverified: someClaims(claims) });
    if (!result.ok) expect(Object.keys(result.error).sort()).toEqual(['evidence', 'reason']);
  });

  it('is told of from the cache, and by a key that did not sign it, as well', async () => {
    const ports = { keys: keySource(), cache: new TokenCache({ entries: 10, bytes: 1e6 }) };
    const profiles = profilesOf(anIssuer());
    const token = await sign(key, someClaims());
    await verifyJwt(token, profiles, ports, aContext());
    expect(verifyJwt(token, profiles, ports, aContext(NOW + 330))).toMatchObject({
      unverified: someClaims(),
    });
    const forged = await sign({ ...stranger, key: key.key }, someClaims({ sub: 'x' }), { kid: key.key.kid });
    expect(await verifyJwt(forged, profiles, ports, aContext())).toMatchObject({
      error: { reason: 'signature_invalid' },
      unverified: someClaims({ sub: 'x' }),
    });
  });

  it('that cannot be read says nothing', async () => {
    const ports = { keys: keySource(), cache: undefined };
    expect(await verifyJwt('a.b.c', profilesOf(anIssuer()), ports, aContext())).toEqual({
      ok: false,
      error: { reason: 'token_malformed', evidence: expect.any(String) },
      unverified: undefined,
    });
  });
});

describe('the verified-token cache', () => {
  it('serves a token for the profile it was verified for, and no other', async () => {
    const cache = new TokenCache({ entries: 10, bytes: 1e6 });
    const ports = { keys: keySource(), cache };
    const [one, other] = [anIssuer(), anIssuer({ audience: ['other'] })];
    const token = await sign(key, someClaims());
    expect((await verifyJwt(token, profilesOf(one), ports, aContext())).ok).toBe(true);
    expect(verifyJwt(token, profilesOf(other, one), ports, aContext())).not.toBeInstanceOf(Promise);
    expect(await verifyJwt(token, profilesOf(other), ports, aContext())).toMatchObject({
      error: { reason: 'audience_mismatch' },
    });
    expect(await verifyJwt(token, new Map(), ports, aContext())).toMatchObject({
      error: { reason: 'issuer_untrusted' },
    });
  });

  it('judges the times at every look', async () => {
    const ports = { keys: keySource(), cache: new TokenCache({ entries: 10, bytes: 1e6 }) };
    const token = await sign(key, someClaims());
    const profiles = profilesOf(anIssuer());
    await verifyJwt(token, profiles, ports, aContext());
    expect(verifyJwt(token, profiles, ports, aContext(NOW + 329))).toMatchObject({ ok: true });
    expect(verifyJwt(token, profiles, ports, aContext(NOW + 330))).toMatchObject({
      error: { reason: 'expired' },
    });
  });
});
