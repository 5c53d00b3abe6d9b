import type { SecretEncoding } from './issuer-policy.ts';

const encoder = new TextEncoder();

/** The bytes that a secret's text stands for; undefined: it is not written so. White space around it is no part of it, except in `utf8`. */
export function secretBytes(secret: string, encoding: SecretEncoding): Uint8Array<ArrayBuffer> | undefined {
  const text = encoding === 'utf8' ? secret : secret.trim();
  switch (encoding) {
    case 'utf8':
      return Uint8Array.from(encoder.encode(text));
    case 'hex':
      return /^(?:[0-9a-f]{2})+$/i.test(text)
        ? Uint8Array.from(text.match(/../g) ?? [], (pair) => Number.parseInt(pair, 16))
        : undefined;
    case 'base64':
      return /^[A-Za-z0-9+/]+={0,2}$/.test(text) ? fromBase64(text) : undefined;
    case 'base64url':
      return /^[\w-]+={0,2}$/.test(text)
        ? fromBase64(text.replaceAll('-', '+').replaceAll('_', '/'))
        : undefined;
  }
}

/** By `atob`: the command line runs where `Uint8Array.fromBase64` is not yet. */
function fromBase64(text: string): Uint8Array<ArrayBuffer> | undefined {
  try {
    return Uint8Array.from(atob(text), (character) => character.charCodeAt(0));
  } catch {
    return undefined;
  }
}
