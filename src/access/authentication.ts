import type { JsonObject, JsonValue } from '../core/jose.ts';
import type { TokenRequirement } from '../core/requirement.ts';
import type { NumericDate } from '../core/time.ts';
import type { VerifiedToken } from '../core/verified-token.ts';
import { isRecent } from './recent.ts';

type AuthenticationRequirement = Extract<TokenRequirement, { readonly kind: 'authentication' }>;

/**
 * Whether the user has authenticated as is asked (RFC 9470 §3, by the claims of §6 and OpenID Connect Core 1.0 §2):
 * `acr` is one of those named, `amr` has all that are named, `auth_time` is recent. A claim that is absent or of another
 * type does not do. Does NOT know of an order among `acr` values.
 */
export function authenticatedSo(
  { acr, amr, maxAgeSeconds }: AuthenticationRequirement,
  { claims, profile }: VerifiedToken,
  now: NumericDate,
): boolean {
  if (acr !== undefined && !acr.includes(own(claims, 'acr') as string)) {
    return false;
  }
  if (amr !== undefined && !hasAll(own(claims, 'amr'), amr)) {
    return false;
  }
  if (maxAgeSeconds === undefined) {
    return true;
  }
  const authTime = own(claims, 'auth_time');
  return typeof authTime === 'number' && isRecent(authTime, maxAgeSeconds, profile, now);
}

const own = (claims: JsonObject, name: string): JsonValue | undefined =>
  Object.hasOwn(claims, name) ? claims[name] : undefined;

function hasAll(methods: JsonValue | undefined, wanted: readonly string[]): boolean {
  if (!Array.isArray(methods)) {
    return false;
  }
  for (let i = 0; i < wanted.length; i++) {
    if (!methods.includes(wanted[i])) {
      return false;
    }
  }
  return true;
}
