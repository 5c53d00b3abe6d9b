import { calculateJwkThumbprint, importJWK } from 'jose';
import type { Algorithm, AsymmetricAlgorithm, VerificationKey } from '../core/jose.ts';
import type { KeyPins } from '../core/policy.ts';
import { algorithmsFor, type KeyFault, type PublicJwk, type RejectedKey } from './jwk.ts';
import type { ReadJwks } from './jwks.ts';
import { type FindKeys, indexKeys, type SetEntry } from './key-index.ts';
import type { IssuerKeysStatus } from './port.ts';

/** What an issuer's configuration asks of its keys. */
export interface KeyRequirements {
  readonly algorithms: ReadonlySet<Algorithm>;
  readonly pins: KeyPins;
}

/** The usable keys of an issuer. Immutable: a refresh makes a new set that reuses the objects of unchanged keys. */
export interface KeySet {
  readonly entries: readonly SetEntry[];
  readonly rejected: readonly RejectedKey[];
  readonly find: FindKeys;
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
  const known = new Map(previous?.entries.map(({ key, thumbprint }) => [identity(key, thumbprint), key]));
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
      const name = identity({ kid: jwk.kid, algorithm, issuer: jwk.issuer }, thumbprint);
      const key = known.get(name) ?? (await importKey(jwk, algorithm));
      if (key === undefined) {
        rejected.push({ kid: jwk.kid, why: 'import_failed' });
        break;
      }
      entries.set(name, { key, thumbprint, certificate: jwk.certificate });
    }
  }
  return withoutDuplicates([...entries.values()], rejected);
};

const identity = (key: Pick<VerificationKey, 'kid' | 'algorithm' | 'issuer'>, thumbprint: string): string =>
  JSON.stringify([key.kid ?? null, key.algorithm, thumbprint, key.issuer ?? null]);

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
const importKey = async (
  { kid, issuer, members }: PublicJwk,
  algorithm: AsymmetricAlgorithm,
): Promise<VerificationKey | undefined> => {
  try {
    const cryptoKey = await importJWK({ ...members, key_ops: ['verify'] }, algorithm);
    return { algorithm, kid, issuer, cryptoKey };
  } catch {
    return undefined;
  }
};

/** What this gateway's configuration refuses says nothing against the set. */
const CONFIGURED: ReadonlySet<KeyFault> = new Set([
  'kid_blocked',
  'kid_not_allowed',
  'thumbprint_not_allowed',
  'algorithm_not_configured',
]);

/**
 * Every key is refused for a fault of its own. No issuer that signs tokens lists only such, so it says that the
 * endpoint is unwell, not that every key was withdrawn.
 */
export const isUnusable = ({ entries, rejected }: KeySet): boolean =>
  entries.length === 0 && rejected.every(({ why }) => !CONFIGURED.has(why));

/** What is usable, by kid, for the status endpoint. */
export const listKeys = (
  entries: readonly Pick<SetEntry, 'key' | 'thumbprint'>[],
): IssuerKeysStatus['keys'] => {
  const listed = new Map<string, { kid: string | null; algorithms: string[] }>();
  for (const { key, thumbprint } of entries) {
    const kid = key.kid ?? null;
    const name = JSON.stringify([kid, thumbprint]);
    const entry = listed.get(name) ?? { kid, algorithms: [] };
    entry.algorithms.push(key.algorithm);
    listed.set(name, entry);
  }
  return [...listed.values()];
};

/** Of several keys with one kid and algorithm none is used, whatever else a token calls it by. */
const withoutDuplicates = (entries: readonly SetEntry[], refused: readonly RejectedKey[]): KeySet => {
  const named = entries.filter(({ key }) => key.kid !== undefined);
  const groups = Map.groupBy(named, ({ key: { kid, algorithm } }) => JSON.stringify([kid, algorithm]));
  const several = [...groups.values()].filter((group) => group.length > 1);
  const ambiguous = new Set(several.flat());
  const sound = entries.filter((entry) => !ambiguous.has(entry));
  const duplicates = several.flatMap(([one]) =>
    one ? [{ kid: one.key.kid, why: 'kid_duplicate' as const }] : [],
  );
  const rejected = [...refused, ...duplicates];
  return { entries: sound, rejected, find: indexKeys(sound, rejected) };
};
