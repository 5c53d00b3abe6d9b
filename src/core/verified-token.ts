import type { Brand } from './brand.ts';
import type { JsonObject, JwsHeader, VerificationKey } from './jose.ts';
import type { TokenProfile } from './policy.ts';
import type { NumericDate } from './time.ts';

/** The registered dates of a token (RFC 7519 §4.1.4 to §4.1.6), read and of the right type. */
export interface TokenTimes {
  /** undefined only where the profile does not require it. */
  readonly exp: NumericDate | undefined;
  readonly nbf: NumericDate | undefined;
  readonly iat: NumericDate | undefined;
}

/** A token of which all that its profile asks holds: signature, issuer, and type, audience and times. Minted by `tokens/` alone. */
export type VerifiedToken = Brand<
  TokenTimes & {
    readonly profile: TokenProfile;
    /** Its `iss`. */
    readonly issuer: string;
    readonly header: JwsHeader;
    readonly claims: JsonObject;
    readonly key: VerificationKey;
  },
  'VerifiedToken'
>;
