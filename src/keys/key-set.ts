import { calculateJwkThumbprint, importJWK } from 'jose';
import type { Algorithm, AsymmetricAlgorithm, JwsHeader, VerificationKey } from '../core/jose.ts';
import type { KeyPins } from '../core/policy.ts';
import { err, ok, type Result } from '../core/result.ts';
import { algorithmsFor, type KeyFault, type PublicJwk, type RejectedKey } from './jwk.ts';
import type { ReadJwks } from './jwks.ts';
import type { IssuerKeysStatus } from './port.ts';

/** What an issuer's configuration asks of its keys. */
export interface KeyRequirements {
  readonly algorithms: ReadonlySet<Algorithm>;
  readonly pins: KeyPins;
}

/** One imported key under its RFC 7638 thumbprint. */
export interface SetEntry {
  readonly key: VerificationKey;
  readonly thumbprint: string;
}

/** The usable keys of an issuer. Immutable: a refresh makes a new set that reuses the objects of unchanged keys. */
export interface KeySet {
  readonly entries: readonly SetEntry[];
  readonly rejected: readonly RejectedKey[];
  /**
   * The one key for `kid` and `alg`; without `kid` the one key of the whole set that fits `alg`.
   * An error tells why a listed key is not to be used; undefined: the set has no such key.
   */
  readonly find: (header: JwsHeader) => Result<VerificationKey, string> | undefined;
}

/**
 * Imports every key for each algorithm that its type, its own `alg` and the configuration allow together
 * (RFC 8725 §3.1): the token's header takes part in none of it.
 */
export const importKeySet = async (
  jwks: ReadJwks,
  requirements: KeyRequirements,
  previous: KeySet | undefined,
): Promise<KeySet> => {
  const rejected = [...jwks.rejected];
  const known = new Map(previous?.entries.map((entry) => [identity(entry.key, entry.thumbprint), entry]));
  const entries = new Map<string, SetEntry>();
  for (const jwk of jwks.keys) {
    const thumbprint = await calculateJwkThumbprint(jwk.members);
    const fault = pinFault(jwk.kid, thumbprint, requirements.pins);
    const algorithms = eligible(jwk, requirements.algorithms);
    if (fault !== undefined || algorithms.length === 0) {
      rejected.push({ kid: jwk.kid, why: fault ?? 'algorithm_not_configured' });
      continue;
    }
    for (const algorithm of algorithms) {
      const name = identity({ kid: jwk.kid, algorithm }, thumbprint);
      const entry = known.get(name) ?? (await importEntry(jwk, algorithm, thumbprint));
      if (entry === undefined) {
        rejected.push({ kid: jwk.kid, why: 'import_failed' });
        break;
      }
      entries.set(name, entry);
    }
  }
  return indexed([...entries.values()], rejected);
};

const identity = (key: Pick<VerificationKey, 'kid' | 'algorithm'>, thumbprint: string): string =>
  JSON.stringify([key.kid ?? null, key.algorithm, thumbprint]);

const eligible = (jwk: PublicJwk, configured: ReadonlySet<Algorithm>): readonly AsymmetricAlgorithm[] =>
  (jwk.alg === undefined ? algorithmsFor(jwk.members) : [jwk.alg]).filter((alg) => configured.has(alg));

const pinFault = (kid: string | undefined, thumbprint: string, pins: KeyPins): KeyFault | undefined => {
  if (kid !== undefined && pins.blockedKids.has(kid)) return 'kid_blocked';
  if (pins.allowedKids !== undefined && (kid === undefined || !pins.allowedKids.has(kid)))
    return 'kid_not_allowed';
  const { allowedThumbprints } = pins;
  return allowedThumbprints?.has(thumbprint) === false ? 'thumbprint_not_allowed' : undefined;
};

/** undefined: the runtime refused the key, which is how an off-curve point shows. */
const importEntry = async (
  jwk: PublicJwk,
  algorithm: AsymmetricAlgorithm,
  thumbprint: string,
): Promise<SetEntry | undefined> => {
  try {
    const cryptoKey = await importJWK({ ...jwk.members, key_ops: ['verify'] }, algorithm);
    return { key: { algorithm, kid: jwk.kid, cryptoKey }, thumbprint };
  } catch {
    return undefined;
  }
};

/** What is usable, by kid, for the status endpoint. */
export const listKeys = (set: Pick<KeySet, 'entries'>): IssuerKeysStatus['keys'] => {
  const listed = new Map<string, { kid: string | null; algorithms: string[] }>();
  for (const { key, thumbprint } of set.entries) {
    const kid = key.kid ?? null;
    const name = JSON.stringify([kid, thumbprint]);
    const entry = listed.get(name) ?? { kid, algorithms: [] };
    entry.algorithms.push(key.algorithm);
    listed.set(name, entry);
  }
  return [...listed.values()];
};

type Found = Result<VerificationKey, string>;

const AMBIGUOUS_KID: Found = err('several keys share this kid and algorithm');
const AMBIGUOUS_WITHOUT_KID: Found = err('no kid, and several keys fit the algorithm');

const indexed = (entries: readonly SetEntry[], rejectedKeys: readonly RejectedKey[]): KeySet => {
  const byKid = new Map<string, Map<string, Found>>();
  const withoutKid = new Map<string, Found>();
  const thumbprints = new Map<string, string>();
  const rejected = [...rejectedKeys];
  for (const { key, thumbprint } of entries) {
    const { kid, algorithm } = key;
    if (kid !== undefined) {
      const named = byKid.get(kid) ?? new Map<string, Found>();
      byKid.set(kid, named);
      if (named.has(algorithm)) rejected.push({ kid, why: 'kid_duplicate' });
      named.set(algorithm, named.has(algorithm) ? AMBIGUOUS_KID : ok(key));
    }
    // One key listed under two kids is still one key.
    const only = thumbprints.get(algorithm);
    thumbprints.set(algorithm, thumbprint);
    if (only === undefined) withoutKid.set(algorithm, ok(key));
    else if (only !== thumbprint) withoutKid.set(algorithm, AMBIGUOUS_WITHOUT_KID);
  }
  const refused = new Map<string, Found>();
  for (const { kid, why } of rejected)
    if (kid !== undefined) refused.set(kid, err(`the key is refused: ${why}`));
  return {
    entries,
    rejected,
    find: ({ kid, alg }) =>
      kid === undefined ? withoutKid.get(alg) : (byKid.get(kid)?.get(alg) ?? refused.get(kid)),
  };
};
