const ALPHABET = /^[A-Za-z0-9_-]*$/;

/** Bits of the last character that must be zero, by `length % 4` (RFC 4648 §3.5): other spellings of the same bytes are refused. */
const LAST_OF_TWO = /[AQgw]$/;
const LAST_OF_THREE = /[AEIMQUYcgkosw048]$/;

/** Decodes unpadded base64url in its one canonical spelling (RFC 7515 §2). undefined for anything else. */
export function decodeBase64url(text: string): Uint8Array<ArrayBuffer> | undefined {
  const rest = text.length % 4;
  if (
    rest === 1 ||
    !ALPHABET.test(text) ||
    (rest === 2 && !LAST_OF_TWO.test(text)) ||
    (rest === 3 && !LAST_OF_THREE.test(text))
  ) {
    return undefined;
  }
  return Uint8Array.fromBase64(text, { alphabet: 'base64url' });
}
