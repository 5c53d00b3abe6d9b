import { canonicalPath } from './canonical-path.ts';

const ALREADY_FOLDED = /^(?:\/[a-z0-9._~!$&'()*+,=:@-]+)*$/;
const IGNORABLE = /\p{Default_Ignorable_Code_Point}/gu;

/** `pchar`s that `encodeURIComponent` escapes (RFC 3986 §3.3). */
const NEEDLESS_ESCAPE = /%(?:24|26|2B|2C|3A|3D|40)/g;

/**
 * The spelling under which a route's path is found: canonical, escaping only what RFC 3986 makes escape, so that
 * `/caf\u00e9` and `/caf%C3%A9`, `/a@b` and `/a%40b` in two routes are one path. A prefix loses its trailing slash.
 * Throws on a path that no request can have; the configuration check refuses it first (`canonicalPath`).
 */
export function routeSpelling(path: { readonly kind: 'exact' | 'prefix'; readonly value: string }): string {
  const segments = path.value
    .split('/')
    .map((segment) =>
      encodeURIComponent(decodeURIComponent(segment)).replace(NEEDLESS_ESCAPE, decodeURIComponent),
    );
  const spelled = segments.join('/');
  const canonical = canonicalPath(spelled === '' ? '/' : spelled);
  if (!canonical.ok) throw new Error(`route path ${JSON.stringify(path.value)} matches no request`);
  return path.kind === 'prefix' ? withoutTrailingSlash(canonical.value) : canonical.value;
}

/**
 * What the most lenient origin makes of a canonical path: decoded, cut at a decoded `?` or `#`, compatibility-normalised
 * without invisible characters, in lower case, without trailing slash. Two paths that some origin may take for the same
 * resource fold alike; idempotent.
 */
export function foldSpelling(path: string): string {
  if (ALREADY_FOLDED.test(path)) return path;
  const decoded = path.includes('%')
    ? decodeURIComponent(path).normalize('NFKC').replace(IGNORABLE, '')
    : path;
  const cut = decoded.search(/[?#]/);
  const lower = (cut < 0 ? decoded : decoded.slice(0, cut)).toLowerCase();
  return withoutTrailingSlash(lower.normalize('NFKC'));
}

function withoutTrailingSlash(path: string): string {
  return path.endsWith('/') ? path.slice(0, -1) : path;
}
