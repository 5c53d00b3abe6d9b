import type { RoutePath } from '../core/policy.ts';
import { canonicalPath } from './canonical-path.ts';

/** Lower-case ASCII without anything that a reader drops, decodes or cuts at: every reading is the path itself, and not one of the gateway's own. */
const ONE_READING =
  /^(?:\/(?:\.(?!portcullis))?[a-z0-9_~!$&'()*+,=@-]+(?:(?:\.|:(?!\$))[a-z0-9_~!$&'()*+,=@-]+)*)*$/;

/** Escapes of `sub-delims`, `:` and `@`, which a path may hold as they are (RFC 3986 §3.3). */
const NEEDLESS_ESCAPE = /%(?:2[146-9ABC]|3[AD]|40)/g;

/**
 * A route's path as requests spell it: canonical, a prefix without its trailing slash (so `/*` is the empty text), a
 * parameter as `:` without its name.
 * Throws on a path that no request can have; the configuration check refuses it first (`canonicalPath`).
 */
export function routeSpelling({ kind, value }: RoutePath): string {
  const canonical = canonicalPath(value === '' ? '/' : value);
  if (!canonical.ok) throw new Error(`route path ${JSON.stringify(value)} matches no request`);
  const spelt = canonical.value.replace(/\/:[^/]+/g, '/:');
  return kind === 'prefix' ? withoutTrailingSlash(spelt) : spelt;
}

/** The same canonical path with as few escapes as RFC 3986 allows: `/a%40b` and `/a@b` are one resource to most origins. */
export function withoutNeedlessEscapes(path: string): string {
  return path.replace(NEEDLESS_ESCAPE, decodeURIComponent);
}

/** Whether every reader sees the path itself, so that there is nothing to compare. One regular expression, linear. */
export function hasOneReading(path: string): boolean {
  return ONE_READING.test(path);
}

/** Whether two canonical paths differ in letter case or a trailing slash alone, which an operator may tell apart. */
export function differInCaseOrSlash(a: string, b: string): boolean {
  const [plainA, plainB] = [withoutNeedlessEscapes(a), withoutNeedlessEscapes(b)];
  return (
    plainA !== plainB &&
    withoutTrailingSlash(plainA.toLowerCase()) === withoutTrailingSlash(plainB.toLowerCase())
  );
}

function withoutTrailingSlash(path: string): string {
  return path.endsWith('/') ? path.slice(0, -1) : path;
}
