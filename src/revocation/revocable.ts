import type { Rejection } from '../core/rejection.ts';
import { lifetimeFault } from '../core/token-lifetime.ts';
import type { VerifiedToken } from '../core/verified-token.ts';

/**
 * What a token needs so that revoking it holds: the token identifier (RFC 7519 §4.1.7), and an issue time (§4.1.6)
 * that puts its lifetime within the issuer's `max_token_lifetime`, since a revocation by subject, session or key is
 * forgotten after that.
 */
export function checkRevocable(
  token: Pick<VerifiedToken, 'claims' | 'profile' | 'exp' | 'nbf' | 'iat'>,
): Rejection | undefined {
  const { claims, profile } = token;
  return Object.hasOwn(claims, profile.jtiClaim)
    ? lifetimeFault(token, profile)
    : { reason: 'claim_missing', evidence: profile.jtiClaim };
}
