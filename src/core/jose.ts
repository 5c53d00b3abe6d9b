/** JWS algorithms the gateway can be configured to accept (RFC 7518 §3.1, RFC 8037, RFC 9864). Never `none`. */
export const ASYMMETRIC_ALGORITHMS = [
  'RS256',
  'RS384',
  'RS512',
  'PS256',
  'PS384',
  'PS512',
  'ES256',
  'ES384',
  'ES512',
  'EdDSA',
  'Ed25519',
] as const;
export const HMAC_ALGORITHMS = ['HS256', 'HS384', 'HS512'] as const;
export type AsymmetricAlgorithm = (typeof ASYMMETRIC_ALGORITHMS)[number];
export type HmacAlgorithm = (typeof HMAC_ALGORITHMS)[number];
export type Algorithm = AsymmetricAlgorithm | HmacAlgorithm;

export type JsonValue = string | number | boolean | null | readonly JsonValue[] | JsonObject;
export interface JsonObject {
  readonly [member: string]: JsonValue | undefined;
}

/** A decoded JOSE header that has passed `tokens/decode.ts`: no `crit`, no `zip`, `alg` a string. Still unauthenticated. */
export interface JwsHeader {
  readonly alg: string;
  readonly kid?: string;
  readonly typ?: string;
  /** Digests of a certificate that name the key as `kid` does (RFC 7515 §4.1.7 and §4.1.8). */
  readonly x5t?: string;
  readonly x5tS256?: string;
}

/**
 * One public (or HMAC) key imported for exactly one algorithm (RFC 8725 §3.1).
 * The same object is returned for as long as the key stays in the issuer's set, so identity tells
 * whether a result that was computed with it still stands.
 */
export interface VerificationKey {
  readonly algorithm: Algorithm;
  readonly kid: string | undefined;
  /** Whose tokens alone it signs, perhaps with a placeholder for the tenant; undefined: its set does not say. */
  readonly issuer?: string | undefined;
  readonly cryptoKey: CryptoKey;
}
