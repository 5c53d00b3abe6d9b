import { type Cookie, clearCookie, cookiesOf, MAX_COOKIE_BYTES, setCookie } from './cookies.ts';
import { isState } from './transaction.ts';

const PREFIX = '__Host-login-';
/** Logins in other tabs of the same browser. A page that starts one after the other must not fill its cookies up. */
const MAX_UNDER_WAY = 4;

/**
 * The cookie of one login: it comes back with the top-level navigation from the provider, which `Strict` would not
 * (RFC 6265bis §5.5.2), and to no subdomain. One for each login, so that tabs do not take each other's.
 */
const cookieFor = (state: string): Pick<Cookie, 'name' | 'path' | 'sameSite'> => ({
  name: `${PREFIX}${state}`,
  path: '/',
  sameSite: 'lax',
});

/** Sets the cookie of a new login and takes back those of too many others; undefined: it is too large for a cookie. */
export function startCookies(
  request: Pick<Request, 'headers'>,
  state: string,
  sealed: string,
  maxAgeSeconds: number,
): readonly string[] | undefined {
  const cookie = { ...cookieFor(state), value: sealed, maxAgeSeconds };
  if (cookie.name.length + sealed.length > MAX_COOKIE_BYTES) return undefined;
  const others = cookiesOf(request).flatMap(([name]) => stateIn(name) ?? []);
  const surplus = others.slice(0, Math.max(0, others.length - MAX_UNDER_WAY));
  return [setCookie(cookie), ...surplus.map((each) => clearCookie(cookieFor(each)))];
}

export const endCookie = (state: string): string => clearCookie(cookieFor(state));

export const transactionCookieName = (state: string): string => cookieFor(state).name;

const stateIn = (name: string): string | undefined => {
  const state = name.startsWith(PREFIX) ? name.slice(PREFIX.length) : '';
  return isState(state) ? state : undefined;
};
