import { compactDecrypt, decodeJwt, exportJWK, generateKeyPair } from 'jose';
import { describe, expect, it } from 'vitest';
import type { JsonObject } from '../../../src/core/jose.ts';
import {
  accessTokenClaims,
  neededClaims,
  type TokenFacts,
} from '../../../src/token-service/access-token/claims.ts';
import { issueAccessToken } from '../../../src/token-service/access-token/issue.ts';
import type { Resource } from '../../../src/token-service/policy.ts';

const RESOURCE: Resource = {
  name: 'orders',
  audience: 'https://api.test',
  scope: new Set(['orders:read']),
  claims: [
    { name: 'tenant', path: ['org', 'id'] },
    { name: 'email', path: ['email'] },
  ],
  encryption: undefined,
};
const FACTS: TokenFacts = {
  subject: 'alice',
  clientId: 'page',
  scope: ['orders:read', 'orders:write'],
  sid: 'grant',
  authTime: 1_000.7,
  acr: 'urn:mfa',
  amr: ['pwd', 'otp'],
  actor: undefined,
  login: { org: { id: 't1' }, email: 'a@b.test', sub: 'mallory', password: 'x' },
};
const POLICY = {
  issuer: 'https://tokens.test',
  accessToken: {
    lifetimeSeconds: 900,
    toleranceSeconds: 60,
    maxBytes: 3_800,
    forbiddenClaims: new Set<string>(),
  },
};
const ISSUING = { issuer: POLICY.issuer, jti: 'id', lifetimeSeconds: 900 };
const part = (value: JsonObject) =>
  new TextEncoder().encode(JSON.stringify(value)).toBase64({ alphabet: 'base64url', omitPadding: true });
const sign = async (claims: JsonObject, type: string) =>
  `${part({ alg: 'none', typ: type })}.${part(claims)}.c2ln`;

describe('an access token', () => {
  it('says what the grant knows, for whole seconds, and what the resource takes from the login', () => {
    expect(accessTokenClaims(FACTS, RESOURCE, ISSUING, 2_000.9)).toEqual({
      iss: 'https://tokens.test',
      sub: 'alice',
      aud: 'https://api.test',
      client_id: 'page',
      iat: 2_000,
      nbf: 2_000,
      exp: 2_900,
      jti: 'id',
      scope: 'orders:read orders:write',
      sid: 'grant',
      auth_time: 1_000,
      acr: 'urn:mfa',
      amr: ['pwd', 'otp'],
      tenant: 't1',
      email: 'a@b.test',
    });
  });

  it('leaves out what there is not: no empty scope, no null', () => {
    const bare = {
      ...FACTS,
      scope: [],
      sid: undefined,
      authTime: undefined,
      acr: undefined,
      amr: undefined,
      login: { email: null },
    };
    const claims = accessTokenClaims(bare, RESOURCE, ISSUING, 2_000);
    expect(Object.keys(claims).sort()).toEqual([
      'aud',
      'client_id',
      'exp',
      'iat',
      'iss',
      'jti',
      'nbf',
      'sub',
    ]);
  });

  it('has its type, and an identifier of its own each time', async () => {
    const [one, two] = await Promise.all([
      issueAccessToken(FACTS, RESOURCE, { policy: POLICY, sign }, 2_000),
      issueAccessToken(FACTS, RESOURCE, { policy: POLICY, sign }, 2_000),
    ]);
    if (!one.ok || !two.ok) throw new Error('too large');
    expect(JSON.parse(atob(one.value.token.split('.')[0] ?? '')).typ).toBe('at+jwt');
    expect(decodeJwt(one.value.token).jti).not.toBe(decodeJwt(two.value.token).jti);
    expect(one.value.expiresInSeconds).toBe(900);
  });

  it('is refused when it is larger than a cookie holds, and not one byte earlier', async () => {
    const small = await issueAccessToken(FACTS, RESOURCE, { policy: POLICY, sign }, 2_000);
    if (!small.ok) throw new Error('too large');
    const at = (maxBytes: number) => ({ ...POLICY, accessToken: { ...POLICY.accessToken, maxBytes } });
    const { length } = small.value.token;
    expect((await issueAccessToken(FACTS, RESOURCE, { policy: at(length), sign }, 2_000)).ok).toBe(true);
    expect(await issueAccessToken(FACTS, RESOURCE, { policy: at(length - 1), sign }, 2_000)).toEqual({
      ok: false,
      error: 'too_large',
    });
  });

  it.each([
    ['RSA-OAEP-256', {}],
    ['ECDH-ES+A256KW', { crv: 'P-256' }],
  ] as const)('is signed, then encrypted by %s for a resource with a key', async (algorithm, options) => {
    const { publicKey, privateKey } = await generateKeyPair(algorithm, { ...options, extractable: true });
    const jwk: JsonObject = JSON.parse(JSON.stringify({ ...(await exportJWK(publicKey)), kid: 'e1' }));
    const resource = { ...RESOURCE, encryption: { jwk, algorithm } };
    const issued = await issueAccessToken(FACTS, resource, { policy: POLICY, sign }, 2_000);
    if (!issued.ok) throw new Error('too large');
    const { plaintext, protectedHeader } = await compactDecrypt(issued.value.token, privateKey);
    expect(protectedHeader).toMatchObject({ alg: algorithm, enc: 'A256GCM', cty: 'JWT', kid: 'e1' });
    expect(decodeJwt(new TextDecoder().decode(plaintext)).sub).toBe('alice');
  });

  it('of a login only what some resource asks for is kept', () => {
    expect(neededClaims(FACTS.login, [RESOURCE])).toEqual({ org: { id: 't1' }, email: 'a@b.test' });
  });
});
