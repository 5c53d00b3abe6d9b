import type { NumericDate } from '../core/time.ts';
import type { IssuerKeysStatus, KeySource } from '../keys/port.ts';
import type { Gauges, KeySetState } from '../metrics/gauges.ts';
import type { Revocation } from '../revocation/check.ts';

/** What this isolate holds now. Reads what is in memory, and asks nobody. */
export function readGauges(
  { keys, revocation }: { readonly keys: Pick<KeySource, 'status'>; readonly revocation: Revocation },
  now: NumericDate,
): Gauges {
  const { store, replica } = revocation.status();
  const age = replica?.ageSeconds;
  return {
    at: now,
    keySets: keys
      .status(now)
      .filter(wasAsked)
      .map((status) => ({
        issuer: status.issuer,
        state: STATES[status.state],
        failing: isFailing(status, now),
        freshUntil: status.freshUntil,
        usableUntil: status.usableUntil,
        refreshAt: status.nextRefreshAt,
        keys: status.keys.length,
      })),
    store: { doubt: store.doubt, position: store.position },
    replica: age === undefined ? undefined : { asOf: now - age },
  };
}

/** Longer ago, and nobody has needed the keys since: whether they can be had now is not known. */
const FAILING_SECONDS = 3_600;

const isFailing = ({ lastError }: IssuerKeysStatus, now: NumericDate): boolean =>
  lastError !== undefined && Math.abs(now - lastError.at) < FAILING_SECONDS;

/** An isolate that no token of an issuer has come to knows nothing of its keys, which is no bad sign. */
const wasAsked = ({ state, lastError }: IssuerKeysStatus): boolean =>
  state !== 'cold' || lastError !== undefined;

const STATES: Readonly<Record<IssuerKeysStatus['state'], KeySetState>> = {
  fresh: 'fresh',
  stale_while_revalidate: 'stale',
  stale_if_error: 'stale',
  expired: 'none',
  cold: 'none',
};
