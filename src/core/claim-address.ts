/** A claim's address: one element for a plain name, several for a JSON Pointer (RFC 6901), unescaped. */
export type ClaimPath = readonly [string, ...string[]];
