import type { RewrittenPath } from './rewrite-path.ts';

/** How the client asked, and what the origin was asked. */
export interface MappedRequest {
  readonly rewritten: RewrittenPath;
  /** The URL that the origin was asked for. */
  readonly asked: string;
  readonly scheme: 'http' | 'https';
  readonly authority: string;
}

const LOCATIONS = ['Location', 'Content-Location'] as const;

/**
 * Turns the origin's paths in `Location`, `Content-Location` (RFC 9110 §10.2.2, §8.7) and the `Path` of cookies
 * (RFC 6265 §4.1.2.4) back into those the client knows, in place. A URL of another origin, one outside the part
 * that the route shows, and what is no URL stay as they are; so does a `__Host-` cookie, whose path is `/`.
 * Links within the content are not looked at.
 */
export function mapBack(headers: Headers, request: MappedRequest): void {
  for (const name of LOCATIONS) {
    const given = headers.get(name);
    const mapped = given === null ? undefined : mappedLocation(given, request);
    if (mapped !== undefined) headers.set(name, mapped);
  }
  const cookies = headers.getSetCookie();
  const mapped = cookies.map((cookie) => mappedCookie(cookie, request.rewritten));
  if (mapped.every((cookie, index) => cookie === cookies[index])) return;
  headers.delete('Set-Cookie');
  for (const cookie of mapped) headers.append('Set-Cookie', cookie);
}

/** undefined: it stays as it is. */
function mappedLocation(
  given: string,
  { rewritten, asked, scheme, authority }: MappedRequest,
): string | undefined {
  if (!URL.canParse(given, asked)) return undefined;
  const url = new URL(given, asked);
  if (url.origin !== new URL(asked).origin) return undefined;
  const path = publicPath(url.pathname, rewritten);
  if (path === undefined) return undefined;
  const rest = path + url.search + url.hash;
  // A path that begins with two slashes would name a host (RFC 3986 §4.2).
  const absolute = /^[a-z][a-z0-9+.-]*:|^[/\\]{2}/i.test(given.trim()) || /^\/[/\\]/.test(rest);
  return absolute ? `${scheme}://${authority}${rest}` : rest;
}

function mappedCookie(cookie: string, rewritten: RewrittenPath): string {
  if (/^\s*__host-/i.test(cookie)) return cookie;
  return cookie.replace(/(;[ \t]*path[ \t]*=[ \t]*)([^;]*)/gi, (whole, name: string, value: string) => {
    const path = publicPath(value.trim(), rewritten);
    // The client has chosen a part of it, and a semicolon would begin another attribute (RFC 6265 §4.1.1).
    return path === undefined ? whole : name + path.replaceAll(';', '%3B');
  });
}

/** undefined: not below what the route shows of the origin. */
function publicPath(path: string, { publicPrefix, originPrefix }: RewrittenPath): string | undefined {
  if (!path.startsWith('/')) return undefined;
  const below = path === originPrefix || path.startsWith(`${originPrefix}/`);
  if (!below) return undefined;
  const rest = path.slice(originPrefix.length);
  if (publicPrefix === '') return rest === '' ? '/' : rest;
  return publicPrefix + (originPrefix === '' && rest === '/' ? '' : rest);
}
