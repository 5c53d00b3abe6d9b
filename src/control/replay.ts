import type { Issuer } from '../core/policy.ts';
import type { NumericDate } from '../core/time.ts';

/** What `claimOnce` remembers of a logout token or SET: a digest, since `jti` is only unique within its issuer. */
export async function replayIdentifier(kind: 'logout' | 'set', issuer: string, jti: string): Promise<string> {
  const bytes = new TextEncoder().encode(JSON.stringify([kind, issuer, jti]));
  const digest = new Uint8Array(await crypto.subtle.digest('SHA-256', bytes));
  return digest.toBase64({ alphabet: 'base64url', omitPadding: true });
}

/** Seconds until the token is refused as expired anyway. At least one: a store cannot remember for less. */
export const rememberedFor = (expiresAt: NumericDate, issuer: Issuer, now: NumericDate): number =>
  Math.max(1, Math.ceil(expiresAt + issuer.clockToleranceSeconds - now));
