/** What a token says of itself, read in the browser. Nothing of it is verified. */
export interface ReadToken {
  readonly header: Readonly<Record<string, unknown>>;
  readonly claims: Readonly<Record<string, unknown>>;
}

/** `Bearer ` before a token, spaces and line breaks of an e-mail or a terminal in it. */
export const cleanToken = (pasted: string): string =>
  pasted.replace(/^\s*bearer\s+/i, '').replace(/\s+/g, '');

/**
 * Takes a JWS in compact serialization apart (RFC 7515 §3.1); undefined: it is none, or is encrypted.
 * Lenient, since it decides nothing. Does NOT check the signature or any claim.
 */
export function readToken(pasted: string): ReadToken | undefined {
  const [header, claims, signature, ...more] = cleanToken(pasted).split('.');
  if (signature === undefined || more.length > 0) return undefined;
  const read = { header: readPart(header), claims: readPart(claims) };
  return read.header && read.claims && { header: read.header, claims: read.claims };
}

function readPart(part = ''): Readonly<Record<string, unknown>> | undefined {
  try {
    const bytes = Uint8Array.from(
      atob(part.replaceAll('-', '+').replaceAll('_', '/')),
      (c) => c.codePointAt(0) ?? 0,
    );
    const value: unknown = JSON.parse(
      new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes),
    );
    return typeof value === 'object' && value !== null && !Array.isArray(value) ? { ...value } : undefined;
  } catch {
    return undefined;
  }
}

/** The text of a claim, or nothing where it is no text. */
export const textOf = (of: Readonly<Record<string, unknown>>, name: string): string => {
  const value = Object.hasOwn(of, name) ? of[name] : undefined;
  return typeof value === 'string' ? value : '';
};

/** A date of a token (NumericDate, RFC 7519 §2); undefined: there is none, or no number. */
export const dateOf = (of: Readonly<Record<string, unknown>>, name: string): number | undefined => {
  const value = Object.hasOwn(of, name) ? of[name] : undefined;
  return typeof value === 'number' ? value : undefined;
};
