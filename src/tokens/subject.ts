import type { JsonObject } from '../core/jose.ts';
import type { TokenProfile } from '../core/policy.ts';

/**
 * The claims with their subject as everything behind reads it: absent where `sub` is the empty text, which names nobody
 * (RFC 7519 §4.1.2), and decimal text where the issuer numbers its subjects and JSON has kept the number exact
 * (RFC 8259 §6). Any other `sub` stays as it is. Does NOT check it: `checkClaims` does.
 */
export function readSubject(claims: JsonObject, profile: Pick<TokenProfile, 'numericSubject'>): JsonObject {
  const { sub } = claims;
  if (sub === '') {
    const { sub: _nobody, ...others } = claims;
    return others;
  }
  return typeof sub === 'number' && profile.numericSubject && Number.isSafeInteger(sub)
    ? { ...claims, sub: String(sub) }
    : claims;
}
