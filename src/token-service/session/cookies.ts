import { type Cookie, clearCookie, setCookie } from '../login/cookies.ts';
import type { SessionPolicy } from '../policy.ts';

/** The refresh cookie goes to this path and to no other. */
export const REFRESH_PATH = '/session/refresh';

type Place = Pick<Cookie, 'name' | 'path' | 'sameSite'>;

/** The access token, for every path of its host: what the gateway takes as a token source. */
export const ACCESS_COOKIE = '__Host-session';

const accessPlace = ({ sameSite }: Pick<SessionPolicy, 'sameSite'>): Place => ({
  name: ACCESS_COOKIE,
  path: '/',
  sameSite,
});

/** `__Host-` demands `Path=/` (RFC 6265bis §4.1.3.2), so this one can only be `__Secure-`. */
export const REFRESH_COOKIE = '__Secure-session-refresh';
const REFRESH_PLACE: Place = { name: REFRESH_COOKIE, path: REFRESH_PATH, sameSite: 'strict' };

/**
 * Both cookies of a session. The access token's outlives the token: an expired one still says which session a logout is of,
 * and the page learns from the 401 that it is to refresh.
 */
export const sessionCookies = (
  session: Pick<SessionPolicy, 'sameSite'>,
  tokens: { readonly accessToken: string; readonly refreshToken: string },
  maxAgeSeconds: number,
): readonly string[] => [
  setCookie({ ...accessPlace(session), value: tokens.accessToken, maxAgeSeconds }),
  setCookie({ ...REFRESH_PLACE, value: tokens.refreshToken, maxAgeSeconds }),
];

export const clearedCookies = (session: Pick<SessionPolicy, 'sameSite'>): readonly string[] => [
  clearCookie(accessPlace(session)),
  clearCookie(REFRESH_PLACE),
];

export function withCookies(answer: Response, cookies: readonly string[]): Response {
  for (const cookie of cookies) answer.headers.append('Set-Cookie', cookie);
  return answer;
}
