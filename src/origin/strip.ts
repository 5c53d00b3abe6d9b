import { foldHeaderName } from '../core/fold-header-name.ts';
import type { StrippedHeaders } from '../core/principal.ts';
import { isMisspeltStandard, isReserved } from './reserved-headers.ts';

const AUTHORIZATION = 'authorization';
const CONNECTION = 'connection';
const UPGRADE = 'upgrade';

/** `Connection` values that nominate nothing else. */
const PLAIN_CONNECTION = /^(?:keep-alive|close|upgrade|keep-alive, *upgrade)?$/i;

/**
 * A copy of the client's headers without anything that the origin must hear from the gateway alone:
 * - every spelling (see `foldHeaderName`) of a header in `mapped`, which holds folded names;
 * - every spelling of a reserved header (`reserved-headers.ts`); `restoreKept` brings back what a route keeps;
 * - every spelling but its own of a header with a standard meaning (`Content_Length`, `Set.Cookie`);
 * - `Authorization`, in every spelling; `restoreAuthorization` brings it back where a route forwards it;
 * - headers nominated by `Connection` (RFC 9110 §7.6.1). That happens here, on the client's own headers, so no
 *   `Connection` option can remove what is set later.
 * `Upgrade: websocket` stays, as the runtime needs it to open a WebSocket; any other upgrade goes.
 *
 * Not removed: `Cookie` and every other header that the origin takes from clients. Values are not looked at.
 */
export function stripHeaders(incoming: Headers, mapped: ReadonlySet<string>): StrippedHeaders {
  const headers = new Headers(incoming);
  let connection = false;
  for (const name of incoming.keys()) {
    if (isStripped(name, mapped)) {
      connection ||= name === CONNECTION;
      if (name !== UPGRADE || incoming.get(UPGRADE)?.toLowerCase() !== 'websocket') headers.delete(name);
    }
  }
  if (connection) removeNominated(headers, incoming.get(CONNECTION) ?? '');
  return headers as StrippedHeaders;
}

/** Verdicts on names as sent, for the last set of mapped headers: clients send the same few names again and again. */
const MAX_NAMES = 1_000;
const MAX_NAME_LENGTH = 64;
let verdicts = { mapped: new Set<string>() as ReadonlySet<string>, byName: new Map<string, boolean>() };

function isStripped(name: string, mapped: ReadonlySet<string>): boolean {
  if (verdicts.mapped !== mapped) verdicts = { mapped, byName: new Map() };
  const known = verdicts.byName.get(name);
  if (known !== undefined) return known;
  const folded = foldHeaderName(name);
  const verdict =
    mapped.has(folded) || isReserved(folded) || isMisspeltStandard(name, folded) || folded === AUTHORIZATION;
  if (name.length <= MAX_NAME_LENGTH && verdicts.byName.size < MAX_NAMES) verdicts.byName.set(name, verdict);
  return verdict;
}

/** For a route with `forwardToken`: the client's `Authorization`, unverified unless the route verified it. */
export function restoreAuthorization(headers: StrippedHeaders, incoming: Headers): void {
  const credentials = incoming.get(AUTHORIZATION);
  if (credentials !== null) headers.set(AUTHORIZATION, credentials);
}

/**
 * For a route with `keep_headers`: those of another proxy, as they came, but for what `Connection` nominates.
 * Does not check who wrote them.
 */
export function restoreKept(headers: StrippedHeaders, incoming: Headers, names: readonly string[]): void {
  if (names.length === 0) return;
  const nominated = nominatedBy(incoming.get(CONNECTION) ?? '');
  for (const name of names) {
    const value = incoming.get(name);
    if (value !== null && !nominated.has(name.toLowerCase())) headers.set(name, value);
  }
}

/** A set, as a client may send thousands of options beside thousands of headers. */
const nominatedBy = (connection: string): ReadonlySet<string> =>
  new Set(
    connection
      .toLowerCase()
      .replace(/[ \t]+/g, '')
      .split(','),
  );

function removeNominated(headers: Headers, connection: string): void {
  if (PLAIN_CONNECTION.test(connection)) return;
  const nominated = nominatedBy(connection);
  for (const name of [...headers.keys()]) {
    if (name !== UPGRADE && nominated.has(name)) headers.delete(name);
  }
}
