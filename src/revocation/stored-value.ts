import type { NumericDate } from '../core/time.ts';
import type { StoredRevocation } from './backend.ts';

/** NumericDate of an entry that Redis keeps for ever: 9999-12-31T23:59:59Z. */
export const NEVER: NumericDate = 253_402_300_799;

/** Audit trail of an entry, as JSON behind the value; every member optional, as other services write values too. */
export interface Audit {
  readonly at?: NumericDate;
  readonly by?: string;
  readonly via?: string;
  readonly why?: string;
  /** The names themselves, when the key holds only their hash. */
  readonly iss?: string;
  readonly val?: string;
}

export interface StoredValue extends StoredRevocation {
  readonly audit: Audit;
}

/** `<mark> [<until> [<audit as JSON>]]`; at most eleven digits, so that milliseconds are noticed and not obeyed. */
const VALUE = /^(\d{1,11}(?:\.\d{1,9})?)(?: (\d{1,12}(?:\.\d{1,9})?))?(?: (\{.*\}))?$/s;

/** Reads what any service may have written. Never throws: what cannot be read is undefined, member by member. */
export function parseValue(text: string): StoredValue {
  const [, mark, until, audit] = VALUE.exec(text) ?? [];
  return {
    mark: mark === undefined ? undefined : Number(mark),
    until: until === undefined ? undefined : Number(until),
    audit: parseAudit(audit),
  };
}

/** Throws nothing: an audit trail that cannot be read is empty. */
export function parseAudit(text: string | undefined): Audit {
  if (text === undefined) return {};
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
