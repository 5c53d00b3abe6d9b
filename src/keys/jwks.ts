import type { JsonValue } from '../core/jose.ts';
import { isObject } from '../core/json.ts';
import { secretMembersOf } from '../core/jwk-members.ts';
import { err, ok, type Result } from '../core/result.ts';
import { completeNames } from './certificate.ts';
import { type PublicJwk, publicPartsOf, type RejectedKey, readJwk } from './jwk.ts';

/** A JWK Set after every key was looked at on its own: the good ones, and what is wrong with the others. */
export interface ReadJwks {
  readonly keys: readonly PublicJwk[];
  readonly rejected: readonly RejectedKey[];
}

/** A set as it was read just now. */
export interface JwksDocument extends ReadJwks {
  /** What is public of the keys whose private part stands in it, as `publicPartsOf` has it. */
  readonly leaked: ReadonlySet<string>;
}

export type JwksFault = 'jwks_malformed' | 'jwks_empty' | 'jwks_too_many_keys';

/**
 * RFC 7517 §5. A bad key never takes a good one with it. A set without any entry is a fault: no issuer that
 * signs tokens has none, so it says that the endpoint is unwell, not that every key was withdrawn.
 */
export const readJwks = async (
  document: JsonValue | undefined,
  maxKeys: number,
): Promise<Result<JwksDocument, JwksFault>> => {
  if (!isObject(document)) return err('jwks_malformed');
  const entries = document.keys;
  if (!isArray(entries)) return err('jwks_malformed');
  if (entries.length === 0) return err('jwks_empty');
  if (entries.length > maxKeys) return err('jwks_too_many_keys');
  const leaked = leakedParts(entries);
  const keys: PublicJwk[] = [];
  const rejected: RejectedKey[] = [];
  for (const entry of entries) {
    const read = readJwk(entry);
    if (!read.ok) rejected.push(read.error);
    // The same key listed once with and once without its private part is just as public.
    else if (publicPartsOf(read.value.members).some((part) => leaked.has(part))) {
      rejected.push({ kid: read.value.kid, why: 'private_material' });
    } else keys.push(await withCertificateNames(read.value, entry));
  }
  return ok({ keys, rejected, leaked });
};

const isArray = (value: JsonValue | undefined): value is readonly JsonValue[] => Array.isArray(value);

const leakedParts = (entries: readonly JsonValue[]): ReadonlySet<string> =>
  new Set(
    entries
      .filter(isObject)
      .filter((jwk) => secretMembersOf(jwk).length > 0)
      .flatMap(publicPartsOf),
  );

const withCertificateNames = async (jwk: PublicJwk, entry: JsonValue): Promise<PublicJwk> =>
  isObject(entry) ? { ...jwk, certificate: await completeNames(jwk.certificate, entry.x5c) } : jwk;
