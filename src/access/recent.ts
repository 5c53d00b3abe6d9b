import type { TokenProfile } from '../core/policy.ts';
import type { NumericDate } from '../core/time.ts';

/**
 * Whether a moment lies at most that long in the past, within the clock tolerance of the issuer that names it. One that
 * is absent, or lies in the future, does not.
 */
export function isRecent(
  moment: NumericDate | undefined,
  maxSeconds: number,
  { clockToleranceSeconds: tolerance }: TokenProfile,
  now: NumericDate,
): boolean {
  return moment !== undefined && now >= moment - tolerance && now <= moment + maxSeconds + tolerance;
}
