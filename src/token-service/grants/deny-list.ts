import { revocationKey } from '../../core/key-names.ts';
import type { NumericDate } from '../../core/time.ts';
import type { RevocationReader } from '../../revocation/port.ts';
import type { RevocationEntry, RevocationStore } from '../../revocation-store/port.ts';
import type { ServicePolicy } from '../policy.ts';
import type { EndReason } from './family.ts';

/** The deny-list as the token service uses it: it ends grants there, and hears of those ended by others. */
export interface DenyList {
  readonly store: RevocationStore;
  readonly reader: RevocationReader;
}

const TIMEOUT_MS = 1_000;

/**
 * Whether the grant, its subject or its client has been revoked since it began, by anyone who writes the deny-list.
 * An access token of before the watermark is refused by resource servers anyway; this keeps a refresh from replacing it.
 */
export async function grantStatus(
  { reader }: DenyList,
  issuer: string,
  grant: { readonly id: string; readonly subject: string; readonly clientId: string },
  startedAt: NumericDate,
): Promise<'active' | 'revoked' | 'unknown'> {
  const keys = [
    revocationKey('sid', issuer, grant.id),
    revocationKey('sub', issuer, grant.subject),
    revocationKey('client_id', issuer, grant.clientId),
  ];
  const answer = await reader.read(keys, TIMEOUT_MS);
  if (!answer.ok) return 'unknown';
  const [session, ...watermarks] = answer.value.values;
  if (session !== undefined) return 'revoked';
  // A mark that is not a date is from a writer that is not ours: it counts, as it does at the gateway.
  return watermarks.some(
    (found) => found !== undefined && !(found.issuedBefore !== undefined && startedAt > found.issuedBefore),
  )
    ? 'revoked'
    : 'active';
}

/**
 * Has every access token of an ended grant refused until the last has expired; false when nothing is known to be
 * stored, and the caller tries again.
 */
export async function denySession(
  { store }: DenyList,
  { issuer, keys }: Pick<ServicePolicy, 'issuer' | 'keys'>,
  grant: { readonly id: string; readonly why: EndReason },
  now: NumericDate,
): Promise<boolean> {
  const entry: RevocationEntry = {
    predicate: { kind: 'sid', issuer, value: grant.id },
    expiresAt: now + keys.retainSeconds,
    revokedAt: now,
    revokedBy: 'token-service',
    intake: 'grant',
    reason: grant.why,
  };
  try {
    await store.revoke([entry]);
    return true;
  } catch {
    return false;
  }
}
