import { withoutSpaceAround } from '../core/optional-white-space.ts';
import { err, type Result } from '../core/result.ts';
import type { CookieSource } from '../core/token-source.ts';
import { type BrowserRequest, checkSameSite } from './cross-site.ts';
import { tokenText } from './token-text.ts';

/**
 * The token of a cookie (RFC 6265 §4.2.1), case-sensitive, its value taken as it stands: no quotes, no escapes. An empty
 * value is none. Refused:
 * - the name twice: `credentials_multiple`. A browser sends it twice when two cookies differ in path or domain, and
 *   nothing in the request tells which of them the other site wrote
 * - the name after a comma, by which the runtime joins two `Cookie` lines, and at which some origins split:
 *   `credentials_malformed`
 * - a request that changes something, or opens a WebSocket, for a page of another origin: `cross_site_request`
 * Spaces and tabs alone are around a name: browsers hold the prefixes only against a name that begins with them, so that
 * another site may set U+00A0 and `__Host-…`.
 * Does not check who set the cookie: only the prefixes `__Host-` and `__Secure-` say anything of that.
 */
export function findInCookie(
  { name, allowedOrigins }: CookieSource,
  request: BrowserRequest,
  maxTokenBytes: number,
): Result<string> {
  const cookies = request.headers.get('cookie');
  if (cookies === null || !cookies.includes(name)) return MISSING;
  let found: string | undefined;
  for (const pair of cookies.split(';')) {
    if (nameOf(pair) === name) {
      if (found !== undefined) return err({ reason: 'credentials_multiple', evidence: `${name} twice` });
      found = withoutSpaceAround(pair.slice(pair.indexOf('=') + 1));
    }
    if (behindComma(name).test(pair)) {
      return err({ reason: 'credentials_malformed', evidence: `${name} after a comma` });
    }
  }
  if (found === undefined || found === '') return MISSING;
  const token = tokenText(found, name, maxTokenBytes);
  if (!token.ok) return token;
  const sameSite = checkSameSite(request, allowedOrigins);
  return sameSite.ok ? token : sameSite;
}

/**
 * The pairs of this name, with any white space around it, which some origins trim, and nothing else: the others stay as
 * they are, in their order.
 */
export function removeCookie({ name }: CookieSource, headers: Headers): void {
  const cookies = headers.get('cookie');
  if (cookies === null || !cookies.includes(name)) return;
  const kept = cookies
    .split(';')
    .filter((pair) => nameOf(pair)?.trim() !== name)
    .map((pair) => pair.replace(behindComma(name), ''));
  // The first pair has no space before it.
  const rest = kept.join(';').replace(/^[ \t]+/, '');
  if (rest === cookies) return;
  if (rest === '') headers.delete('cookie');
  else headers.set('cookie', rest);
}

const nameOf = (pair: string): string | undefined => {
  const end = pair.indexOf('=');
  return end < 0 ? undefined : withoutSpaceAround(pair.slice(0, end));
};

const patterns = new Map<string, RegExp>();

function behindComma(name: string): RegExp {
  let pattern = patterns.get(name);
  if (pattern === undefined) {
    pattern = new RegExp(`,\\s*${name.replaceAll('.', '\\.')}\\s*=.*`, 's');
    patterns.set(name, pattern);
  }
  return pattern;
}

const MISSING = err({ reason: 'credentials_missing' } as const);
