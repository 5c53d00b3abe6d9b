import type { RejectedKey } from './jwk.ts';
import type { SetEntry } from './key-index.ts';
import { listKeys } from './key-set.ts';
import type { IssuerKeysStatus } from './port.ts';

/** The status of keys that come with the deployment: fresh from the first use on, for ever. */
export const staticStatus = (
  issuer: string,
  from: 'inline' | 'secret',
  set:
    | {
        readonly entries: readonly Pick<SetEntry, 'key' | 'thumbprint'>[];
        readonly rejected: readonly RejectedKey[];
      }
    | undefined,
): IssuerKeysStatus => ({
  issuer,
  from,
  state: set === undefined ? 'cold' : 'fresh',
  jwksUri: undefined,
  ageSeconds: undefined,
  freshUntil: undefined,
  usableUntil: undefined,
  nextRefreshAt: undefined,
  refreshing: false,
  keys: set === undefined ? [] : listKeys(set.entries),
  rejected: set?.rejected.map(({ kid, why }) => ({ kid: kid ?? null, why })) ?? [],
  lastError: undefined,
});
