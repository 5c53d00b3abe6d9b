import type { Literal, Presented } from './presented.ts';

/** Seconds before now; `expiresInSeconds` so that the whole lifetime is one that the issuer may give. */
export interface Age {
  readonly issuedAgoSeconds: number;
  readonly expiresInSeconds?: number;
}

/**
 * How long ago a token was issued, or its user authenticated, for all that is asked of it; undefined: nothing is, `none`:
 * there is no such time.
 */
export function someAge(
  literals: readonly Literal[],
  of: 'iat' | 'auth_time',
  { profile, revocable }: Presented,
): Age | undefined | 'none' {
  const bounds = (holds: boolean): readonly number[] =>
    literals.flatMap(({ atom, holds: wanted }) =>
      atom.kind === 'age' && atom.of === of && wanted === holds ? [atom.maxSeconds] : [],
    );
  const tolerance = profile.clockToleranceSeconds;
  const atMost = [...bounds(true)];
  if (of === 'iat' && profile.expiry !== 'ignored' && profile.maxTokenAgeSeconds !== undefined) {
    atMost.push(profile.maxTokenAgeSeconds + tolerance);
  }
  const limited = of === 'iat' && (revocable || profile.lifetimeEnforced);
  // It may have expired, within the tolerance.
  if (limited) atMost.push(profile.maxTokenLifetimeSeconds + tolerance);
  const moreThan = bounds(false);
  if (moreThan.length === 0)
    return bounds(true).length === 0 || of === 'iat' ? undefined : { issuedAgoSeconds: 0 };
  // Nobody has said when: that is not recent either.
  if (of === 'auth_time' && bounds(true).length === 0) return undefined;
  const low = Math.max(...moreThan);
  const high = Math.min(...atMost);
  if (low >= high) return 'none';
  const issuedAgoSeconds = high === Number.POSITIVE_INFINITY ? low + 1 : low + Math.min(1, (high - low) / 2);
  const left = limited ? profile.maxTokenLifetimeSeconds - issuedAgoSeconds : Number.POSITIVE_INFINITY;
  return of === 'iat' ? { issuedAgoSeconds, expiresInSeconds: Math.min(60, left) } : { issuedAgoSeconds };
}
