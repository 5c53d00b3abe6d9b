import type { JwsHeader, VerificationKey } from '../core/jose.ts';
import type { Rejection } from '../core/rejection.ts';
import { type Err, err, ok } from '../core/result.ts';
import type { Found } from './key-index.ts';
import type { KeySet } from './key-set.ts';

/** What a request waits for: a key that fits this header and is none of those it has tried in vain. */
export interface Wanted {
  readonly header: JwsHeader;
  readonly tried: readonly VerificationKey[];
}

export const findWanted = (keys: KeySet, { header, tried }: Wanted): Found | undefined => {
  const found = keys.find(header);
  if (!found?.ok || tried.length === 0) return found;
  const left = found.value.keys.filter((key) => !tried.includes(key));
  return left.length === 0 ? undefined : ok({ ...found.value, keys: left });
};

/** It is known that the issuer has no such key: where some were tried, that none of its keys made the signature. */
export const missing = ({ header, tried }: Wanted, evidence = "not in the issuer's set"): Err<Rejection> =>
  tried.length === 0
    ? err({ reason: 'key_not_found', evidence })
    : err({
        reason: 'signature_invalid',
        evidence: `${header.alg}, by none of ${tried.length} keys that fit`,
      });
