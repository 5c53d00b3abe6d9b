import type { ClaimPath } from '../core/policy.ts';

const MAX_LENGTH = 256;
const MAX_DEPTH = 16;

/**
 * Reads how the configuration addresses a claim: text that begins with "/" is a JSON Pointer (RFC 6901 §3,
 * `~1` for "/", `~0` for "~"), anything else is one claim name, so dotted and URL names need no escaping.
 *
 * @returns undefined for the empty text, an escape other than `~0` and `~1`, or an address that is too long or deep
 */
export function parseClaimPath(text: string): ClaimPath | undefined {
  if (text === '' || text.length > MAX_LENGTH) return undefined;
  if (!text.startsWith('/')) return [text];
  if (/~(?![01])/.test(text)) return undefined;
  const [first, ...rest] = text
    .slice(1)
    .split('/')
    .map((token) => token.replaceAll('~1', '/').replaceAll('~0', '~'));
  return first === undefined || rest.length >= MAX_DEPTH ? undefined : [first, ...rest];
}
