import type { JsonObject, JsonValue } from '../core/jose.ts';
import { isObject, parseJsonObject } from '../core/json.ts';
import type { Rejection } from '../core/rejection.ts';
import { err, ok, type Result } from '../core/result.ts';
import type { DecryptionWanted } from '../keys/port.ts';
import { decodeBase64url } from './base64url.ts';

/** RFC 7518 §4.1 and §5.1: the only ones there are here. Both content encryptions have keys of 256 bits. */
export const KEY_MANAGEMENT = ['ECDH-ES', 'ECDH-ES+A256KW', 'RSA-OAEP-256'] as const;
export const CONTENT_ENCRYPTION = ['A256GCM', 'A128CBC-HS256'] as const;

/** A header with a P-521 key and two names takes about 500 characters. */
const MAX_HEADER_CHARACTERS = 2_048;
/** RSA of 8192 bits; a wrapped key has 40 octets (RFC 3394 §2.2.1), and agreement alone none (RFC 7518 §4.6). */
const KEY_CHARACTERS = {
  'RSA-OAEP-256': { min: 342, max: 1_366 },
  'ECDH-ES+A256KW': { min: 54, max: 54 },
  'ECDH-ES': { min: 0, max: 0 },
} as const;
/** 96 and 128 bits (RFC 7518 §5.3, §5.2.2.1). */
const IV_CHARACTERS = { A256GCM: 16, 'A128CBC-HS256': 22 } as const;
/** 128 bits for both. */
const TAG_CHARACTERS = 22;
/** RFC 7518 §6.2.1.1, RFC 8037 §2. */
const CURVES = ['P-256', 'P-384', 'P-521', 'X25519'] as const;
/** A coordinate of P-521 in base64url, and what a party may say of itself (RFC 7518 §4.6.1.2). */
const MAX_COORDINATE_CHARACTERS = 88;
const MAX_PARTY_CHARACTERS = 256;

/**
 * Compression would make a small token a large one, `crit` changes what the token means (RFC 7516 §4.1.3, §4.1.13), and
 * the work of a password is the sender's to choose (`p2c`, RFC 7518 §4.8.1.2).
 */
const REFUSED_PARAMETERS = ['zip', 'crit', 'b64', 'p2s', 'p2c'] as const;

/** Whether a text is in the form of a JWE Compact Serialization: five parts (RFC 7516 §9). */
export function isEncrypted(token: string): boolean {
  let dots = 0;
  for (let at = token.indexOf('.'); at >= 0 && dots < 5; at = token.indexOf('.', at + 1)) dots++;
  return dots === 4;
}

export interface EncryptedHeader {
  readonly wanted: DecryptionWanted;
  /** Claims that the header repeats (RFC 7519 §5.3). */
  readonly replicated: JsonObject;
}

/**
 * Reads what an encrypted token says of itself, and holds every part against its bounds, before any key is looked for
 * (RFC 7516 §5.2 steps 1–5). `cty` must say that there is a JWT within (RFC 7519 §5.2).
 * `jku`, `x5u`, `jwk` and `x5c` are ignored. Nothing is authenticated.
 */
export function readEncryptedHeader(token: string): Result<EncryptedHeader> {
  const [encoded = '', key = '', iv = '', ciphertext = '', tag = ''] = token.split('.');
  const bytes = encoded.length > MAX_HEADER_CHARACTERS ? undefined : decodeBase64url(encoded);
  const parsed = bytes && parseJsonObject(bytes);
  if (!parsed?.ok) return malformed(parsed === undefined ? 'header' : `header: ${parsed.error}`);
  const header = parsed.value;
  const refused = REFUSED_PARAMETERS.find((parameter) => Object.hasOwn(header, parameter));
  if (refused !== undefined) return malformed(`header parameter ${refused}`);
  const alg = KEY_MANAGEMENT.find((name) => name === header.alg);
  const enc = CONTENT_ENCRYPTION.find((name) => name === header.enc);
  if (alg === undefined || enc === undefined) {
    return err({
      reason: 'algorithm_not_allowed',
      evidence: `encrypted token: ${alg === undefined ? 'alg' : 'enc'}`,
    });
  }
  const { cty, iss, sub, aud } = header;
  const kid = header.kid ?? undefined;
  if (kid !== undefined && typeof kid !== 'string') return malformed('header: kid');
  if (typeof cty !== 'string' || !/^(?:application\/)?jwt$/i.test(cty)) return malformed('header: cty');
  const curve = alg === 'RSA-OAEP-256' ? undefined : curveOf(header);
  if (alg !== 'RSA-OAEP-256' && curve === undefined) return malformed('header: epk');
  const { min, max } = KEY_CHARACTERS[alg];
  if (key.length < min || key.length > max) return malformed('encrypted key');
  if (iv.length !== IV_CHARACTERS[enc]) return malformed('initialization vector');
  if (tag.length !== TAG_CHARACTERS) return malformed('authentication tag');
  if (ciphertext === '' || ![key, iv, ciphertext, tag].every((part) => decodeBase64url(part))) {
    return malformed('not base64url');
  }
  return ok({ wanted: { alg, kid, curve }, replicated: { iss, sub, aud } });
}

/** The curve of a sender's ephemeral key (RFC 7518 §4.6.1.1) whose members have the form of one. */
function curveOf({ epk, apu, apv }: JsonObject): string | undefined {
  if (!isObject(epk) || !isParty(apu) || !isParty(apv)) return undefined;
  const curve = CURVES.find((name) => name === epk.crv);
  const kty = curve === 'X25519' ? 'OKP' : 'EC';
  const coordinates = curve === 'X25519' ? [epk.x] : [epk.x, epk.y];
  return epk.kty === kty && coordinates.every(isCoordinate) ? curve : undefined;
}

const isCoordinate = (value: JsonValue | undefined): boolean =>
  typeof value === 'string' && value.length > 0 && value.length <= MAX_COORDINATE_CHARACTERS;

const isParty = (value: JsonValue | undefined): boolean =>
  value === undefined || (typeof value === 'string' && value.length <= MAX_PARTY_CHARACTERS);

const malformed = (evidence: string): Result<never, Rejection> =>
  err({ reason: 'token_malformed', evidence: `encrypted token: ${evidence}` });
