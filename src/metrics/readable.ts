import type { Sum } from './batch.ts';
import type { Gauges, KeySetState } from './gauges.ts';
import type { KeptRecent } from './recent.ts';
import type { Refusals } from './refusals.ts';
import type { KeptGauges } from './told-gauges.ts';
import type { Total } from './totals.ts';

/*
 * What another version has handed on, or left in storage, as far as this one can read it. A deployment has isolates of two
 * versions, and after a rollback the storage is of the newer one.
 */

type Fields = Readonly<Record<string, unknown>>;

const isFields = (value: unknown): value is Fields => typeof value === 'object' && value !== null;
const isNumber = (value: unknown): value is number => Number.isFinite(value);
const isText = (value: unknown): value is string => typeof value === 'string';
const optional = (value: unknown, is: (value: unknown) => boolean): boolean =>
  value === undefined || is(value);

/** Counts only grow: a number below 0 is none. */
const isCounts = (value: unknown): value is readonly number[] =>
  Array.isArray(value) && value.every((each) => isNumber(each) && each >= 0);

/** undefined: at least one of them is no sum. */
export const readableSums = (sums: unknown): readonly Sum[] | undefined =>
  Array.isArray(sums) && sums.every(isSum) ? sums : undefined;

const isSum = (sum: unknown): sum is Sum =>
  Array.isArray(sum) &&
  isText(sum[0]) &&
  isCounts(sum[1]) &&
  (sum.length === 2 || (isText(sum[2]) && isNumber(sum[3])));

export const isReadableTotal = (total: unknown): total is Total => isFields(total) && isCounts(total.values);

const STATES: Readonly<Record<KeySetState, true>> = { fresh: true, stale: true, none: true };

const isKeySet = (set: unknown): boolean =>
  isFields(set) &&
  isText(set.issuer) &&
  isText(set.state) &&
  Object.hasOwn(STATES, set.state) &&
  isNumber(set.keys) &&
  [set.freshUntil, set.usableUntil, set.refreshAt].every((at) => optional(at, isNumber));

const isStore = (store: unknown): boolean =>
  isFields(store) && isNumber(store.position) && optional(store.doubt, isText);

const isReplica = (replica: unknown): boolean => isFields(replica) && isNumber(replica.asOf);

const isSigningKeys = (keys: unknown): boolean =>
  isFields(keys) &&
  [keys.at, keys.currentPublishedAt, keys.rotatesAt, keys.published, keys.denialsPending].every(isNumber);

const isGauges = (gauges: unknown): gauges is Gauges =>
  isFields(gauges) &&
  isNumber(gauges.at) &&
  Array.isArray(gauges.keySets) &&
  gauges.keySets.every(isKeySet) &&
  optional(gauges.store, isStore) &&
  optional(gauges.replica, isReplica) &&
  optional(gauges.signingKeys, isSigningKeys);

/** undefined: they are not told, or not as this version tells them. */
export const readableGauges = (gauges: unknown): Gauges | undefined =>
  isGauges(gauges) ? gauges : undefined;

export const readableKeptGauges = (kept: unknown): KeptGauges | undefined =>
  Array.isArray(kept)
    ? kept.filter((told) => isFields(told) && isText(told.by) && isGauges(told.gauges))
    : undefined;

const isRefusals = (refusals: unknown): refusals is Refusals =>
  isFields(refusals) &&
  Array.isArray(refusals.events) &&
  refusals.events.every((event) => isFields(event) && isNumber(event.time) && isText(event.reference)) &&
  isCounts([refusals.dropped]);

/** undefined: they are not told, or not as this version tells them. */
export const readableRefusals = (refusals: unknown): Refusals | undefined =>
  isRefusals(refusals) ? refusals : undefined;

const isPoint = (point: unknown): boolean =>
  isFields(point) &&
  isNumber(point.at) &&
  [point.decisions, point.reasons].every((counts) => isFields(counts) && isCounts(Object.values(counts)));

const isDurations = (durations: unknown): boolean =>
  durations instanceof Map && [...durations].every(([route, values]) => isText(route) && isCounts(values));

const isKeptRecent = (kept: unknown): kept is KeptRecent =>
  isFields(kept) &&
  Array.isArray(kept.points) &&
  kept.points.every(isPoint) &&
  isDurations(kept.durations) &&
  isDurations(kept.before) &&
  isNumber(kept.turnedAt);

/** undefined: it begins anew. */
export const readableRecent = (kept: unknown): KeptRecent | undefined =>
  isKeptRecent(kept) ? kept : undefined;
