import type { NumericDate } from '../core/time.ts';
import { stateAt } from './freshness.ts';
import type { HeldJwks } from './held-jwks.ts';
import { listKeys } from './key-set.ts';
import type { IssuerKeysStatus } from './port.ts';
import { shownUrl } from './shown-url.ts';

/** What an isolate knows of the keys it fetches from one issuer. */
export interface RemoteState {
  readonly issuer: string;
  readonly held: HeldJwks | undefined;
  /** Where the configuration says it. */
  readonly jwksUri: string | undefined;
  readonly lastError: IssuerKeysStatus['lastError'];
  /** After a failure. */
  readonly retryAt: NumericDate | undefined;
  readonly refreshing: boolean;
}

export const remoteStatus = (
  { issuer, held, jwksUri, lastError, retryAt, refreshing }: RemoteState,
  now: NumericDate,
): IssuerKeysStatus => {
  const lifetime = held?.lifetime;
  const shown = held?.jwksUri ?? jwksUri;
  return {
    issuer,
    from: 'remote',
    state: lifetime === undefined ? 'cold' : stateAt(lifetime, now),
    jwksUri: shown === undefined ? undefined : shownUrl(shown),
    ageSeconds: held && now - held.confirmedAt,
    freshUntil: lifetime?.freshUntil,
    usableUntil: lifetime?.usableUntil,
    nextRefreshAt: retryAt ?? lifetime?.refreshAt,
    refreshing,
    keys: held === undefined ? [] : listKeys(held.keys.entries),
    rejected: held?.keys.rejected.map(({ kid, why }) => ({ kid: kid ?? null, why })) ?? [],
    lastError,
  };
};
