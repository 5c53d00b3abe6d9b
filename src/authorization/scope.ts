import type { JsonObject } from '../core/jose.ts';
import { resolveClaim } from '../core/resolve-claim.ts';

/**
 * The scopes a token grants: `scope` (RFC 8693 §4.2: space-delimited) or, where an issuer writes it so, an array;
 * `scp` where there is no `scope` (Entra, Okta). A claim of any other shape grants nothing.
 */
export function grantedScopes(claims: JsonObject): readonly string[] {
  const claim = resolveClaim(claims, [Object.hasOwn(claims, 'scope') ? 'scope' : 'scp']);
  if (typeof claim === 'string') {
    return claim.split(' ').filter((scope) => scope !== '');
  }
  if (Array.isArray(claim) && claim.every((scope) => typeof scope === 'string')) {
    return claim;
  }
  return [];
}
