const VISIBLE_ASCII = /^[ -~]*$/;

/** A JWT, or the beginning of one: base64url of `{"`. Dots may be percent-encoded. */
const JWT = /eyJ[\w.%-]{16,}/g;

/**
 * Text from outside as an event may carry it: visible ASCII, everything else as `\uXXXX` so that no terminal and no
 * log reader acts on it; at most `most` characters, a cut told by `...`; whatever looks like a JWT as `[token]`.
 */
export function printable(text: string, most: number): string {
  if (text.length <= most && VISIBLE_ASCII.test(text) && !text.includes('eyJ')) {
    return text;
  }
  // The token goes first: cut in half it would be looked at as something else.
  const safe = text
    .replace(JWT, '[token]')
    .slice(0, most + 1)
    .replace(/[^ -~]/g, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`);
  return safe.length > most ? `${safe.slice(0, most - 3)}...` : safe;
}
