import { type KeySet, listKeys } from './key-set.ts';
import type { IssuerKeysStatus } from './port.ts';

/** The status of keys that come with the deployment: fresh from the first use on, for ever. */
export const staticStatus = (
  issuer: string,
  from: 'inline' | 'secret',
  set: Pick<KeySet, 'entries' | 'rejected'> | undefined,
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
  keys: set === undefined ? [] : listKeys(set),
  rejected: set?.rejected.map(({ kid, why }) => ({ kid: kid ?? null, why })) ?? [],
  lastError: undefined,
});
