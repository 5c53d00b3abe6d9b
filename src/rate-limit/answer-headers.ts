import type { RateLimitPolicy } from '../core/answer-policy.ts';

/**
 * Tells a client of its limit: `RateLimit-Policy` always, `RateLimit` where the counter said what is left
 * (draft-ietf-httpapi-ratelimit-headers-10 §3, §4; the remaining count is required there, so an unknown one is not told).
 */
export function setRateHeaders(
  answer: Headers,
  { fieldName, limit, periodSeconds }: RateLimitPolicy,
  left: { readonly remaining: number; readonly resetSeconds: number } | undefined,
): void {
  answer.set('RateLimit-Policy', `${fieldName};q=${limit};w=${periodSeconds}`);
  // What the origin says of a limit of its own is not of this policy.
  answer.delete('RateLimit');
  if (left !== undefined) {
    answer.set('RateLimit', `${fieldName};r=${left.remaining};t=${Math.ceil(left.resetSeconds)}`);
  }
}
