import type { Rejection } from '../core/rejection.ts';
import type { VerifiedToken } from '../core/verified-token.ts';

/** What `iat` + lifetime may be off by when both have fractions: doubles of this century are a quarter of this apart. */
export const SUM_ERROR_SECONDS = 1e-6;

/**
 * What a token needs so that revoking it holds: the token identifier (RFC 7519 §4.1.7), and an issue time (§4.1.6)
 * that puts its lifetime within the issuer's `max_token_lifetime`, since a revocation by subject, session or key is
 * forgotten after that.
 */
export function checkRevocable({ claims, profile, iat, exp }: VerifiedToken): Rejection | undefined {
  if (!Object.hasOwn(claims, profile.jtiClaim)) {
    return { reason: 'claim_missing', evidence: profile.jtiClaim };
  }
  if (iat === undefined || exp === undefined) {
    return { reason: 'claim_missing', evidence: iat === undefined ? 'iat' : 'exp' };
  }
  return exp - iat > profile.maxTokenLifetimeSeconds + SUM_ERROR_SECONDS
    ? { reason: 'claim_invalid', evidence: 'exp beyond max_token_lifetime' }
    : undefined;
}
