import type { SecretEncoding } from '../core/issuer-policy.ts';
import { type Algorithm, HMAC_ALGORITHMS, type HmacAlgorithm } from '../core/jose.ts';
import type { KeyProviderSource } from '../core/policy.ts';
import { secretBytes } from '../core/secret-bytes.ts';
import { HMAC_SECRET_BYTES, ISSUER_DEFAULTS } from './defaults.ts';
import { namedSecret } from './named-secret.ts';
import type { Reading } from './place.ts';
import { type PathSegment, problem } from './problem.ts';
import type { IssuerTable } from './schema.ts';
import type { Bindings } from './variables.ts';

export const isHmac = (algorithm: Algorithm): algorithm is HmacAlgorithm =>
  HMAC_ALGORITHMS.some((hmac) => hmac === algorithm);

/** `hmac_secret`: one, or two while one replaces the other, each long enough for every algorithm of the issuer. */
export function compileHmac(
  table: IssuerTable,
  algorithms: ReadonlySet<Algorithm>,
  bindings: Bindings,
  reading: Reading,
): KeyProviderSource {
  const given = table.hmac_secret ?? [];
  const encoding = table.hmac_secret_encoding ?? ISSUER_DEFAULTS.hmacSecretEncoding;
  const min = Math.max(
    ...[...algorithms].filter(isHmac).map((algorithm) => HMAC_SECRET_BYTES[algorithm]),
    32,
  );
  const names = [given].flat();
  names.forEach((binding, index) => {
    const place = ['hmac_secret', ...(Array.isArray(given) ? [index] : [])];
    checkSecret(binding, { min, encoding }, { bindings, reading, place });
  });
  if (new Set(names).size < names.length) {
    const at = [...reading.path, 'hmac_secret'];
    reading.problems.push(problem(at, 'a name twice', 'each binding once'));
  }
  return { from: 'secret', bindings: names, encoding };
}

function checkSecret(
  binding: string,
  { min, encoding }: { readonly min: number; readonly encoding: SecretEncoding },
  {
    bindings,
    reading,
    place,
  }: { readonly bindings: Bindings; readonly reading: Reading; readonly place: readonly PathSegment[] },
): void {
  const allowed = `the name of a secret of at least ${min} bytes (RFC 7518 §3.2)`;
  const secret = namedSecret(binding, bindings, allowed, { ...reading, path: [...reading.path, ...place] });
  if (secret === undefined) return;
  const bytes = secretBytes(secret, encoding)?.length;
  if (bytes !== undefined && bytes >= min) return;
  const found =
    bytes === undefined ? `a secret that is not written in ${encoding}` : `a secret of ${bytes} bytes`;
  reading.problems.push(problem([...reading.path, ...place], found, allowed));
}
