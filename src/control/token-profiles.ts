import type { TokenProfile, TokenProfiles } from '../core/policy.ts';

/** Every token that control verifies is signed with the keys of an issuer that the gateway knows, and means something else. */

/** The issuer's access tokens, for this Worker instead of the gateway. */
export const adminProfile = (issuer: TokenProfile, audience: readonly string[]): TokenProfile => ({
  ...issuer,
  audience,
  audienceOptional: false,
  expiry: 'required',
});

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

/**
 * RFC 8417 §2.2. The type must be explicit, so that no access token, ID token or logout token of the same issuer passes
 * for one (§2.3, §4.6). `exp` has no meaning in a SET; one that is there must hold.
 */
export const securityEventProfile = (issuer: TokenProfile, audience: readonly string[]): TokenProfile => ({
  ...messageProfile(issuer, audience),
  types: new Set(['secevent+jwt']),
  typeRequired: true,
  expiry: 'optional',
});

/**
 * Tokens presented for revocation, of any type and for any audience; one that has expired, or is not valid yet, is
 * genuine all the same.
 */
export const presentedProfiles = (issuers: ReadonlyMap<string, TokenProfile>): TokenProfiles =>
  new Map(
    [...issuers].map(([iss, issuer]) => [
      iss,
      [
        {
          ...issuer,
          audience: 'any',
          types: 'any',
          profile: 'jwt',
          expiry: 'ignored',
          requiredClaims: [],
          lifetimeEnforced: false,
          encryption: issuer.encryption && { ...issuer.encryption, required: false },
        },
      ],
    ]),
  );

/** A token that carries a message once, rather than access again and again. */
const messageProfile = (issuer: TokenProfile, audience: readonly string[]) =>
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

/** What a message is verified against: by issuer, then by who of us it is for. */
export const profilesOf = (purposes: readonly { readonly profile: TokenProfile }[]): TokenProfiles =>
  Map.groupBy(
    purposes.map(({ profile }) => profile),
    ({ issuer }) => issuer,
  );
