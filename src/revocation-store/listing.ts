import { revocationPrefix } from '../core/key-names.ts';
import { REVOCATION_KINDS } from '../core/revocation.ts';
import type { ListFilter, RevocationEntry, RevocationPage } from './port.ts';

/** A stretch of keys in their own order: beyond `after`, and before `before`. */
export interface KeyRange {
  readonly after: string;
  readonly before: string;
}

/** What is in a stretch, at most as many keys as asked for. */
export interface RangeRead {
  /** The last key looked at; undefined: the stretch ends here. */
  readonly last: string | undefined;
  readonly entries: readonly RevocationEntry[];
}

/** Reads of the store for one page; a filter that lets little through yields a short page with a cursor. */
const MAX_READS_PER_PAGE = 20;

/**
 * One page of the live entries that the filter names, kind by kind and issuer by issuer. Only the keys of its issuers
 * are looked at, so neither an entry nor a cursor tells of any other's. A cursor is the key a page ended at; one that
 * is not of this filter begins anew.
 */
export async function listEntries(
  read: (range: KeyRange, count: number) => Promise<RangeRead>,
  filter: ListFilter,
  cursor: string | undefined,
  limit: number,
): Promise<RevocationPage> {
  const prefixes = (filter.kinds ?? REVOCATION_KINDS).flatMap((kind) =>
    filter.issuers.map((issuer) => revocationPrefix(kind, issuer)),
  );
  const start = prefixes.findIndex((prefix) => cursor?.startsWith(prefix));
  const entries: RevocationEntry[] = [];
  let after = start === -1 ? undefined : cursor;
  let reads = 0;
  for (const prefix of prefixes.slice(Math.max(start, 0))) {
    after ??= prefix;
    do {
      if (entries.length === limit || reads++ === MAX_READS_PER_PAGE) return { entries, cursor: after };
      const range = { after, before: endOf(prefix) };
      const found: RangeRead = await read(range, limit - entries.length);
      entries.push(...found.entries.filter((entry) => isWithin(entry, filter)));
      after = found.last;
    } while (after !== undefined);
  }
  return { entries, cursor: undefined };
}

/** A prefix ends with ":", which ";" follows at once. */
const endOf = (prefix: string): string => `${prefix.slice(0, -1)};`;

const isWithin = ({ revokedAt }: RevocationEntry, { revokedFrom, revokedTo }: ListFilter): boolean =>
  (revokedFrom === undefined || revokedAt >= revokedFrom) &&
  (revokedTo === undefined || revokedAt <= revokedTo);
