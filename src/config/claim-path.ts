import type { ClaimPath } from '../core/claim-address.ts';

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

/**
 * `$.org.id`, `$['roles']`, `roles[0]`, `$sub`, `{{ sub }}`: other products' ways to address a claim (RFC 9535, templates).
 * Refused: no claim has such a name.
 */
export const isJsonPath = (text: string): boolean =>
  !text.startsWith('/') &&
  (/^\$(?:[.[\w]|$)|^[$%@]?\{.*\}$/s.test(text) || /\[(?:\d*|\*|'[^']*'|"[^"]*")\]/.test(text));

/** The JSON Pointer to the claim of this very name. */
export const pointerTo = (name: string): string => `/${name.replaceAll('~', '~0').replaceAll('/', '~1')}`;

/** The JSON Pointer that a JSONPath, or a name with dots between words, was meant for perhaps. */
export function pointerHint(text: string): string | undefined {
  if (!isJsonPath(text) && !isDotted(text)) return undefined;
  const parts = [
    ...text
      .replace(/^[$%@]?\{+|\}+$|^\$|\s/g, '')
      .matchAll(/\['([^']*)'\]|\["([^"]*)"\]|\[(\d+)\]|([^./[\]*]+)/g),
  ].map(([, single, double, index, bare]) => single ?? double ?? index ?? bare ?? '');
  return parts.length === 0 ? undefined : `did you mean ${JSON.stringify(parts.map(pointerTo).join(''))}?`;
}

/** `realm_access.roles`, `realm_access/roles`, `roles.0`; a URL (`https://acme.example/roles`) or a name with colons is one claim. */
export const isDotted = (text: string): boolean =>
  /^[A-Za-z_][\w-]*(?:[./](?:[A-Za-z_][\w-]*|\d+))+$/.test(text);
