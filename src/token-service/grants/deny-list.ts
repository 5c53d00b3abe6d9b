import type { RevocationStatus } from '../../core/revocation.ts';
import type { NumericDate } from '../../core/time.ts';
import type { RevocationCheck } from '../../revocation/check.ts';
import type { RevocationReader } from '../../revocation/port.ts';
import { lookupsNamed, statusFrom, type TokenLookups } from '../../revocation/predicates.ts';
import type { RevocationEntry, RevocationStore } from '../../revocation-store/port.ts';
import type { ServicePolicy } from '../policy.ts';
import type { EndReason } from './family.ts';

/** The deny-list as the token service uses it: it ends grants there, and hears of those ended by others. */
export interface DenyList {
  readonly store: RevocationStore;
  readonly reader: RevocationReader;
  /** For tokens of others, as the gateway asks of them. */
  readonly revocation: RevocationCheck;
}

const TIMEOUT_MS = 1_000;

/** What the deny-list says of what bears these names. What cannot be read, or is in doubt, is unknown. */
export async function statusOfNamed(
  reader: RevocationReader,
  lookups: TokenLookups,
): Promise<RevocationStatus['state']> {
  const answer = await reader.read(lookups.keys, TIMEOUT_MS);
  return answer.ok ? statusFrom(lookups, answer.value.values).state : 'unknown';
}

/**
 * Whether the grant, its subject, its client or every login of this service has been revoked since it began, by anyone who writes the deny-list.
 * An access token of before the watermark is refused by resource servers anyway; this keeps a refresh from replacing it.
 */
export async function grantStatus(
  { reader }: DenyList,
  issuer: string,
  grant: { readonly id: string; readonly subject: string; readonly clientId: string },
  startedAt: NumericDate,
): Promise<RevocationStatus['state']> {
  const names = { sid: grant.id, sub: grant.subject, client_id: grant.clientId };
  return await statusOfNamed(reader, lookupsNamed(issuer, names, startedAt));
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
