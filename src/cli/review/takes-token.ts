import type { TokenProfile } from '../../core/policy.ts';
import type { NumericDate } from '../../core/time.ts';
import { checkRevocable } from '../../revocation/revocable.ts';
import { chooseProfile } from '../../tokens/choose-profile.ts';
import { checkClaims, checkTimes } from '../../tokens/claims.ts';
import { encryptionFault } from '../../tokens/decrypt.ts';
import { readSubject } from '../../tokens/subject.ts';
import { claimsOf, encryptedTo, headerOf, type TokenWish } from '../stand-in/mint.ts';

/** When samples are made and judged. Any moment will do: bounds are counted from it. */
export const NOW = 1_800_000_000;

/** Whose tokens, and whether they have to be ones that can be revoked. */
export interface Taker {
  readonly profile: TokenProfile;
  readonly revocable: boolean;
}

/** A token as it is made for one profile, unsigned. */
export interface Sample {
  readonly header: ReturnType<typeof headerOf>;
  readonly claims: ReturnType<typeof claimsOf>;
  readonly binding: string | undefined;
}

export const sampleOf = (profile: TokenProfile, wish: TokenWish, now: NumericDate): Sample => ({
  header: headerOf(profile, wish),
  claims: claimsOf(profile, wish, now),
  binding: encryptedTo(profile, wish),
});

/** Whether a profile takes a token, by the gateway's own checks in their order. Its key counts as trusted. */
export function takes({ profile, revocable }: Taker, sample: Sample, now: NumericDate): boolean {
  const { header, binding } = sample;
  if (!chooseProfile(sample, new Map([[profile.issuer, [profile]]])).ok) return false;
  if (encryptionFault(profile, binding) !== undefined) return false;
  const claims = readSubject(sample.claims, profile);
  const times = checkClaims(header, claims, profile);
  if (!times.ok || checkTimes(times.value, profile, now) !== undefined) return false;
  return !revocable || checkRevocable({ claims, profile, ...times.value }) === undefined;
}
