import type { JsonObject } from '../../core/jose.ts';
import type { TokenProfile } from '../../core/policy.ts';
import { KEY_REVOCATION_SECONDS, type RevocationPredicate } from '../../core/revocation.ts';
import type { NumericDate } from '../../core/time.ts';
import type { RevocationEntry, RevocationEvent } from '../../revocation-store/port.ts';

/**
 * When the last token that a predicate hits has expired everywhere: `iat` at the latest at the mark (or, without one,
 * as far ahead of `now` as the gateway tolerates), then the longest lifetime, then the tolerance after `exp`.
 */
export function lastExpiry(
  predicate: RevocationPredicate,
  profile: TokenProfile,
  now: NumericDate,
): NumericDate {
  if (predicate.kind === 'kid') {
    return now + KEY_REVOCATION_SECONDS;
  }
  const lastIssued =
    'issuedBefore' in predicate ? predicate.issuedBefore : now + profile.clockToleranceSeconds;
  return lastIssued + profile.maxTokenLifetimeSeconds + profile.clockToleranceSeconds;
}

/** Who asked, through which intake, and why. */
export type Provenance = Pick<RevocationEntry, 'revokedBy' | 'intake' | 'reason'>;

/** An entry as stored, in whole seconds: rounded so that it never ends early. */
export const newEntry = (
  predicate: RevocationPredicate,
  expiresAt: NumericDate,
  provenance: Provenance,
  now: NumericDate,
): RevocationEntry => ({
  predicate,
  expiresAt: Math.ceil(expiresAt),
  revokedAt: Math.floor(now),
  ...provenance,
});

/** The longest reason kept, in UTF-16 code units: one line for a person to read. */
export const MAX_REASON_LENGTH = 256;

/** Free text from outside, made one bounded line of well-formed text. */
export const reasonText = (text: string): string =>
  text
    .toWellFormed()
    .replace(/\p{Cc}+/gu, ' ')
    .slice(0, MAX_REASON_LENGTH);

/** An entry as the admin API shows it: the kind is the name of the member that holds what is revoked. */
export function entryJson(entry: RevocationEntry): JsonObject {
  const { predicate, history } = entry;
  return {
    issuer: predicate.issuer,
    [predicate.kind]: predicate.value,
    ...('issuedBefore' in predicate ? { issued_before: predicate.issuedBefore } : {}),
    expires_at: entry.expiresAt,
    ...eventJson(entry),
    ...(history === undefined ? {} : { history: history.map(eventJson) }),
  };
}

const eventJson = ({ revokedAt, revokedBy, intake, reason }: RevocationEvent): JsonObject => ({
  revoked_at: revokedAt,
  revoked_by: revokedBy,
  intake,
  reason,
});
