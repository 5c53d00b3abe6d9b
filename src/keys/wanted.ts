import type { JwsHeader, VerificationKey } from '../core/jose.ts';
import { ok } from '../core/result.ts';
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
