import type { JsonObject, JsonValue } from '../core/jose.ts';
import { isObject } from '../core/json.ts';
import { err, ok, type Result } from '../core/result.ts';
import { hasPrivateMember, type PublicJwk, type RejectedKey, readJwk } from './jwk.ts';

/** A JWK Set after every key was looked at on its own: the good ones, and what is wrong with the others. */
export interface ReadJwks {
  readonly keys: readonly PublicJwk[];
  readonly rejected: readonly RejectedKey[];
}

export type JwksFault = 'jwks_malformed' | 'jwks_empty' | 'jwks_too_many_keys';

/**
 * RFC 7517 §5. A bad key never takes a good one with it. A set without any entry is a fault: no issuer that
 * signs tokens has none, so it says that the endpoint is unwell, not that every key was withdrawn.
 */
export const readJwks = (document: JsonValue | undefined, maxKeys: number): Result<ReadJwks, JwksFault> => {
  if (!isObject(document)) return err('jwks_malformed');
  const entries = document.keys;
  if (!isArray(entries)) return err('jwks_malformed');
  if (entries.length === 0) return err('jwks_empty');
  if (entries.length > maxKeys) return err('jwks_too_many_keys');
  const compromised = new Set(entries.filter(isObject).filter(hasPrivateMember).map(publicPart));
  const keys: PublicJwk[] = [];
  const rejected: RejectedKey[] = [];
  for (const entry of entries) {
    const read = readJwk(entry);
    if (!read.ok) rejected.push(read.error);
    // The same key listed once with and once without its private part is just as public.
    else if (compromised.has(publicPart(read.value.members))) {
      rejected.push({ kid: read.value.kid, why: 'private_material' });
    } else keys.push(read.value);
  }
  return ok({ keys, rejected });
};

const isArray = (value: JsonValue | undefined): value is readonly JsonValue[] => Array.isArray(value);

const publicPart = (jwk: JsonObject): string => JSON.stringify([jwk.kty, jwk.crv, jwk.n, jwk.x]);
