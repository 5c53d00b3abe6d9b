import { withoutSpaceAround } from '../../core/optional-white-space.ts';

/** A cookie as it is set (RFC 6265bis §4.1). Always `Secure` and `HttpOnly`. */
export interface Cookie {
  readonly name: `__Host-${string}` | `__Secure-${string}`;
  readonly value: string;
  readonly path: string;
  readonly maxAgeSeconds: number;
  readonly sameSite: 'strict' | 'lax';
}

export const setCookie = ({ name, value, path, maxAgeSeconds, sameSite }: Cookie): string =>
  `${name}=${value}; Path=${path}; Max-Age=${Math.floor(maxAgeSeconds)}; Secure; HttpOnly; SameSite=${
    sameSite === 'strict' ? 'Strict' : 'Lax'
  }`;

export const clearCookie = (cookie: Pick<Cookie, 'name' | 'path' | 'sameSite'>): string =>
  setCookie({ ...cookie, value: '', maxAgeSeconds: 0 });

/** Browsers take no longer one, name and value together (RFC 6265bis §5.6). */
export const MAX_COOKIE_BYTES = 4_096;

/** Every cookie that a request brings, in its order. Values as they stand; ours are never quoted. */
export function cookiesOf({ headers }: Pick<Request, 'headers'>): readonly (readonly [string, string])[] {
  return (headers.get('Cookie') ?? '').split(';').flatMap((pair) => {
    const equals = pair.indexOf('=');
    if (equals < 0) return [];
    return [[withoutSpaceAround(pair.slice(0, equals)), withoutSpaceAround(pair.slice(equals + 1))] as const];
  });
}

/** The one value of a cookie; undefined where there is none, or several: no telling then which is ours. */
export function cookieOf(request: Pick<Request, 'headers'>, name: string): string | undefined {
  const values = cookiesOf(request).filter(([each]) => each === name);
  return values.length === 1 ? values[0]?.[1] : undefined;
}
