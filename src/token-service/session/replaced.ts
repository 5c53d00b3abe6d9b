import type { SessionPolicy } from '../policy.ts';
import type { Exchange } from '../ports.ts';
import { sessionToken } from './who.ts';

/**
 * The grant of the session that this browser has, as far as its cookie comes: with `SameSite=Strict`, where a page of this
 * site sent it. null where there is none, or the keyring does not answer: a login does not fail over it.
 */
export async function currentGrant(session: SessionPolicy, exchange: Exchange): Promise<string | null> {
  try {
    return (await sessionToken(session, exchange, 'ignored'))?.sid ?? null;
  } catch {
    return null;
  }
}

/**
 * Ends the sessions whose cookies a new login overwrites: nobody but a thief could go on with them (RFC 9700 §4.14). The new
 * one stands already, whatever becomes of these; what cannot be reached ends by itself in `idle_lifetime`.
 */
export async function endReplaced(ids: readonly (string | null)[], { ports }: Exchange): Promise<void> {
  const grants = [...new Set(ids)].filter((id) => typeof id === 'string');
  await Promise.allSettled(grants.map((id) => ports.grants.getByName(id).end('replaced')));
}
