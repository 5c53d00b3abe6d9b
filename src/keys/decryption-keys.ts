import { importJWK, importPKCS8 } from 'jose';
import type { JsonObject } from '../core/jose.ts';
import type { TokenProfile } from '../core/policy.ts';
import { err, ok } from '../core/result.ts';
import type { DecryptionKey, DecryptionKeySource, DecryptionWanted } from './port.ts';

/** A key that cannot be imported comes with the next deployment at the earliest. */
const RETRY_AFTER_SECONDS = 60;
/** Keys that one token without a key's name is tried against. */
const MAX_CANDIDATES = 2;
/** RFC 7518 §4.3. */
const MIN_MODULUS_BITS = 2048;

/** The private keys of these profiles; undefined where none of them takes encrypted tokens. */
export function createDecryptionKeys(
  profiles: readonly TokenProfile[],
  bindings: object,
): DecryptionKeySource | undefined {
  const names = new Set(profiles.flatMap(({ encryption }) => encryption?.keys ?? []));
  if (names.size === 0) return undefined;
  const given = new Map<string, unknown>(Object.entries(bindings));
  const imported = new Map<string, ImportedKey | undefined>();
  /** Each request imports for itself until one has: nothing is awaited across requests. */
  const keyNamed = async (name: string) => {
    if (!imported.has(name)) {
      const key = await importKey(name, given.get(name));
      if (!imported.has(name)) imported.set(name, key);
    }
    return imported.get(name);
  };
  return {
    async keysFor(bound, wanted) {
      const known = await Promise.all(bound.filter((name) => names.has(name)).map(keyNamed));
      const usable = known.filter((key) => key !== undefined);
      const fitting = named(
        usable.filter((key) => fits(key, wanted)),
        wanted.kid,
      );
      if (fitting.length === 0 && usable.length < known.length) return UNUSABLE;
      return fitting.length > MAX_CANDIDATES ? ok([]) : ok(fitting);
    },
  };
}

const UNUSABLE = err({
  reason: 'keys_unavailable' as const,
  evidence: 'a decryption key cannot be imported',
  retryAfterSeconds: RETRY_AFTER_SECONDS,
});

interface ImportedKey extends DecryptionKey {
  readonly algorithm: string | undefined;
}

/** A token's `kid` names a key that has it. Where none has, keys without a name are left; without a `kid`, all. */
function named(keys: readonly ImportedKey[], kid: string | undefined): readonly DecryptionKey[] {
  if (kid === undefined) return keys;
  const bearers = keys.filter((key) => key.kid === kid);
  return bearers.length > 0 ? bearers : keys.filter((key) => key.kid === undefined);
}

/** The kind of key is its own, never the header's: RSA for RSA-OAEP-256, the curve of `epk` for the others. */
function fits({ algorithm, cryptoKey }: ImportedKey, { alg, curve }: DecryptionWanted): boolean {
  if (algorithm !== undefined && algorithm !== alg) return false;
  const own = cryptoKey.algorithm as { readonly name: string; readonly namedCurve?: string };
  if (alg === 'RSA-OAEP-256') return own.name === 'RSA-OAEP';
  return own.name === 'ECDH' ? own.namedCurve === curve : own.name === curve;
}

async function importKey(binding: string, secret: unknown): Promise<ImportedKey | undefined> {
  if (typeof secret !== 'string') return undefined;
  try {
    return secret.trimStart().startsWith('-----')
      ? await fromPem(binding, secret.trim())
      : await fromJwk(binding, secret);
  } catch {
    return undefined;
  }
}

async function fromPem(binding: string, pem: string): Promise<ImportedKey | undefined> {
  const rsa = await importPKCS8(pem, 'RSA-OAEP-256').catch(() => undefined);
  return sound({
    binding,
    kid: undefined,
    algorithm: undefined,
    cryptoKey: rsa ?? (await importPKCS8(pem, 'ECDH-ES')),
  });
}

async function fromJwk(binding: string, text: string): Promise<ImportedKey | undefined> {
  const { kid, alg, kty, crv, x, y, d, n, e, p, q, dp, dq, qi } = JSON.parse(text) as JsonObject;
  const members = { kty, crv, x, y, d, n, e, p, q, dp, dq, qi };
  const jwk = Object.fromEntries(Object.entries(members).filter(([, value]) => typeof value === 'string'));
  const cryptoKey = await importJWK({ ...jwk, kty: String(kty) }, kty === 'RSA' ? 'RSA-OAEP-256' : 'ECDH-ES');
  if (!(cryptoKey instanceof CryptoKey) || cryptoKey.type !== 'private') return undefined;
  const algorithm = typeof alg === 'string' ? alg : undefined;
  return sound({ binding, kid: typeof kid === 'string' ? kid : undefined, algorithm, cryptoKey });
}

function sound(key: ImportedKey): ImportedKey | undefined {
  const { modulusLength = MIN_MODULUS_BITS } = key.cryptoKey.algorithm as { readonly modulusLength?: number };
  return modulusLength >= MIN_MODULUS_BITS ? key : undefined;
}
