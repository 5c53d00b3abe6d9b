import type { JwsHeader, VerificationKey } from '../core/jose.ts';
import { err, ok, type Result } from '../core/result.ts';
import { type CertificateNames, certificateName } from './certificate.ts';
import type { RejectedKey } from './jwk.ts';
import type { Candidates } from './port.ts';

/** One imported key under its RFC 7638 thumbprint, with the names it may be called by beside its `kid`. */
export interface SetEntry {
  readonly key: VerificationKey;
  readonly thumbprint: string;
  readonly certificate: CertificateNames;
}

export type Found = Result<Candidates, string>;

/**
 * The keys that may have made a token's signature. The first of its names (`kid`, `x5t#S256`, `x5t`) that a key
 * bears decides. Where none does, those that bear no name of a kind the token uses are left: for a token without any
 * name all. Of these every key that fits `alg` comes into question, up to `MAX_CANDIDATES` (RFC 7515 Appendix D).
 * An error tells why a key that was named is not to be used, or that too many fit; undefined: there is no such key.
 */
export type FindKeys = (header: JwsHeader) => Found | undefined;

/** The most signatures that one token is tried against. */
export const MAX_CANDIDATES = 4;

const OTHER_ALGORITHM: Found = err('the key of this kid is for another algorithm');
const TOO_MANY: Found = err('no name, and too many keys fit the algorithm');

/** @param entries with no two keys for one kid and algorithm */
export const indexKeys = (entries: readonly SetEntry[], rejected: readonly RejectedKey[]): FindKeys => {
  const kids = new Map<string, Map<string, Found>>();
  for (const { key } of entries) {
    const { kid, algorithm } = key;
    if (kid === undefined) continue;
    const named = kids.get(kid) ?? new Map<string, Found>();
    kids.set(kid, named.set(algorithm, ok({ keys: [key], conclusive: true })));
  }
  const refused = new Map<string, Found>();
  for (const { kid, why } of rejected)
    if (kid !== undefined) refused.set(kid, err(`the key is refused: ${why}`));
  const unnamed = new Map<string, Found | undefined>();

  const byKid = (kid: string, alg: string): Found | undefined => {
    const named = kids.get(kid);
    return named?.get(alg) ?? refused.get(kid) ?? (named && OTHER_ALGORITHM);
  };
  const byCertificate = ({ alg, x5t, x5tS256 }: JwsHeader): Found | undefined => {
    const sha256 = certificateName(x5tS256);
    const sha1 = certificateName(x5t);
    return (
      (sha256 &&
        candidates(
          alg,
          entries.filter(({ certificate }) => certificate.x5tS256 === sha256),
          true,
        )) ||
      (sha1 &&
        candidates(
          alg,
          entries.filter(({ certificate }) => certificate.x5t === sha1),
          true,
        )) ||
      undefined
    );
  };
  /** Made when first asked for: there are as many as algorithms and kinds of names. */
  const withoutName = ({ alg, kid, x5t, x5tS256 }: JwsHeader): Found | undefined => {
    const kinds = `${alg} ${kid !== undefined} ${x5t !== undefined} ${x5tS256 !== undefined}`;
    if (!unnamed.has(kinds)) {
      const apart = ({ key, certificate }: SetEntry) =>
        (kid === undefined || key.kid === undefined) &&
        (x5t === undefined || certificate.x5t === undefined) &&
        (x5tS256 === undefined || certificate.x5tS256 === undefined);
      const found = candidates(alg, entries.filter(apart), false);
      // A key of that name may still come to light.
      const nameless = kid === undefined && x5t === undefined && x5tS256 === undefined;
      unnamed.set(kinds, found === TOO_MANY && !nameless ? undefined : found);
    }
    return unnamed.get(kinds);
  };
  return (header) =>
    (header.kid === undefined ? undefined : byKid(header.kid, header.alg)) ??
    (header.x5t === undefined && header.x5tS256 === undefined ? undefined : byCertificate(header)) ??
    withoutName(header);
};

/** Two names for one key are one key. */
const candidates = (alg: string, entries: readonly SetEntry[], conclusive: boolean): Found | undefined => {
  const keys = new Map<string, VerificationKey>();
  for (const { key, thumbprint } of entries)
    if (key.algorithm === alg && !keys.has(thumbprint)) keys.set(thumbprint, key);
  if (keys.size === 0) return undefined;
  return keys.size > MAX_CANDIDATES ? TOO_MANY : ok({ keys: [...keys.values()], conclusive });
};
