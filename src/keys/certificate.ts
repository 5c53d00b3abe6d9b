import type { JsonValue } from '../core/jose.ts';
import { decodeOctets, encodeOctets } from './octets.ts';

/** What a key may be called beside its `kid`: digests of its certificate (RFC 7517 §4.8 and §4.9). */
export interface CertificateNames {
  readonly x5t: string | undefined;
  readonly x5tS256: string | undefined;
}

/** A longer name is in no set. Issuers are known to write the digest in hexadecimal first, so there is room for that. */
export const MAX_NAME_CHARACTERS = 256;

/** A name in one spelling, from a JWK or from a token's header; undefined: it is none. */
export const certificateName = (value: JsonValue | undefined): string | undefined => {
  const octets = decodeOctets(value, MAX_NAME_CHARACTERS);
  return octets && encodeOctets(octets);
};

/** More than any certificate that is worth a digest, in characters. */
const MAX_CERTIFICATE_CHARACTERS = 32_768;

/**
 * The names that a JWK does not say itself, from the first certificate of its chain (RFC 7517 §4.7). The certificate is
 * not looked into and nothing of it is trusted: a wrong one gives the key a name that no token uses.
 */
export const completeNames = async (
  { x5t, x5tS256 }: CertificateNames,
  x5c: JsonValue | undefined,
): Promise<CertificateNames> => {
  const [first] = Array.isArray(x5c) ? (x5c as readonly JsonValue[]) : [];
  const der = decodeOctets(first, MAX_CERTIFICATE_CHARACTERS);
  if (der === undefined) return { x5t, x5tS256 };
  return { x5t: x5t ?? (await digest('SHA-1', der)), x5tS256: x5tS256 ?? (await digest('SHA-256', der)) };
};

const digest = async (hash: 'SHA-1' | 'SHA-256', octets: Uint8Array): Promise<string> =>
  encodeOctets(new Uint8Array(await crypto.subtle.digest(hash, octets)));
