import { compactVerify } from 'jose';
import type { VerificationKey } from '../core/jose.ts';

/**
 * Whether the token's signature was made with this key by this key's one algorithm (RFC 7515 §5.2 step 8).
 * The algorithm comes from the key, never from the header alone (RFC 8725 §3.1). Whatever the library or
 * WebCrypto throws for a hostile token or key reads as `false`.
 * Does NOT check any claim.
 */
export async function signatureHolds(token: string, key: VerificationKey): Promise<boolean> {
  try {
    await compactVerify(token, key.cryptoKey, { algorithms: [key.algorithm] });
    return true;
  } catch {
    return false;
  }
}
