import type { RevocationTarget } from '../core/revocation.ts';

/** What stands for a target in the log. */
export type TargetDigest = (target: RevocationTarget) => Promise<string>;

const HMAC = { name: 'HMAC', hash: 'SHA-256' } as const;

/**
 * First 128 bits of HMAC-SHA-256 over kind, issuer and value, base64url. Keyed, as identifiers can be guessed: without the
 * secret nobody finds out from the log whether a certain user was revoked. Without one there is no digest.
 */
export function targetDigests(secret: string | undefined): TargetDigest {
  if (secret === undefined) return async () => '-';
  const encoder = new TextEncoder();
  let key: CryptoKey | undefined;
  return async ({ kind, issuer, value }) => {
    key ??= await crypto.subtle.importKey('raw', encoder.encode(secret), HMAC, false, ['sign']);
    const text = encoder.encode(JSON.stringify([kind, issuer, value]));
    const digest = new Uint8Array(await crypto.subtle.sign(HMAC, key, text));
    return digest.subarray(0, 16).toBase64({ alphabet: 'base64url', omitPadding: true });
  };
}
