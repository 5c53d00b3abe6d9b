import type { Lifetime } from './freshness.ts';
import type { KeySet } from './key-set.ts';
import type { StoredJwks } from './stored-jwks.ts';

/** A set in memory: imported keys, and what is needed to confirm or to share them. */
export interface HeldJwks extends StoredJwks {
  readonly keys: KeySet;
  readonly lifetime: Lifetime;
}
