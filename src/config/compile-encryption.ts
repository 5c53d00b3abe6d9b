import type { TokenEncryption } from '../core/issuer-policy.ts';
import type { JsonObject, JsonValue } from '../core/jose.ts';
import { isObject } from '../core/json.ts';
import { ISSUER_DEFAULTS } from './defaults.ts';
import { namedSecret } from './named-secret.ts';
import type { Reading } from './place.ts';
import { problem } from './problem.ts';
import type { IssuerTable } from './schema.ts';
import type { Bindings } from './variables.ts';

const ALLOWED =
  'the name of a secret that holds a private key for ECDH-ES or RSA-OAEP-256: a JWK, or "-----BEGIN PRIVATE KEY-----"';

/** `decryption_keys` and `encryption`. A key is looked at as far as that goes without importing it, and never repeated. */
export function compileEncryption(
  table: IssuerTable,
  bindings: Bindings,
  reading: Reading,
): TokenEncryption | undefined {
  const { path, faulty, problems } = reading;
  const { decryption_keys: given, encryption } = table;
  if (given === undefined) {
    if (encryption !== undefined && !faulty('decryption_keys')) {
      const allowed = 'decryption_keys beside it: without one no encrypted token can be read';
      problems.push(problem([...path, 'encryption'], 'encryption without decryption_keys', allowed));
    }
    return undefined;
  }
  const keys = [given].flat();
  keys.forEach((binding, index) => {
    const at = [...path, 'decryption_keys', ...(Array.isArray(given) ? [index] : [])];
    const secret = namedSecret(binding, bindings, ALLOWED, { ...reading, path: at });
    const fault = secret === undefined ? undefined : faultOf(secret);
    if (fault !== undefined) problems.push(problem(at, fault, ALLOWED));
  });
  if (new Set(keys).size < keys.length) {
    problems.push(problem([...path, 'decryption_keys'], 'a name twice', 'each binding once'));
  }
  return { keys, required: (encryption ?? ISSUER_DEFAULTS.encryption) === 'required' };
}

/** RFC 7518 §4.3 and §6.3.1: 2048 bits of modulus at least, in base64url. */
const MIN_MODULUS_CHARACTERS = 342;
const CURVES: readonly JsonValue[] = ['P-256', 'P-384', 'P-521', 'X25519'];
const ALGORITHMS: readonly JsonValue[] = ['ECDH-ES', 'ECDH-ES+A256KW', 'RSA-OAEP-256'];

function faultOf(secret: string): string | undefined {
  if (/^\s*-----BEGIN PRIVATE KEY-----[A-Za-z0-9+/=\s]+-----END PRIVATE KEY-----\s*$/.test(secret)) {
    return undefined;
  }
  const jwk = parsed(secret);
  if (jwk === undefined) return 'a secret that is neither';
  const { kty, crv, n, d, alg, use } = jwk;
  if (typeof d !== 'string' || d === '') return 'a JWK without its private part';
  const isEllipticCurve = (kty === 'EC' || kty === 'OKP') && CURVES.includes(crv ?? null);
  if (!isEllipticCurve && kty !== 'RSA') return 'a JWK of another kind';
  if (kty === 'RSA' && (typeof n !== 'string' || n.length < MIN_MODULUS_CHARACTERS)) {
    return 'an RSA key of less than 2048 bits';
  }
  if (use !== undefined && use !== 'enc') return 'a JWK whose "use" is not "enc"';
  const isRsaAlgorithm = alg === 'RSA-OAEP-256';
  if (alg === undefined) return undefined;
  return ALGORITHMS.includes(alg) && isRsaAlgorithm === (kty === 'RSA')
    ? undefined
    : 'a JWK whose "alg" is another';
}

function parsed(secret: string): JsonObject | undefined {
  try {
    const value: JsonValue = JSON.parse(secret);
    return isObject(value) ? value : undefined;
  } catch {
    return undefined;
  }
}
