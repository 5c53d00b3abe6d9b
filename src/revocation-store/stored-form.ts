import { isHashed, parseRevocationKey, revocationKey } from '../core/key-names.ts';
import { predicateFor, type RevocationTarget } from '../core/revocation.ts';
import type { NumericDate } from '../core/time.ts';
import type { StoredRevocation } from '../revocation/port.ts';
import type { RevocationEntry, RevocationEvent } from './port.ts';

/**
 * An entry as stores keep it, in short: the one file that turns entries into it and back. `mark` is the watermark (or
 * stands for "there"), `until` the end; the rest of the entry is JSON text in `audit`, one line for each time it was
 * revoked, the latest last.
 */
export interface StoredForm {
  readonly key: string;
  readonly mark: NumericDate;
  readonly until: NumericDate;
  readonly audit: string;
}

/** Every member optional, as other services write values too. */
export interface Audit {
  /** `revokedAt`, `revokedBy`, `intake` and `reason` of the entry. */
  readonly at?: NumericDate;
  readonly by?: string;
  readonly via?: string;
  readonly why?: string;
  /** The names themselves, where the key holds only their hash. */
  readonly iss?: string;
  readonly val?: string;
}

/** What stands for "there" where a kind has no watermark. */
const PRESENT: NumericDate = 1;

export function storedForm(entry: RevocationEntry): StoredForm {
  const { predicate, expiresAt, revokedAt, revokedBy, intake, reason } = entry;
  const { kind, issuer, value } = predicate;
  const audit: Audit = {
    at: revokedAt,
    by: revokedBy,
    via: intake,
    why: reason,
    ...(isHashed(issuer) ? { iss: issuer } : {}),
    ...(isHashed(value) ? { val: value } : {}),
  };
  return {
    key: revocationKey(kind, issuer, value),
    mark: 'issuedBefore' in predicate ? storableMark(predicate.issuedBefore) : PRESENT,
    until: storableUntil(expiresAt),
    audit: JSON.stringify(audit),
  };
}

/** What any service may have stored, taken apart. */
export interface StoredValue {
  readonly mark: NumericDate | undefined;
  readonly until: NumericDate | undefined;
  /** Empty where nothing is told. */
  readonly audit: string;
}

/**
 * The entry behind a key. What a hand-written value does not say is empty. A name of which the key holds only the
 * hash is as `asked` for, else as the audit tells it, else the hash.
 */
export function entryFrom(
  key: string,
  { mark, until, audit }: StoredValue & { readonly until: NumericDate },
  asked?: RevocationTarget,
): RevocationEntry | undefined {
  const parts = parseRevocationKey(key);
  if (!parts) return undefined;
  const events = audit.split('\n').map(parseAudit);
  const latest = events.at(-1) ?? {};
  const issuer = parts.issuer ?? asked?.issuer ?? latest.iss ?? parts.encoded.issuer;
  const value = parts.value ?? asked?.value ?? latest.val ?? parts.encoded.value;
  const history = events.slice(0, -1).map(eventFrom);
  return {
    predicate: predicateFor({ kind: parts.kind, issuer, value }, mark ?? 0),
    expiresAt: until,
    ...eventFrom(latest),
    ...(history.length > 0 ? { history } : {}),
  };
}

const eventFrom = ({ at, by, via, why }: Audit): RevocationEvent => ({
  revokedAt: at ?? 0,
  revokedBy: by ?? '',
  intake: via ?? '',
  reason: why ?? '',
});

/** The part of a stored value that decides. */
export const revocationIn = ({ mark, until }: Pick<StoredValue, 'mark' | 'until'>): StoredRevocation => ({
  issuedBefore: mark,
  expiresAt: until,
});

/** NumericDate of an entry that Redis keeps for ever: 9999-12-31T23:59:59Z. */
export const NEVER: NumericDate = 253_402_300_799;

/** `<mark> [<until> [<audit>]]`; at most eleven digits, so that milliseconds are noticed and not obeyed. */
const VALUE = /^(\d{1,11}(?:\.\d{1,9})?)(?: (\d{1,12}(?:\.\d{1,9})?))?(?: (\{.*\}))?$/s;

/** Reads what any service may have written. Never throws: what cannot be read is undefined, member by member. */
export function parseValue(text: string): StoredValue {
  const [, mark, until, audit = ''] = VALUE.exec(text) ?? [];
  return {
    mark: mark === undefined ? undefined : Number(mark),
    until: until === undefined ? undefined : Number(until),
    audit,
  };
}

/** One line. Throws nothing: what cannot be read is empty. */
function parseAudit(text: string): Audit {
  let parsed: unknown;
  try {
    parsed = JSON.parse(text);
  } catch {
    return {};
  }
  if (typeof parsed !== 'object' || parsed === null) return {};
  const members = parsed as Readonly<Record<string, unknown>>;
  return {
    ...(typeof members.at === 'number' ? { at: members.at } : {}),
    ...strings(members, ['by', 'via', 'why', 'iss', 'val']),
  };
}

function strings<Name extends string>(
  members: Readonly<Record<string, unknown>>,
  names: readonly Name[],
): Partial<Record<Name, string>> {
  const found: Partial<Record<Name, string>> = {};
  for (const name of names) {
    const value = members[name];
    if (typeof value === 'string') found[name] = value;
  }
  return found;
}

/** Eleven digits, the most a mark may have: the year 5138. */
const LAST_MARK: NumericDate = 99_999_999_999;

/**
 * A mark or an end within what `parseValue` reads back. Throws on NaN, which is a bug of the caller. A mark is rounded
 * to a microsecond, never to an earlier one: a token that was issued at that very moment is still hit.
 */
export const storableMark = (mark: NumericDate): NumericDate => bounded(microseconds(mark), LAST_MARK);
export const storableUntil = (until: NumericDate): NumericDate => bounded(until, NEVER);

function microseconds(mark: NumericDate): NumericDate {
  const nearest = Math.round(mark * 1e6);
  return nearest / 1e6 < mark ? (nearest + 1) / 1e6 : nearest / 1e6;
}

function bounded(date: NumericDate, last: NumericDate): NumericDate {
  if (Number.isNaN(date)) throw new TypeError('a revocation needs a NumericDate');
  return Math.min(Math.max(date, 0), last);
}

/** A NumericDate as decimal digits, never in exponent notation. */
export const numericDateText = (date: NumericDate): string => date.toFixed(6).replace(/\.?0+$/, '');
