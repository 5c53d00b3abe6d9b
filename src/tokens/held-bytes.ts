import type { JsonValue } from '../core/jose.ts';

/** A token as a one-byte string, and the text within it once more, decoded. */
const BYTES_PER_CHARACTER = 2;
/** What stands around the claims: the entry and its place, the header, and the names that a revocation is looked up by. */
const BYTES_PER_TOKEN = 768;
const BYTES_PER_CONTAINER = 56;
const BYTES_PER_MEMBER = 48;
const BYTES_PER_ELEMENT = 8;

/**
 * What a verified token takes in memory, about: counted by what its claims are made of, since two characters of JSON
 * may be an object. The constants are of 64-bit V8 without pointer compression (docs/configuration.md has the figures).
 */
export const heldBytes = (token: string, claims: JsonValue | undefined): number =>
  token.length * BYTES_PER_CHARACTER + BYTES_PER_TOKEN + structureBytes(claims);

/** Claims are shallow: `core/json.ts` has seen to it. */
function structureBytes(value: JsonValue | undefined): number {
  if (typeof value !== 'object' || value === null) {
    return 0;
  }
  let bytes = BYTES_PER_CONTAINER;
  if (Array.isArray(value)) {
    for (const element of value as readonly JsonValue[]) {
      bytes += BYTES_PER_ELEMENT + structureBytes(element);
    }
    return bytes;
  }
  for (const name in value) {
    bytes += BYTES_PER_MEMBER + structureBytes((value as Readonly<Record<string, JsonValue>>)[name]);
  }
  return bytes;
}
