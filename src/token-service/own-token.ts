import { createLocalJWKSet, jwtVerify } from 'jose';
import type { NumericDate } from '../core/time.ts';
import { KEYRING_NAME } from './keyring/keyring-namespace.ts';
import type { Exchange } from './ports.ts';

/** An access token that this service has issued. */
export interface OwnToken {
  readonly jti: string;
  readonly clientId: string;
  readonly subject: string;
  readonly audience: string;
  readonly sid: string | undefined;
  readonly scope: string | undefined;
  readonly issuedAt: NumericDate;
  readonly expiresAt: NumericDate;
}

/** Far above any token of ours. */
const MAX_TOKEN_LENGTH = 32_768;

/**
 * Reads an access token of ours: signature by a published key, issuer and type. Undefined for anything else, and for one
 * that was encrypted to its resource.
 * Does NOT check the audience, or whether it is revoked. An expired token is none.
 */
export async function ownAccessToken(
  text: string,
  { ports, context }: Exchange,
): Promise<OwnToken | undefined> {
  if (text.length > MAX_TOKEN_LENGTH || text.split('.').length !== 3) return undefined;
  const jwks = JSON.parse(await ports.keyring.getByName(KEYRING_NAME).jwks());
  const verified = await jwtVerify(text, createLocalJWKSet(jwks), {
    issuer: ports.policy.issuer,
    typ: 'at+jwt',
    currentDate: new Date(context.now * 1000),
  }).catch(() => undefined);
  const { jti, client_id: clientId, sub, aud, sid, scope, iat, exp } = verified?.payload ?? {};
  if (typeof jti !== 'string' || typeof clientId !== 'string' || typeof sub !== 'string') return undefined;
  if (typeof aud !== 'string' || iat === undefined || exp === undefined) return undefined;
  return {
    jti,
    clientId,
    subject: sub,
    audience: aud,
    sid: typeof sid === 'string' ? sid : undefined,
    scope: typeof scope === 'string' ? scope : undefined,
    issuedAt: iat,
    expiresAt: exp,
  };
}
