import type { TokenProfile } from '../core/policy.ts';

/** A token that carries a message once, rather than access again and again. */
export const messageProfile = (issuer: TokenProfile, audience: readonly string[]) =>
  ({
    ...issuer,
    audience,
    audienceClaim: 'aud',
    audienceOptional: false,
    jtiClaim: 'jti',
    profile: 'jwt',
    maxTokenAgeSeconds: undefined,
    lifetimeEnforced: false,
    // An issuer encrypts what a client or an API reads; its messages to us carry no more than an identifier.
    encryption: issuer.encryption && { ...issuer.encryption, required: false },
    requiredClaims: ['iat', 'jti'],
  }) as const;

/** OpenID Connect Back-Channel Logout 1.0 §2.4, which recommends the type; older providers send JWT or none. */
export const logoutProfile = (
  issuer: TokenProfile,
  clientIds: readonly string[],
  typeRequired: boolean,
): TokenProfile => ({
  ...messageProfile(issuer, clientIds),
  types: new Set(typeRequired ? ['logout+jwt'] : ['logout+jwt', 'jwt']),
  typeRequired,
  expiry: 'required',
});
