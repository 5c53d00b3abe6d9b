import type { JsonValue } from '../core/jose.ts';
import { err, ok, type Result } from '../core/result.ts';
import { decodeOctets, encodeOctets, integerOf, leastOctets } from './octets.ts';

export const RSA_FAULTS = [
  'rsa_malformed',
  'rsa_too_small',
  'rsa_too_large',
  'rsa_modulus_composite',
  'rsa_exponent',
  'rsa_roca',
] as const;

export type RsaFault = (typeof RSA_FAULTS)[number];

/** RFC 7518 §3.3: at least 2048 bits. The upper bound caps what one verification can cost. */
const MODULUS_BITS = { min: 2048, max: 8192 };
/** FIPS 186-5 §A.1.1 wants an odd exponent above 2^16; the runtime's library takes at most 33 bits. */
const EXPONENT = { min: 65_537n, max: 0xffff_ffffn };

/** Largest text of an integer worth decoding: twice the largest modulus. */
export const MAX_INTEGER_CHARACTERS = 2 * Math.ceil(MODULUS_BITS.max / 6);

/**
 * Reads modulus and exponent, and gives them back in their normal form: base64url of the least number of octets
 * (RFC 7518 §6.3.1). Refuses what can be told of an RSA public key without its factors: sizes, parity, small factors
 * and the ROCA class. It does not tell whether the modulus has exactly two primes, close primes, or shares one with
 * another key.
 */
export const readRsa = (
  n: JsonValue | undefined,
  e: JsonValue | undefined,
): Result<{ readonly n: string; readonly e: string }, RsaFault> => {
  const modulus = decodeOctets(n, MAX_INTEGER_CHARACTERS);
  const exponent = decodeOctets(e, MAX_INTEGER_CHARACTERS);
  if (modulus === undefined || exponent === undefined) return err('rsa_malformed');
  const fault = modulusFault(integerOf(modulus), integerOf(exponent));
  return fault === undefined
    ? ok({ n: encodeOctets(leastOctets(modulus)), e: encodeOctets(leastOctets(exponent)) })
    : err(fault);
};

const modulusFault = (modulus: bigint, exponent: bigint): RsaFault | undefined => {
  const bits = modulus.toString(2).length;
  if (bits < MODULUS_BITS.min) return 'rsa_too_small';
  if (bits > MODULUS_BITS.max) return 'rsa_too_large';
  if (exponent < EXPONENT.min || exponent > EXPONENT.max || exponent % 2n === 0n) return 'rsa_exponent';
  if (modulus % 2n === 0n || MARKED_PRIMES.some(({ prime }) => modulus % prime === 0n)) {
    return 'rsa_modulus_composite';
  }
  return MARKED_PRIMES.every(({ prime, residues }) => residues.has(modulus % prime)) ? 'rsa_roca' : undefined;
};

/**
 * CVE-2017-15361: the affected library made primes of the form k·M + (65537^a mod M), M a product of the first
 * primes, so that modulo each of them the modulus is a power of 65537. For every key size M includes the
 * primes below; a sound modulus passes all of them with a probability of about 2^-27.
 */
const MARKED_PRIMES = [
  3, 5, 7, 11, 13, 17, 19, 23, 29, 31, 37, 41, 43, 47, 53, 59, 61, 67, 71, 73, 79, 83, 89, 97, 101, 103, 107,
  109, 113, 127, 131, 137, 139, 149, 151, 157, 163, 167,
].map((prime) => ({ prime: BigInt(prime), residues: powersOf65537(prime) }));

function powersOf65537(prime: number): ReadonlySet<bigint> {
  const residues = new Set<bigint>();
  for (let power = 1; !residues.has(BigInt(power)); power = (power * 65_537) % prime)
    residues.add(BigInt(power));
  return residues;
}
