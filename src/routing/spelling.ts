import type { RoutePath } from '../core/policy.ts';
import { canonicalPath } from './canonical-path.ts';

const ALREADY_FOLDED = /^(?:\/[a-z0-9._~!$&'()*+,=:@-]+)*$/;
const IGNORABLE = /\p{Default_Ignorable_Code_Point}/gu;

/** Escapes of `sub-delims`, `:` and `@`, which a path may hold as they are (RFC 3986 §3.3). */
const NEEDLESS_ESCAPE = /%(?:2[146-9ABC]|3[AD]|40)/g;

/**
 * A route's path as requests spell it: canonical, a prefix without its trailing slash (so `/*` is the empty text).
 * Throws on a path that no request can have; the configuration check refuses it first (`canonicalPath`).
 */
export function routeSpelling({ kind, value }: RoutePath): string {
  const canonical = canonicalPath(value === '' ? '/' : value);
  if (!canonical.ok) throw new Error(`route path ${JSON.stringify(value)} matches no request`);
  return kind === 'prefix' ? withoutTrailingSlash(canonical.value) : canonical.value;
}

/** The same canonical path with as few escapes as RFC 3986 allows: `/a%40b` and `/a@b` are one resource to most origins. */
export function withoutNeedlessEscapes(path: string): string {
  return path.replace(NEEDLESS_ESCAPE, decodeURIComponent);
}

/**
 * What the most lenient origin makes of a canonical path: decoded, cut at a decoded `?` or `#`, compatibility-normalised
 * without invisible characters, in lower case, without trailing slash. Two paths that some origin may take for the
 * same resource fold alike.
 */
export function foldSpelling(path: string): string {
  if (ALREADY_FOLDED.test(path)) return path;
  if (!path.includes('%')) return withoutTrailingSlash(path.toLowerCase());
  const decoded = decodeURIComponent(path).normalize('NFKC').replace(IGNORABLE, '');
  const cut = decoded.search(/[?#]/);
  return withoutTrailingSlash((cut < 0 ? decoded : decoded.slice(0, cut)).toLowerCase());
}

function withoutTrailingSlash(path: string): string {
  return path.endsWith('/') ? path.slice(0, -1) : path;
}
