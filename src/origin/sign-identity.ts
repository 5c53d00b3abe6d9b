import { SignJWT } from 'jose';
import type { JsonObject } from '../core/jose.ts';
import type { SignedIdentity } from '../core/origin-policy.ts';
import type { OriginHeaders, Principal } from '../core/principal.ts';
import type { NumericDate } from '../core/time.ts';
import { AUTHENTICATED_HEADER, OMITTED_HEADER } from './identity.ts';

/** Long enough for a request to reach its origin, and for clocks that are not quite the same. */
const LIFETIME_SECONDS = 30;
export const IDENTITY_TYPE = 'identity+jwt';

/** What the token is bound to. */
export interface SignedRequest {
  readonly method: string;
  /** What the origin is asked for; its path and query count. */
  readonly url: string;
  readonly headers: OriginHeaders;
  readonly principal: Principal | undefined;
  readonly now: NumericDate;
}

export interface IdentitySigningKey {
  /** What the token names as its issuer. */
  readonly issuer: string;
  readonly kid: string;
  readonly key: CryptoKey;
}

/**
 * Sets the header that proves to the origin that the gateway made this request: a JWT (RFC 7519) by ES256, valid for 30
 * seconds, with the subject of the token that was verified and
 * - `htm`: the method;
 * - `tgt`: SHA-256 of path and query as sent, base64url;
 * - `hdr`: names of the identity headers, those that are absent too, and `hdg`: SHA-256 of `name:value` (`name` where it
 *   is absent), each with a line feed after it.
 * With `insteadOfHeaders` the values are in `identity`, by name, and the headers themselves go.
 * Does NOT cover the content, nor headers that are no identity. An origin that wants each request once looks at `jti`.
 */
export async function signIdentity(
  policy: SignedIdentity,
  { method, url, headers, principal, now }: SignedRequest,
  { issuer, kid, key }: IdentitySigningKey,
): Promise<void> {
  const names = policy.insteadOfHeaders ? [] : policy.covered;
  const identity = policy.insteadOfHeaders ? { identity: taken(headers, policy.covered) } : {};
  const lines = names.map((name) => {
    const value = headers.get(name);
    return value === null ? `${name}\n` : `${name}:${value}\n`;
  });
  const { origin, href } = new URL(url);
  const [tgt, hdg] = await Promise.all([digest(href.slice(origin.length)), digest(lines.join(''))]);
  const sub = principal?.token.claims.sub;
  const issued = Math.floor(now);
  const claims: JsonObject = {
    iss: issuer,
    aud: policy.audience,
    ...(typeof sub === 'string' ? { sub } : {}),
    iat: issued,
    exp: issued + LIFETIME_SECONDS,
    jti: crypto.randomUUID(),
    htm: method,
    tgt,
    hdr: names,
    hdg,
    ...identity,
  };
  const token = await new SignJWT(claims)
    .setProtectedHeader({ alg: 'ES256', typ: IDENTITY_TYPE, kid })
    .sign(key);
  headers.set(policy.header, token);
}

/** The names that a route's identity may have at its origin, in lower case. */
export const coveredHeaders = (mapped: readonly string[]): readonly string[] =>
  [...mapped, OMITTED_HEADER, AUTHENTICATED_HEADER].map((name) => name.toLowerCase());

function taken(headers: Headers, names: readonly string[]): JsonObject {
  const values = names.flatMap((name) => {
    const value = headers.get(name);
    headers.delete(name);
    return value === null ? [] : [[name, value] as const];
  });
  return Object.fromEntries(values);
}

async function digest(text: string): Promise<string> {
  const bytes = await crypto.subtle.digest('SHA-256', new TextEncoder().encode(text));
  return new Uint8Array(bytes).toBase64({ alphabet: 'base64url', omitPadding: true });
}
