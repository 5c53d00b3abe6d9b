import type { JsonObject, JwsHeader } from '../core/jose.ts';
import { parseJsonObject } from '../core/json.ts';
import type { Rejection } from '../core/rejection.ts';
import { err, ok, type Result } from '../core/result.ts';
import { decodeBase64url, decodePaddedBase64url } from './base64url.ts';

/** A token taken apart. Nothing in it is authenticated. */
export interface DecodedToken {
  readonly header: JwsHeader;
  readonly claims: JsonObject;
  /** ASCII of `header.payload` (RFC 7515 §5.2 step 8). */
  readonly signingInput: string;
  readonly signature: Uint8Array<ArrayBuffer>;
}

/**
 * Header parameters whose presence changes what the token means in a way this gateway does not implement:
 * critical extensions (RFC 7515 §4.1.11), unencoded payload (RFC 7797), compression and encryption (RFC 7516).
 */
const REFUSED_PARAMETERS = ['crit', 'b64', 'zip', 'enc'] as const;

/**
 * Takes a JWS Compact Serialization apart (RFC 7515 §3.1, §5.2 steps 1–7).
 * Refuses JWE, JSON serialisations, non-canonical base64url, duplicate members and the parameters above.
 * `jku`, `x5u`, `jwk` and `x5c` are ignored: keys come from the configuration alone (RFC 8725 §3.10).
 * With `padded` its parts may end with the `=` that RFC 7515 §2 leaves out; what was signed is the text as it stands.
 * Does NOT check the signature, or any claim.
 */
export function decodeToken(token: string, padded = false): Result<DecodedToken> {
  const first = token.indexOf('.');
  const second = token.indexOf('.', first + 1);
  if (first < 1 || second < 0 || token.indexOf('.', second + 1) >= 0) {
    return malformed('not three parts');
  }
  const decode = padded ? decodePaddedBase64url : decodeBase64url;
  const header = padded ? readPaddedHeader(token.slice(0, first)) : readHeader(token.slice(0, first));
  if (!header.ok) {
    return header;
  }
  const payloadBytes = decode(token.slice(first + 1, second));
  const signature = decode(token.slice(second + 1));
  if (!payloadBytes || !signature) {
    return malformed('not base64url');
  }
  const claims = parseJsonObject(payloadBytes);
  if (!claims.ok) {
    return malformed(`payload: ${claims.error}`);
  }
  return ok({
    header: header.value,
    claims: claims.value,
    signingInput: token.slice(0, second),
    signature,
  });
}

/** Headers by their encoded text: an issuer has one for each key, and reading it costs as much as the claims. */
const headersRead = new Map<string, Result<JwsHeader>>();
const MAX_HEADERS = 256;
const MAX_HEADER_LENGTH = 512;

function readHeader(encoded: string): Result<JwsHeader> {
  const known = headersRead.get(encoded);
  if (known !== undefined) {
    return known;
  }
  const bytes = decodeBase64url(encoded);
  const header = bytes === undefined ? malformed('not base64url') : decodeHeader(bytes);
  if (header.ok && encoded.length <= MAX_HEADER_LENGTH) {
    if (headersRead.size >= MAX_HEADERS) {
      headersRead.clear();
    }
    headersRead.set(encoded, header);
  }
  return header;
}

/** Not remembered: only who reads padded tokens may take its text for a header. */
function readPaddedHeader(encoded: string): Result<JwsHeader> {
  const bytes = decodePaddedBase64url(encoded);
  return bytes === undefined ? malformed('not base64url') : decodeHeader(bytes);
}

function decodeHeader(bytes: Uint8Array): Result<JwsHeader> {
  const parsed = parseJsonObject(bytes);
  if (!parsed.ok) {
    return malformed(`header: ${parsed.error}`);
  }
  const header = parsed.value;
  for (const parameter of REFUSED_PARAMETERS) {
    if (Object.hasOwn(header, parameter)) {
      return malformed(`header parameter ${parameter}`);
    }
  }
  const { alg, kid, typ, x5t } = header;
  const x5tS256 = header['x5t#S256'];
  if (typeof alg !== 'string') {
    return malformed('header: alg');
  }
  // Issuers whose key has no name write null for it.
  if (kid !== undefined && kid !== null && typeof kid !== 'string') {
    return malformed('header: kid');
  }
  if (typ !== undefined && typeof typ !== 'string') {
    return malformed('header: typ');
  }
  return ok(
    Object.freeze({
      alg,
      ...(typeof kid === 'string' ? { kid } : {}),
      ...(typ === undefined ? {} : { typ }),
      // They name a key and nothing else, so what cannot be a name is none.
      ...(typeof x5t === 'string' && x5t !== '' ? { x5t } : {}),
      ...(typeof x5tS256 === 'string' && x5tS256 !== '' ? { x5tS256 } : {}),
    }),
  );
}

const malformed = (evidence: string): Result<never, Rejection> =>
  err({ reason: 'token_malformed', evidence });
