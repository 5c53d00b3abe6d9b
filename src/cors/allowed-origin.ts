import type { CorsOrigins, OriginWildcard } from '../core/answer-policy.ts';

/**
 * Whether a page of this origin may read the answers (Fetch Standard, "CORS check"). `origin` is the header as sent,
 * compared as a string: browsers write it in one way. `null`, which any sandboxed frame or file can have, is allowed
 * nowhere but where everybody is. Does NOT authenticate anyone: outside a browser the header says what its sender likes.
 */
export function isAllowedOrigin(origin: string, origins: CorsOrigins): boolean {
  return (
    origins === 'any' ||
    origins.exact.has(origin) ||
    origins.wildcards.some((wildcard) => matches(origin, wildcard))
  );
}

const LABEL = /^[a-z0-9_-]{1,63}$/;

const matches = (origin: string, { before, after }: OriginWildcard): boolean =>
  origin.startsWith(before) &&
  origin.endsWith(after) &&
  origin.length > before.length + after.length &&
  LABEL.test(origin.slice(before.length, origin.length - after.length));
