import type { RevocationEntry, RevocationStore } from '../../revocation-store/port.ts';

/** A message that counts once: a logout token or a SET. `jti` is unique only within its issuer. */
export interface OneTimeMessage {
  readonly kind: 'logout' | 'set';
  readonly issuer: string;
  readonly jti: string;
  /** How long a repetition could do harm. */
  readonly rememberSeconds: number;
}

/**
 * Stores what a message revokes, unless it was stored before: a repetition is `replayed` and changes nothing, so that
 * it cannot bring back what an admin has taken off the list since. The message is remembered only after the write, so
 * that a retry after a failure is none. Two deliveries at once may both write; the write is idempotent.
 * Throws `StoreUnavailable`.
 */
export async function storeOnce(
  store: RevocationStore,
  message: OneTimeMessage,
  entries: readonly RevocationEntry[],
): Promise<'stored' | 'replayed'> {
  const id = await identifierOf(message);
  if (await store.isClaimed(id)) return 'replayed';
  await store.revoke(entries);
  // A store cannot remember for less than a second.
  await store.claimOnce(id, Math.max(1, Math.ceil(message.rememberSeconds)));
  return 'stored';
}

async function identifierOf({ kind, issuer, jti }: OneTimeMessage): Promise<string> {
  const bytes = new TextEncoder().encode(JSON.stringify([kind, issuer, jti]));
  const digest = new Uint8Array(await crypto.subtle.digest('SHA-256', bytes));
  return digest.toBase64({ alphabet: 'base64url', omitPadding: true });
}
