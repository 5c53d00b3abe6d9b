import type { RevocationKind, RevocationPredicate } from '../core/revocation.ts';
import type { NumericDate } from '../core/time.ts';
import { parseRevocationKey } from './key-names.ts';
import type { RevocationEntry, RevocationTarget } from './port.ts';
import { type Audit, type StoredValue, storableMark } from './stored-value.ts';

/** What stands for "there" where a kind has no watermark. */
const PRESENT: NumericDate = 1;

export const storedMark = ({ predicate }: RevocationEntry): NumericDate =>
  'issuedBefore' in predicate ? storableMark(predicate.issuedBefore) : PRESENT;

/** The audit trail as stored. Names are repeated only where the key does not tell them. */
export function writtenAudit(entry: RevocationEntry, key: string): Audit {
  const parts = parseRevocationKey(key);
  const { issuer, value } = entry.predicate;
  return {
    at: entry.revokedAt,
    by: entry.revokedBy,
    via: entry.intake,
    why: entry.reason,
    ...(parts?.issuer === undefined ? { iss: issuer } : {}),
    ...(parts?.value === undefined ? { val: value } : {}),
  };
}

/** The same entry under the names it was asked for: a key that holds only a hash tells none. */
export const named = (
  entry: RevocationEntry,
  { kind, issuer, value }: RevocationTarget,
): RevocationEntry => ({
  ...entry,
  predicate: predicateOf(
    kind,
    issuer,
    value,
    'issuedBefore' in entry.predicate ? entry.predicate.issuedBefore : 0,
  ),
});

/** The entry behind a key. What a hand-written value does not say is empty; an untold name is its hash. */
export function entryFrom(key: string, stored: StoredValue, until: NumericDate): RevocationEntry | undefined {
  const parts = parseRevocationKey(key);
  if (!parts) return undefined;
  const [, issuerName = '', valueName = ''] = key.split(':');
  const issuer = parts.issuer ?? stored.audit.iss ?? issuerName;
  const value = parts.value ?? stored.audit.val ?? valueName;
  return {
    predicate: predicateOf(parts.kind, issuer, value, stored.mark ?? 0),
    expiresAt: until,
    revokedAt: stored.audit.at ?? 0,
    revokedBy: stored.audit.by ?? '',
    intake: stored.audit.via ?? '',
    reason: stored.audit.why ?? '',
  };
}

export function predicateOf(
  kind: RevocationKind,
  issuer: string,
  value: string,
  issuedBefore: NumericDate,
): RevocationPredicate {
  switch (kind) {
    case 'sub':
    case 'client':
    case 'tenant':
      return { kind, issuer, value, issuedBefore };
    case 'jti':
    case 'sid':
    case 'kid':
      return { kind, issuer, value };
  }
}
