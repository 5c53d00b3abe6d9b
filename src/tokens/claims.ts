import type { JsonObject, JsonValue, JwsHeader } from '../core/jose.ts';
import type { TokenProfile } from '../core/policy.ts';
import type { Rejection, TokenFault } from '../core/rejection.ts';
import { resolveClaim } from '../core/resolve-claim.ts';
import { err, ok, type Result } from '../core/result.ts';
import { isNumericDate, type NumericDate } from '../core/time.ts';
import { lifetimeFault } from '../core/token-lifetime.ts';
import type { TokenTimes } from '../core/verified-token.ts';

/** RFC 9068 §2.2: claims an access token of that profile must carry. */
const RFC_9068_CLAIMS = ['iss', 'exp', 'aud', 'sub', 'client_id', 'iat', 'jti'] as const;

/**
 * Checks type and claims that do not depend on the time: `typ` (RFC 8725 §3.11), audience (RFC 7519 §4.1.3),
 * the shapes of the registered claims, and the claims the profile requires.
 * `iss` has already been matched when the profile was chosen, and `readSubject` has read the subject. Returns the dates.
 * Does NOT judge them, nor scope or any claim a route asks for.
 */
export function checkClaims(
  header: JwsHeader,
  claims: JsonObject,
  profile: TokenProfile,
): Result<TokenTimes> {
  if (!typeAccepted(header.typ, profile)) {
    return fault('type_unexpected', 'typ');
  }
  const { exp, nbf, iat, sub, client_id } = claims;
  if (exp === undefined && !mayLackExpiry(profile)) {
    return fault('claim_missing', 'exp');
  }
  if (exp !== undefined && !isNumericDate(exp)) {
    return fault('claim_invalid', 'exp');
  }
  if (nbf !== undefined && !isNumericDate(nbf)) {
    return fault('claim_invalid', 'nbf');
  }
  if (
    iat !== undefined &&
    (!isNumericDate(iat) || (exp !== undefined && iat > exp && profile.expiry !== 'ignored'))
  ) {
    return fault('claim_invalid', 'iat');
  }
  if (sub !== undefined && typeof sub !== 'string') {
    return fault('claim_invalid', 'sub');
  }
  const jti = resolveClaim(claims, [profile.jtiClaim]);
  if (jti !== undefined && (typeof jti !== 'string' || jti === '')) {
    return fault('claim_invalid', 'jti');
  }
  for (const name of profile.profile === 'rfc9068' ? RFC_9068_CLAIMS : []) {
    if (!Object.hasOwn(claims, name)) {
      return fault('claim_missing', name);
    }
  }
  if (profile.profile === 'rfc9068' && (typeof client_id !== 'string' || client_id === '')) {
    return fault('claim_invalid', 'client_id');
  }
  for (const name of profile.requiredClaims) {
    if (!Object.hasOwn(claims, name)) {
      return fault('claim_missing', name);
    }
  }
  if (profile.lifetimeEnforced) {
    const overlong = lifetimeFault({ exp, nbf, iat }, profile);
    if (overlong !== undefined) {
      return err(overlong);
    }
  }
  const audience = checkAudience(claims, profile);
  return audience ? err(audience) : ok({ exp, nbf, iat });
}

/**
 * Judges `exp`, `nbf`, `iat` (RFC 7519 §4.1.4–4.1.6) and the profile's greatest token age against `now`, each with
 * the profile's clock tolerance. Runs on every request, also for a token found in the verified-token cache.
 */
export function checkTimes(
  { exp, nbf, iat }: TokenTimes,
  profile: TokenProfile,
  now: NumericDate,
): Rejection | undefined {
  if (profile.expiry === 'ignored') {
    return undefined;
  }
  const tolerance = profile.clockToleranceSeconds;
  if (exp !== undefined && now >= exp + tolerance) {
    return { reason: 'expired', evidence: 'exp' };
  }
  if (nbf !== undefined && now < nbf - tolerance) {
    return { reason: 'not_yet_valid', evidence: 'nbf' };
  }
  if (iat !== undefined && now < iat - tolerance) {
    return { reason: 'not_yet_valid', evidence: 'iat' };
  }
  if (profile.maxTokenAgeSeconds !== undefined) {
    if (iat === undefined) {
      return { reason: 'claim_missing', evidence: 'iat' };
    }
    if (now > iat + profile.maxTokenAgeSeconds + tolerance) {
      return { reason: 'expired', evidence: 'iat' };
    }
  }
  return undefined;
}

/** RFC 7515 §4.1.9: compared without case and without a leading `application/`. */
export function typeAccepted(typ: string | undefined, { types, typeRequired }: TokenProfile): boolean {
  if (types === 'any') {
    return true;
  }
  if (typ === undefined) {
    return !typeRequired;
  }
  if (typ === 'JWT') {
    return types.has('jwt');
  }
  const lower = typ.toLowerCase();
  return types.has(lower.startsWith('application/') ? lower.slice('application/'.length) : lower);
}

/** Where no time is judged, a token still has to have an end: its expiry, or the greatest age that the profile allows. */
const mayLackExpiry = ({ expiry, maxTokenAgeSeconds }: TokenProfile): boolean =>
  expiry === 'optional' || (expiry === 'ignored' && maxTokenAgeSeconds !== undefined);

type AudienceOf = Pick<TokenProfile, 'audience' | 'audienceClaim' | 'audienceOptional'>;

/** Whether the token is meant for the profile's audience (RFC 7519 §4.1.3): a string or an array of strings, compared exactly. */
export function checkAudience(
  claims: JsonObject,
  { audience, audienceClaim, audienceOptional }: AudienceOf,
): Rejection | undefined {
  if (audience === 'any') {
    return undefined;
  }
  const value = resolveClaim(claims, [audienceClaim]);
  if (value === undefined) {
    return audienceOptional ? undefined : { reason: 'claim_missing', evidence: audienceClaim };
  }
  if (typeof value !== 'string' && !isTextList(value)) {
    return { reason: 'claim_invalid', evidence: audienceClaim };
  }
  const named =
    typeof value === 'string' ? audience.includes(value) : value.some((each) => audience.includes(each));
  return named ? undefined : { reason: 'audience_mismatch', evidence: audienceClaim };
}

const isTextList = (value: JsonValue): value is readonly string[] =>
  Array.isArray(value) && value.every((member) => typeof member === 'string');

const fault = (reason: TokenFault, evidence: string) => err({ reason, evidence });
