import type { TokenProfile } from '../core/policy.ts';

/** The issuer's access tokens, for this Worker instead of the gateway. */
export const adminProfile = (issuer: TokenProfile, audience: readonly string[]): TokenProfile => ({
  ...issuer,
  audience,
  audienceOptional: false,
  expiry: 'required',
});
