import type { JsonValue } from '../core/jose.ts';

/**
 * Octets written in base64 or base64url, padded or not (RFC 4648 §4 and §5 write the same octets). undefined for text
 * in neither alphabet, in both, or padded wrongly, and for more than `maxCharacters`.
 */
export const decodeOctets = (text: JsonValue | undefined, maxCharacters: number): Uint8Array | undefined => {
  if (typeof text !== 'string' || text.length > maxCharacters) return undefined;
  const bare = text.replace(/={1,2}$/, '');
  if (bare !== text && text.length % 4 !== 0) return undefined;
  const alphabet = /^[A-Za-z0-9_-]+$/.test(bare) ? 'base64url' : 'base64';
  if (alphabet === 'base64' && !/^[A-Za-z0-9+/]+$/.test(bare)) return undefined;
  try {
    return Uint8Array.fromBase64(bare, { alphabet });
  } catch {
    return undefined;
  }
};

/** The one spelling that thumbprints and comparisons are made of (RFC 7515 §2). */
export const encodeOctets = (octets: Uint8Array): string =>
  octets.toBase64({ alphabet: 'base64url', omitPadding: true });

/** An unsigned integer in its least number of octets (RFC 7518 §2, Base64urlUInt): zero is one octet. */
export const leastOctets = (octets: Uint8Array): Uint8Array => {
  const first = octets.findIndex((octet) => octet !== 0);
  return octets.subarray(first === -1 ? octets.length - 1 : first);
};

/** An unsigned integer in exactly `size` octets; undefined when it has fewer, or does not fit. */
export const octetsOfSize = (octets: Uint8Array, size: number): Uint8Array | undefined => {
  const excess = octets.length - size;
  if (excess < 0 || octets.subarray(0, excess).some((octet) => octet !== 0)) return undefined;
  return octets.subarray(excess);
};

export const integerOf = (octets: Uint8Array): bigint => BigInt(`0x${octets.toHex()}`);
