import type { NumericDate } from '../../core/time.ts';
import type { SealedKey } from '../../signing-keys/sealing.ts';
import type { EndReason, Family } from './family.ts';

/** Who has logged in and what the client was given for it: what does not change while the grant lives. */
export type GrantFacts = {
  readonly clientId: string;
  readonly subject: string;
  readonly scope: readonly string[];
  /** Audiences its access tokens may be for; the first is the default. */
  readonly resources: readonly string[];
  readonly authTime: NumericDate;
  readonly acr: string | null;
  /** RFC 8176. */
  readonly amr: readonly string[] | null;
  /** The login at another provider that this grant stands on; null: an assertion's. */
  readonly upstream: UpstreamLogin | null;
  /** The claims of the login that a resource asks for, as JSON. */
  readonly login: string;
  /** Whether the client may refresh. */
  readonly refreshable: boolean;
};

/** A login at an upstream OpenID provider, as its ID token tells of it. */
export type UpstreamLogin = {
  /** The table's name. */
  readonly name: string;
  readonly issuer: string;
  /** Its session there (OpenID Connect Back-Channel Logout 1.0 §2.1); null where it names none. */
  readonly sid: string | null;
  /** `iat`, by the provider's clock. */
  readonly issuedAt: NumericDate;
};

/** What the code's redemption must repeat (RFC 6749 §4.1.3, RFC 7636 §4.6). */
export type CodeBinding = { readonly redirectUri: string; readonly challenge: string };

/** A grant at rest. Everything in it may be read without harm: the secret is sealed, tokens are nowhere. */
export type GrantRecord = {
  readonly id: string;
  readonly facts: GrantFacts;
  readonly code: CodeBinding | null;
  readonly secret: SealedKey;
  readonly family: Family;
  /** The grant has ended and the deny-list does not know it yet. */
  readonly denyPending: boolean;
};

/** What a client asks for in one token request. */
export type TokenAsk = {
  readonly clientId: string;
  readonly scope: readonly string[] | null;
  readonly resource: string | null;
};

export type GrantRefusal = 'invalid_grant' | 'invalid_scope' | 'invalid_target' | 'too_large' | 'unavailable';

export type GrantAnswer =
  | {
      readonly granted: true;
      readonly accessToken: string;
      readonly expiresInSeconds: number;
      readonly scope: readonly string[];
      readonly refreshToken: string | null;
      /** The successor that an earlier use of the same refresh token got. */
      readonly repeated?: true;
    }
  | {
      readonly granted: false;
      readonly error: GrantRefusal;
      /** This very request has ended the grant. */
      readonly ended?: EndReason;
    };

export const refused = (error: GrantRefusal, ended?: EndReason): GrantAnswer =>
  ended === undefined ? { granted: false, error } : { granted: false, error, ended };

/** What a refresh token of the grant is good for (RFC 7662 §2.2). */
export type GrantView = { readonly facts: GrantFacts; readonly expiresAt: NumericDate; readonly sid: string };
