import type { TokenProfile } from './policy.ts';
import type { Rejection } from './rejection.ts';
import type { NumericDate } from './time.ts';
import type { TokenTimes } from './verified-token.ts';

/** What `iat` + lifetime may be off by when both have fractions: doubles of this century are a quarter of this apart. */
export const SUM_ERROR_SECONDS = 1e-6;

/**
 * When a token stops being accepted, clock tolerance apart: its `exp`, or, without one, the greatest age that its
 * profile allows. undefined: that cannot be told.
 */
export function endOf(
  { exp, iat }: Pick<TokenTimes, 'exp' | 'iat'>,
  { maxTokenAgeSeconds }: Pick<TokenProfile, 'maxTokenAgeSeconds'>,
): NumericDate | undefined {
  if (exp !== undefined) return exp;
  return iat === undefined || maxTokenAgeSeconds === undefined ? undefined : iat + maxTokenAgeSeconds;
}

/** Whether a token says when it was issued and ends, and lives no longer than its issuer's `max_token_lifetime`. */
export function lifetimeFault(times: TokenTimes, profile: TokenProfile): Rejection | undefined {
  const { iat } = times;
  const end = endOf(times, profile);
  if (iat === undefined || end === undefined) {
    return { reason: 'claim_missing', evidence: iat === undefined ? 'iat' : 'exp' };
  }
  return end - iat > profile.maxTokenLifetimeSeconds + SUM_ERROR_SECONDS
    ? { reason: 'claim_invalid', evidence: 'exp beyond max_token_lifetime' }
    : undefined;
}
