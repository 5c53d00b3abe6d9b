import type { Algorithm, VerificationKey } from '../core/jose.ts';
import type { DecodedToken } from './decode.ts';

interface VerifyParameters {
  readonly name: string;
  readonly hash?: string;
  readonly saltLength?: number;
}

const pss = (saltLength: number) => ({ name: 'RSA-PSS', saltLength });
const ecdsa = (hash: string) => ({ name: 'ECDSA', hash });

/** What WebCrypto is asked for, by JWS algorithm (RFC 7518 §3.2–3.5, RFC 8037 §3.1); hash and curve are the key's. */
const PARAMETERS: Readonly<Record<Algorithm, string | VerifyParameters>> = {
  RS256: 'RSASSA-PKCS1-v1_5',
  RS384: 'RSASSA-PKCS1-v1_5',
  RS512: 'RSASSA-PKCS1-v1_5',
  PS256: pss(32),
  PS384: pss(48),
  PS512: pss(64),
  ES256: ecdsa('SHA-256'),
  ES384: ecdsa('SHA-384'),
  ES512: ecdsa('SHA-512'),
  EdDSA: 'Ed25519',
  Ed25519: 'Ed25519',
  HS256: 'HMAC',
  HS384: 'HMAC',
  HS512: 'HMAC',
};

const encoder = new TextEncoder();

/**
 * Whether the token's signature was made with this key by this key's one algorithm (RFC 7515 §5.2 step 8).
 * The algorithm comes from the key, never from the header (RFC 8725 §3.1). Whatever WebCrypto throws for a hostile
 * token or key reads as `false`.
 * Does NOT check any claim, nor that the key is fit for the header: `keys/` has chosen it so.
 *
 * Straight to WebCrypto: the token is taken apart already, and a JWS library would do it a second time, which
 * measures as a third of what an RS256 verification costs.
 */
export async function signatureHolds(
  { signingInput, signature }: DecodedToken,
  { algorithm, cryptoKey }: VerificationKey,
): Promise<boolean> {
  try {
    const input = encoder.encode(signingInput);
    return await crypto.subtle.verify(PARAMETERS[algorithm], cryptoKey, signature, input);
  } catch {
    return false;
  }
}
