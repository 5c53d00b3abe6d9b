import { decodeToken } from '../../tokens/decode.ts';
import { readGrantToken } from '../grants/grant-token.ts';
import { cookieOf, cookiesOf } from '../login/cookies.ts';
import { ACCESS_COOKIE, REFRESH_COOKIE } from './cookies.ts';

/** A refresh token of the session that this browser is in. Proves nothing: its grant does. */
export interface SessionRefresh {
  readonly text: string;
  readonly grantId: string;
}

/**
 * The refresh token that belongs to the access token beside it, by the grant. `__Secure-` lets a sibling subdomain set a
 * cookie of that name (RFC 6265bis §8.6); `__Host-` lets nobody else: so a foreign one neither takes the place of the
 * session's nor hides it. Undefined where there is no access token, none that belongs to it, or several that differ.
 * Does NOT check the access token's signature: its key may be gone long before the login ends.
 */
export function sessionRefresh(request: Pick<Request, 'headers'>): SessionRefresh | undefined {
  const decoded = decodeToken(cookieOf(request, ACCESS_COOKIE) ?? '');
  if (!decoded.ok) return undefined;
  const { sid } = decoded.value.claims;
  const given = new Set(
    cookiesOf(request).flatMap(([name, value]) => (name === REFRESH_COOKIE ? [value] : [])),
  );
  const [own, ...others] = [...given].flatMap((text) => {
    const token = readGrantToken(text);
    return token?.kind === 'refresh' && token.grantId === sid ? [{ text, grantId: token.grantId }] : [];
  });
  return others.length === 0 ? own : undefined;
}
