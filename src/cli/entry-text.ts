import { momentText } from '../core/moment-text.ts';
import { visibleText } from '../core/visible-text.ts';
import type { Answer } from './admin-api.ts';

/** How each identifier is called in a sentence. */
const NAMES: Readonly<Record<string, string>> = {
  jti: 'token',
  sub: 'subject',
  sid: 'session',
  client_id: 'client',
  tenant: 'tenant',
  kid: 'key',
  iss: 'whole issuer',
};

/** `token 3f2a… of https://id.example`. */
export function targetText(entry: Answer): string {
  const member = Object.keys(NAMES).find((name) => typeof entry[name] === 'string');
  const value = member === undefined ? '?' : visibleText(String(entry[member]));
  return `${NAMES[member ?? ''] ?? 'something'} ${value} of ${visibleText(String(entry.issuer))}`;
}

/** An entry over several lines; what is empty is left out. */
export function entryText(entry: Answer, now: number): string {
  const lines: readonly (readonly [string, string])[] = [
    ['expires', momentText(entry.expires_at, now)],
    ...(entry.issued_before === undefined
      ? []
      : [['issued before', momentText(entry.issued_before, now)] as const]),
    ['revoked', momentText(entry.revoked_at, now)],
    ['revoked by', visibleText(String(entry.revoked_by ?? ''))],
    ['intake', visibleText(String(entry.intake ?? ''))],
    ['reason', visibleText(String(entry.reason ?? ''))],
    ...historyOf(entry).map((event) => ['before', eventText(event, now)] as const),
  ];
  return lines
    .filter(([, text]) => text !== '')
    .map(([name, text]) => `  ${name.padEnd(15)}${text}`)
    .join('\n');
}

const historyOf = ({ history }: Answer): readonly Answer[] =>
  Array.isArray(history) ? history.filter((event) => typeof event === 'object' && event !== null) : [];

/** When, by whom and why, in one line. */
const eventText = (event: Answer, now: number): string =>
  [momentText(event.revoked_at, now), event.revoked_by, event.intake, event.reason]
    .filter((part) => part !== undefined && part !== '')
    .map((part) => visibleText(String(part)))
    .join(', ');
