import type { TokenProfile, TokenProfiles } from '../core/policy.ts';
import { messageProfile } from '../tokens/message-profiles.ts';

/** Every token that control verifies is signed with the keys of an issuer that the gateway knows, and means something else. */

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

/** What a message is verified against: by issuer, then by who of us it is for. */
export const profilesOf = (purposes: readonly { readonly profile: TokenProfile }[]): TokenProfiles =>
  Map.groupBy(
    purposes.map(({ profile }) => profile),
    ({ issuer }) => issuer,
  );
