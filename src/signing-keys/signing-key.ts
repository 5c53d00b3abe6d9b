import { calculateJwkThumbprint, exportJWK, generateKeyPair } from 'jose';
import type { JsonObject } from '../core/jose.ts';
import type { NumericDate } from '../core/time.ts';
import type { RingKey, SigningAlgorithm } from './rotation.ts';
import type { KeyShape, Sealer } from './sealing.ts';

/** The private half of each algorithm, as WebCrypto names it. */
export const PRIVATE_SHAPES: { readonly [algorithm in SigningAlgorithm]: KeyShape } = {
  ES256: { format: 'pkcs8', algorithm: { name: 'ECDSA', namedCurve: 'P-256' }, usages: ['sign'] },
  RS256: { format: 'pkcs8', algorithm: { name: 'RSASSA-PKCS1-v1_5', hash: 'SHA-256' }, usages: ['sign'] },
  EdDSA: { format: 'pkcs8', algorithm: { name: 'Ed25519' }, usages: ['sign'] },
};

/** A new key, published from `now`. The private half exists outside its seal only while this runs. */
export async function makeSigningKey(
  algorithm: SigningAlgorithm,
  sealer: Sealer,
  now: NumericDate,
): Promise<RingKey> {
  // RFC 7518 §3.3: at least 2048 bits.
  const { publicKey, privateKey } = await generateKeyPair(algorithm, {
    extractable: true,
    modulusLength: 2048,
  });
  const exported = await exportJWK(publicKey);
  const kid = await calculateJwkThumbprint(exported);
  const publicJwk: JsonObject = { ...published(exported), kid, alg: algorithm, use: 'sig' };
  return {
    kid,
    algorithm,
    publicJwk,
    sealed: await sealer.seal(privateKey, 'pkcs8', kid),
    publishedAt: now,
    retiredAt: null,
  };
}

/** The public members by name (RFC 7518 §6.2.1, §6.3.1; RFC 8037 §2): a private one cannot come along. */
function published(jwk: { readonly [member: string]: unknown }): JsonObject {
  const members = ['kty', 'crv', 'x', 'y', 'n', 'e'].flatMap((name) => {
    const value = jwk[name];
    return typeof value === 'string' ? [[name, value] as const] : [];
  });
  return Object.fromEntries(members);
}
