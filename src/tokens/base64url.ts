/** Last characters whose unused bits are zero, by `length % 4` (RFC 4648 §3.5): other spellings of the bytes are refused. */
const LAST_OF_TWO = 'AQgw';
const LAST_OF_THREE = 'AEIMQUYcgkosw048';

/** Decodes unpadded base64url in its one canonical spelling (RFC 7515 §2). undefined for anything else. */
export function decodeBase64url(text: string): Uint8Array<ArrayBuffer> | undefined {
  const rest = text.length % 4;
  const last = text.charAt(text.length - 1);
  if (
    rest === 1 ||
    (rest === 2 && !LAST_OF_TWO.includes(last)) ||
    (rest === 3 && !LAST_OF_THREE.includes(last))
  ) {
    return undefined;
  }
  try {
    const bytes = Uint8Array.fromBase64(text, { alphabet: 'base64url' });
    // Padding and white space, which the decoder skips, leave fewer bytes than characters stand for.
    return bytes.length === Math.floor((text.length * 3) / 4) ? bytes : undefined;
  } catch {
    return undefined;
  }
}

/** The same, with or without the whole of its padding (RFC 4648 §5). */
export function decodePaddedBase64url(text: string): Uint8Array<ArrayBuffer> | undefined {
  const bare = text.length % 4 === 0 ? text.replace(/={1,2}$/, '') : text;
  return decodeBase64url(bare);
}
