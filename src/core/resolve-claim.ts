import type { ClaimPath } from './claim-address.ts';
import type { JsonObject, JsonValue } from './jose.ts';

/** RFC 6901 §4: digits without a leading zero. `-` (the element after the last) names nothing that exists. */
const ARRAY_INDEX = /^(?:0|[1-9][0-9]{0,9})$/;

/**
 * The value a claim path points to (RFC 6901 §4, tokens already unescaped), or undefined when there is none.
 * Only members of the JSON document count: `__proto__`, `constructor` or `length` resolve when the token carries
 * a member of that name and never to anything JavaScript adds. A JSON `null` is returned as null.
 */
export function resolveClaim(claims: JsonObject, path: ClaimPath): JsonValue | undefined {
  let value: JsonValue | undefined = claims;
  for (const token of path) {
    if (typeof value !== 'object' || value === null) {
      return undefined;
    }
    if (Array.isArray(value)) {
      value = ARRAY_INDEX.test(token) ? (value as readonly JsonValue[])[Number(token)] : undefined;
    } else {
      value = Object.hasOwn(value, token) ? (value as JsonObject)[token] : undefined;
    }
  }
  return value;
}
