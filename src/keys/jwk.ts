import type { AsymmetricAlgorithm, JsonObject, JsonValue } from '../core/jose.ts';
import { isObject } from '../core/json.ts';
import { isEmptyMember, secretMembersOf } from '../core/jwk-members.ts';
import { err, ok, type Result } from '../core/result.ts';
import { type CertificateNames, certificateName } from './certificate.ts';
import { decodeOctets, encodeOctets, leastOctets, octetsOfSize } from './octets.ts';
import { MAX_INTEGER_CHARACTERS, RSA_FAULTS, readRsa } from './rsa.ts';

/**
 * A JWK reduced to what verification needs, in its normal form: nothing private or unknown survives (RFC 7517 §4,
 * RFC 7518 §6).
 */
export interface PublicJwk {
  readonly kid: string | undefined;
  /** The only algorithm the issuer allows for this key; undefined leaves the choice to the configuration. */
  readonly alg: AsymmetricAlgorithm | undefined;
  readonly certificate: CertificateNames;
  /** Whose tokens alone it signs, where a set is of many issuers: the member `issuer` of Entra ID. */
  readonly issuer: string | undefined;
  readonly members: PublicMembers;
}

/** The required members, in base64url without padding and of the right length: the input of the RFC 7638 thumbprint and of the import. */
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

/**
 * What a key and its private part have in common, in one spelling: RSA keys by modulus, others by `x` alone, as the
 * private key of a point gives that of its mirror image. For finding the public twin of a key that leaked.
 */
export const publicPartsOf = (jwk: JsonObject): readonly string[] =>
  (['n', 'x'] as const).flatMap((member) => {
    const octets = decodeOctets(jwk[member], MAX_INTEGER_CHARACTERS);
    return octets === undefined ? [] : [`${member} ${encodeOctets(leastOctets(octets))}`];
  });

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
 * Validates one member of a `keys` array as a public signature key and brings it into its normal form. Members that
 * hold nothing count as absent. It does not tell whether an EC point is on its curve: the import does.
 */
export const readJwk = (value: JsonValue | undefined): Result<PublicJwk, RejectedKey> => {
  if (!isObject(value)) return err({ kid: undefined, why: 'not_an_object' });
  const jwk = withoutEmptyMembers(value);
  const { kid } = jwk;
  const named = typeof kid === 'string' && kid.length <= MAX_KID_CHARACTERS ? kid : undefined;
  const reject = (why: KeyFault) => err({ kid: named, why });

  if (jwk.kty === 'oct') return reject('symmetric');
  if (secretMembersOf(jwk).length > 0) return reject('private_material');
  if (kid !== named) return reject('kid_malformed');
  if (jwk.use !== undefined && jwk.use !== 'sig') return reject('use_not_sig');
  const operationFault = keyOpsFault(jwk.key_ops);
  if (operationFault !== undefined) return reject(operationFault);
  const members = publicMembers(jwk);
  if (!members.ok) return reject(members.error);
  const certificate = { x5t: certificateName(jwk.x5t), x5tS256: certificateName(jwk['x5t#S256']) };
  const issuer = typeof jwk.issuer === 'string' ? jwk.issuer : undefined;
  const read = { kid: named, certificate, issuer, members: members.value };
  if (jwk.alg === undefined) return ok({ ...read, alg: undefined });
  if (!isSignatureAlgorithm(jwk.alg)) return reject('alg_unsupported');
  const alg = algorithmsFor(members.value).find((fitting) => fitting === jwk.alg);
  return alg === undefined ? reject('alg_unfit') : ok({ ...read, alg });
};

const withoutEmptyMembers = (jwk: JsonObject): JsonObject =>
  Object.fromEntries(Object.entries(jwk).filter(([, value]) => !isEmptyMember(value)));

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

const publicMembers = ({ kty, crv, n, e, x, y }: JsonObject): Result<PublicMembers, KeyFault> => {
  if (kty === 'RSA') {
    const read = readRsa(n, e);
    return read.ok ? ok({ kty, ...read.value }) : read;
  }
  if (kty === 'EC') {
    if (crv !== 'P-256' && crv !== 'P-384' && crv !== 'P-521') return err('crv_unsupported');
    const { octets } = EC_CURVES[crv];
    const [across, up] = [readCoordinate(x, octets), readCoordinate(y, octets)];
    if (across === undefined || up === undefined) return err('coordinate_malformed');
    return ok({ kty, crv, x: across, y: up });
  }
  if (kty !== 'OKP') return err('kty_unsupported');
  if (crv !== 'Ed25519') return err('crv_unsupported');
  const point = decodeOctets(x, MAX_COORDINATE_CHARACTERS);
  if (point?.length !== 32) return err('coordinate_malformed');
  return isSmallOrder(point) ? err('point_small_order') : ok({ kty, crv, x: encodeOctets(point) });
};

/** Room for the largest coordinate, its padding, and as many zero octets in front. */
const MAX_COORDINATE_CHARACTERS = 176;

/** RFC 7518 §6.2.1.2: the full size of the curve; zero octets more in front do not change the integer. */
const readCoordinate = (coordinate: JsonValue | undefined, size: number): string | undefined => {
  const octets = decodeOctets(coordinate, MAX_COORDINATE_CHARACTERS);
  const sized = octets && octetsOfSize(octets, size);
  return sized && encodeOctets(sized);
};

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

const isSmallOrder = (point: Uint8Array): boolean =>
  SMALL_ORDER_Y.has(point.with(31, (point[31] ?? 0) & 0x7f).toHex());
