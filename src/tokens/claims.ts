import type { JsonObject, JsonValue, JwsHeader } from '../core/jose.ts';
import type { Issuer } from '../core/policy.ts';
import type { Rejection, TokenFault } from '../core/rejection.ts';
import { resolveClaim } from '../core/resolve-claim.ts';
import { err, ok, type Result } from '../core/result.ts';
import { isNumericDate, type NumericDate } from '../core/time.ts';

/** RFC 9068 §2.2: claims an access token of that profile must carry. */
const RFC_9068_CLAIMS = ['iss', 'exp', 'aud', 'sub', 'client_id', 'iat', 'jti'] as const;

/**
 * Checks type and claims that do not depend on the time: `typ` (RFC 8725 §3.11), audience (RFC 7519 §4.1.3),
 * the shapes of the registered claims, and the claims the issuer or profile requires.
 * `iss` has already been matched when the issuer was chosen, and `readSubject` has read the subject. Returns `exp`.
 * Does NOT check times, scope or any claim a route asks for.
 */
export function checkClaims(header: JwsHeader, claims: JsonObject, issuer: Issuer): Result<NumericDate> {
  if (!typeAccepted(header.typ, issuer)) {
    return fault('type_unexpected', 'typ');
  }
  const { exp, nbf, iat, sub, client_id } = claims;
  if (exp === undefined) {
    return fault('claim_missing', 'exp');
  }
  if (!isNumericDate(exp)) {
    return fault('claim_invalid', 'exp');
  }
  if (nbf !== undefined && !isNumericDate(nbf)) {
    return fault('claim_invalid', 'nbf');
  }
  if (iat !== undefined && (!isNumericDate(iat) || iat > exp)) {
    return fault('claim_invalid', 'iat');
  }
  if (sub !== undefined && typeof sub !== 'string') {
    return fault('claim_invalid', 'sub');
  }
  const jti = resolveClaim(claims, [issuer.jtiClaim]);
  if (jti !== undefined && (typeof jti !== 'string' || jti === '')) {
    return fault('claim_invalid', 'jti');
  }
  for (const name of issuer.profile === 'rfc9068' ? RFC_9068_CLAIMS : []) {
    if (!Object.hasOwn(claims, name)) {
      return fault('claim_missing', name);
    }
  }
  if (issuer.profile === 'rfc9068' && (typeof client_id !== 'string' || client_id === '')) {
    return fault('claim_invalid', 'client_id');
  }
  for (const name of issuer.requiredClaims) {
    if (!Object.hasOwn(claims, name)) {
      return fault('claim_missing', name);
    }
  }
  const audience = checkAudience(resolveClaim(claims, [issuer.audienceClaim]), issuer);
  return audience ? err(audience) : ok(exp);
}

/**
 * Checks `exp`, `nbf`, `iat` (RFC 7519 §4.1.4–4.1.6) and the issuer's greatest token age against `now`, each with
 * the issuer's clock tolerance. Runs on every request, also for a token found in the verified-token cache.
 * Expects claims that passed `checkClaims`.
 */
export function checkTimes(claims: JsonObject, issuer: Issuer, now: NumericDate): Rejection | undefined {
  const { exp, nbf, iat } = claims as { exp: number; nbf?: number; iat?: number };
  const tolerance = issuer.clockToleranceSeconds;
  if (now >= exp + tolerance) {
    return { reason: 'expired', evidence: 'exp' };
  }
  if (nbf !== undefined && now < nbf - tolerance) {
    return { reason: 'not_yet_valid', evidence: 'nbf' };
  }
  if (iat !== undefined && now < iat - tolerance) {
    return { reason: 'not_yet_valid', evidence: 'iat' };
  }
  if (issuer.maxTokenAgeSeconds !== undefined) {
    if (iat === undefined) {
      return { reason: 'claim_missing', evidence: 'iat' };
    }
    if (now > iat + issuer.maxTokenAgeSeconds + tolerance) {
      return { reason: 'expired', evidence: 'iat' };
    }
  }
  return undefined;
}

/** What `iat` + lifetime may be off by when both have fractions: doubles of this century are a quarter of this apart. */
const SUM_ERROR_SECONDS = 1e-6;

/**
 * What a token needs so that revoking it holds: the token identifier (RFC 7519 §4.1.7), and an issue time (§4.1.6)
 * that puts its lifetime within the issuer's `max_token_lifetime`, since a revocation by subject, session or key is
 * forgotten after that. Expects claims that passed `checkClaims`.
 */
export function checkRevocable(claims: JsonObject, issuer: Issuer): Rejection | undefined {
  for (const name of [issuer.jtiClaim, 'iat']) {
    if (!Object.hasOwn(claims, name)) {
      return { reason: 'claim_missing', evidence: name };
    }
  }
  const { exp, iat } = claims as { exp: number; iat: number };
  return exp - iat > issuer.maxTokenLifetimeSeconds + SUM_ERROR_SECONDS
    ? { reason: 'claim_invalid', evidence: 'exp beyond max_token_lifetime' }
    : undefined;
}

/** RFC 7515 §4.1.9: compared without case and without a leading `application/`. */
function typeAccepted(typ: string | undefined, issuer: Issuer): boolean {
  if (typ === undefined) {
    return !issuer.typeRequired;
  }
  if (typ === 'JWT') {
    return issuer.types.has('jwt');
  }
  const lower = typ.toLowerCase();
  return issuer.types.has(lower.startsWith('application/') ? lower.slice('application/'.length) : lower);
}

function checkAudience(value: JsonValue | undefined, issuer: Issuer): Rejection | undefined {
  if (value === undefined) {
    return { reason: 'claim_missing', evidence: issuer.audienceClaim };
  }
  if (typeof value === 'string') {
    return issuer.audience.includes(value)
      ? undefined
      : { reason: 'audience_mismatch', evidence: issuer.audienceClaim };
  }
  if (!Array.isArray(value) || !value.every((member) => typeof member === 'string')) {
    return { reason: 'claim_invalid', evidence: issuer.audienceClaim };
  }
  return value.some((member) => issuer.audience.includes(member))
    ? undefined
    : { reason: 'audience_mismatch', evidence: issuer.audienceClaim };
}

const fault = (reason: TokenFault, evidence: string) => err({ reason, evidence });
