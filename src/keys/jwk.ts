import { base64url } from 'jose';
import type { AsymmetricAlgorithm, JsonObject, JsonValue } from '../core/jose.ts';
import { isObject } from '../core/json.ts';
import { err, ok, type Result } from '../core/result.ts';
import { RSA_FAULTS, rsaFault } from './rsa.ts';

/** A JWK reduced to what verification needs: nothing private or unknown survives (RFC 7517 §4, RFC 7518 §6). */
export interface PublicJwk {
  readonly kid: string | undefined;
  /** The only algorithm the issuer allows for this key; undefined leaves the choice to the configuration. */
  readonly alg: AsymmetricAlgorithm | undefined;
  readonly members: PublicMembers;
}

/** The required members: the input of the RFC 7638 thumbprint and of the import. */
export type PublicMembers =
  | { readonly kty: 'RSA'; readonly n: string; readonly e: string }
  | { readonly kty: 'EC'; readonly crv: EcCurve; readonly x: string; readonly y: string }
  | { readonly kty: 'OKP'; readonly crv: 'Ed25519'; readonly x: string };

export type EcCurve = 'P-256' | 'P-384' | 'P-521';

/** Why a key is not used; each is told in a `key_rejected` event. */
export const KEY_FAULTS = [
  'not_an_object',
  'private_material',
  'symmetric',
  'kty_unsupported',
  'crv_unsupported',
  'coordinate_malformed',
  'point_small_order',
  'kid_malformed',
  'use_not_sig',
  'key_ops_malformed',
  'key_ops_contradictory',
  'alg_unsupported',
  'alg_unfit',
  'kid_duplicate',
  'kid_blocked',
  'kid_not_allowed',
  'thumbprint_not_allowed',
  'algorithm_not_configured',
  'import_failed',
  ...RSA_FAULTS,
] as const;

export type KeyFault = (typeof KEY_FAULTS)[number];

export interface RejectedKey {
  readonly kid: string | undefined;
  readonly why: KeyFault;
}

/** A longer kid is in no set, so a token with one is answered without looking any further. */
export const MAX_KID_CHARACTERS = 256;

/** RFC 7518 §6.2.2, §6.3.2, §6.4.1 and RFC 8037 §2: members that only a private or symmetric key has. */
const PRIVATE_MEMBERS = ['d', 'p', 'q', 'dp', 'dq', 'qi', 'oth', 'k', 'priv'];

export const hasPrivateMember = (jwk: JsonObject): boolean =>
  PRIVATE_MEMBERS.some((member) => jwk[member] !== undefined);

/** Which algorithms a key can serve by its type and curve (RFC 7518 §3.1, RFC 8037 §3.1, RFC 9864 §2.2). */
export const algorithmsFor = (members: PublicMembers): readonly AsymmetricAlgorithm[] => {
  switch (members.kty) {
    case 'RSA':
      return ['RS256', 'RS384', 'RS512', 'PS256', 'PS384', 'PS512'];
    case 'EC':
      return [EC_CURVES[members.crv].alg];
    case 'OKP':
      return ['EdDSA', 'Ed25519'];
  }
};

/** `octets`: the exact length of a coordinate (RFC 7518 §6.2.1.2). */
const EC_CURVES = {
  'P-256': { alg: 'ES256', octets: 32 },
  'P-384': { alg: 'ES384', octets: 48 },
  'P-521': { alg: 'ES512', octets: 66 },
} as const satisfies Record<EcCurve, { alg: AsymmetricAlgorithm; octets: number }>;

/**
 * Validates one member of a `keys` array as a public signature key. It does not tell whether an EC point is on
 * its curve: the import does.
 */
export const readJwk = (value: JsonValue | undefined): Result<PublicJwk, RejectedKey> => {
  if (!isObject(value)) return err({ kid: undefined, why: 'not_an_object' });
  const { kid } = value;
  const named = typeof kid === 'string' && kid.length <= MAX_KID_CHARACTERS ? kid : undefined;
  const reject = (why: KeyFault) => err({ kid: named, why });

  if (value.kty === 'oct') return reject('symmetric');
  if (hasPrivateMember(value)) return reject('private_material');
  if (kid !== named) return reject('kid_malformed');
  if (value.use !== undefined && value.use !== 'sig') return reject('use_not_sig');
  const operationFault = keyOpsFault(value.key_ops);
  if (operationFault !== undefined) return reject(operationFault);
  const members = publicMembers(value);
  if (!members.ok) return reject(members.error);
  if (value.alg === undefined) return ok({ kid: named, alg: undefined, members: members.value });
  if (!isSignatureAlgorithm(value.alg)) return reject('alg_unsupported');
  const alg = algorithmsFor(members.value).find((fitting) => fitting === value.alg);
  return alg === undefined ? reject('alg_unfit') : ok({ kid: named, alg, members: members.value });
};

const isSignatureAlgorithm = (alg: JsonValue): boolean =>
  typeof alg === 'string' && /^(?:(?:RS|PS|ES)(?:256|384|512)|EdDSA|Ed25519)$/.test(alg);

/** RFC 7517 §4.3: no duplicates, no unrelated operations; a key that may not verify is of no use here. */
const keyOpsFault = (operations: JsonValue | undefined): KeyFault | undefined => {
  if (operations === undefined) return undefined;
  if (!Array.isArray(operations) || operations.some((operation) => typeof operation !== 'string')) {
    return 'key_ops_malformed';
  }
  if (new Set(operations).size !== operations.length) return 'key_ops_malformed';
  const related = operations.every((operation) => operation === 'verify' || operation === 'sign');
  return related && operations.includes('verify') ? undefined : 'key_ops_contradictory';
};

const publicMembers = (jwk: JsonObject): Result<PublicMembers, KeyFault> => {
  const { kty, crv, n, e, x, y } = jwk;
  if (kty === 'RSA') {
    if (typeof n !== 'string' || typeof e !== 'string') return err('rsa_malformed');
    const fault = rsaFault(n, e);
    return fault === undefined ? ok({ kty, n, e }) : err(fault);
  }
  if (kty === 'EC') {
    if (crv !== 'P-256' && crv !== 'P-384' && crv !== 'P-521') return err('crv_unsupported');
    const { octets } = EC_CURVES[crv];
    if (!isOctets(x, octets) || !isOctets(y, octets)) return err('coordinate_malformed');
    return ok({ kty, crv, x, y });
  }
  if (kty !== 'OKP') return err('kty_unsupported');
  if (crv !== 'Ed25519') return err('crv_unsupported');
  if (!isOctets(x, 32)) return err('coordinate_malformed');
  return isSmallOrder(x) ? err('point_small_order') : ok({ kty, crv, x });
};

const isOctets = (text: JsonValue | undefined, octets: number): text is string =>
  typeof text === 'string' &&
  text.length === Math.ceil((octets * 8) / 6) &&
  /^[A-Za-z0-9_-]+$/.test(text) &&
  base64url.encode(base64url.decode(text)) === text;

/**
 * The y coordinates of the Ed25519 points of order 1, 2, 4 and 8, canonical and not, little-endian hex without
 * the sign bit: under such a key one signature can verify for many messages (RFC 8032 §5.1, cofactor 8).
 */
const SMALL_ORDER_Y: ReadonlySet<string> = new Set([
  '00'.repeat(32),
  `01${'00'.repeat(31)}`,
  '26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05',
  'c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a',
  `ec${'ff'.repeat(30)}7f`,
  `ed${'ff'.repeat(30)}7f`,
  `ee${'ff'.repeat(30)}7f`,
]);

const isSmallOrder = (x: string): boolean => {
  const bytes = base64url.decode(x);
  let hex = '';
  bytes.forEach((byte, index) => {
    hex += (index === 31 ? byte & 0x7f : byte).toString(16).padStart(2, '0');
  });
  return SMALL_ORDER_Y.has(hex);
};
