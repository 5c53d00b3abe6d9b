import type { JsonObject, JsonValue } from '../core/jose.ts';

/**
 * The scopes a token grants: `scope` (RFC 8693 §4.2: space-delimited) or, where an issuer writes it so, an array;
 * `scp` where there is no `scope` (Entra, Okta). A claim of any other shape grants nothing.
 */
export function grantedScopes(claims: JsonObject): readonly string[] {
  const claim: JsonValue | undefined = Object.hasOwn(claims, 'scope') ? claims.scope : own(claims, 'scp');
  if (typeof claim === 'string') {
    return claim.split(' ').filter((scope) => scope !== '');
  }
  if (Array.isArray(claim) && claim.every((scope) => typeof scope === 'string')) {
    return claim;
  }
  return [];
}

const own = (claims: JsonObject, name: string): JsonValue | undefined =>
  Object.hasOwn(claims, name) ? claims[name] : undefined;
