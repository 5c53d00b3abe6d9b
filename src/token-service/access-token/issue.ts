import { CompactEncrypt, importJWK } from 'jose';
import type { JsonObject } from '../../core/jose.ts';
import { err, ok, type Result } from '../../core/result.ts';
import type { NumericDate } from '../../core/time.ts';
import type { Resource, ServicePolicy } from '../policy.ts';
import { accessTokenClaims, type TokenFacts } from './claims.ts';

/** Signs claims as a compact JWS of the given `typ` with the keyring's current key. Throws when it does not answer. */
export type Sign = (claims: JsonObject, type: string) => Promise<string>;

/** Who issues: under which policy, and with which key. */
export interface Issuer {
  readonly policy: Pick<ServicePolicy, 'issuer' | 'accessToken'>;
  readonly sign: Sign;
}

export interface IssuedToken {
  readonly token: string;
  readonly expiresInSeconds: number;
}

/**
 * One access token (RFC 9068 §2) for one resource, encrypted to it where it declares a key: signed, then encrypted
 * (RFC 7519 §11.2). Fails when it is larger than configured: a cookie or a header would cut it off.
 * Does NOT decide whether the facts are true or the scope may be given.
 */
export async function issueAccessToken(
  facts: TokenFacts,
  resource: Resource,
  { policy, sign }: Issuer,
  now: NumericDate,
): Promise<Result<IssuedToken, 'too_large'>> {
  const { lifetimeSeconds, maxBytes } = policy.accessToken;
  const jti = crypto.randomUUID();
  const { issuer } = policy;
  const claims = accessTokenClaims(facts, resource, { issuer, jti, lifetimeSeconds }, now);
  const signed = await sign(claims, 'at+jwt');
  const token = resource.encryption === undefined ? signed : await encrypt(signed, resource.encryption);
  return token.length <= maxBytes ? ok({ token, expiresInSeconds: lifetimeSeconds }) : err('too_large');
}

/** RFC 7519 §5.2: `cty` says that there is a JWT within. */
async function encrypt(
  signed: string,
  { jwk, algorithm }: NonNullable<Resource['encryption']>,
): Promise<string> {
  const kid = typeof jwk.kid === 'string' ? { kid: jwk.kid } : {};
  return await new CompactEncrypt(new TextEncoder().encode(signed))
    .setProtectedHeader({ alg: algorithm, enc: 'A256GCM', cty: 'JWT', ...kid })
    .encrypt(await importJWK({ ...jwk, kty: String(jwk.kty) }, algorithm));
}
