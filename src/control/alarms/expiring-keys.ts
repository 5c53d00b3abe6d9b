import type { NumericDate } from '../../core/time.ts';
import type { GaugesReading, KeySetReading } from '../../metrics/told-gauges.ts';

/**
 * How many issuers have keys that an isolate cannot refresh, and that are refused already or are so soon: half of the time for
 * which a stale copy may be used is over. A set that grew old because nobody needed it is none of them, nor is
 * one whose last failure is an hour ago.
 * undefined: no isolate has told of anything lately.
 */
export const expiringKeys = (gauges: GaugesReading | undefined, now: NumericDate): number | undefined =>
  gauges?.store === undefined ? undefined : gauges.keySets.filter((set) => isExpiring(set, now)).length;

function isExpiring(
  { state, failing, failingIsolates, freshUntil, usableUntil }: KeySetReading,
  now: NumericDate,
): boolean {
  if (!failing || failingIsolates === 0 || state === 'fresh') return false;
  if (state === 'none') return true;
  return freshUntil !== undefined && usableUntil !== undefined && now >= (freshUntil + usableUntil) / 2;
}
