import { describe, expect, it } from 'vitest';
import { expiringKeys } from '../../../../src/control/alarms/expiring-keys.ts';
import { QUIET, step } from '../../../../src/control/alarms/hysteresis.ts';
import type { Gauges, KeySetGauges } from '../../../../src/metrics/gauges.ts';
import { HEARD_SECONDS, ToldGauges } from '../../../../src/metrics/told-gauges.ts';
import { ruleOf } from './rule.ts';

const NOW = 1_800_000_000;
/** Stale since a minute, and used for four hours. */
const STALE: KeySetGauges = {
  issuer: 'acme',
  state: 'stale',
  failing: true,
  freshUntil: NOW - 60,
  usableUntil: NOW - 60 + 14_400,
  refreshAt: undefined,
  keys: 2,
};
const HALF = NOW - 60 + 7_200;
const telling = (keySets: readonly KeySetGauges[], at: number): Gauges => ({
  at,
  keySets,
  store: { doubt: undefined, position: 0 },
  replica: undefined,
});
/** What is found `now`, after one isolate has told this at that time, or a little before. */
function found(keySets: readonly KeySetGauges[], now: number, toldAt = now): number | undefined {
  const told = new ToldGauges();
  told.add('a', telling(keySets, toldAt), toldAt);
  return expiringKeys(told.read(now), now);
}

describe('keys that are about to expire', () => {
  it('are those of which half the time of a stale copy is over', () => {
    expect(found([STALE], NOW)).toBe(0);
    expect(found([STALE], HALF - 1)).toBe(0);
    expect(found([STALE], HALF)).toBe(1);
  });

  it('are those that are refused already, or never came', () => {
    expect(found([{ ...STALE, state: 'none' }], NOW)).toBe(1);
    const never = { freshUntil: undefined, usableUntil: undefined, keys: 0 };
    expect(found([{ ...STALE, ...never, state: 'none' }], NOW)).toBe(1);
  });

  it('are not those that nobody needed, nor fresh ones', () => {
    expect(found([{ ...STALE, failing: false }], HALF)).toBe(0);
    expect(found([{ ...STALE, failing: false, state: 'none' }], HALF)).toBe(0);
    expect(found([{ ...STALE, state: 'fresh' }], HALF)).toBe(0);
  });

  it('are counted by issuer', () => {
    expect(
      found([STALE, { ...STALE, issuer: 'other', state: 'none' }, { ...STALE, issuer: 'x' }], HALF),
    ).toBe(3);
  });

  it('are not those of an isolate that is not heard any more, while another is', () => {
    const told = new ToldGauges();
    told.add('a', telling([{ ...STALE, state: 'none' }], NOW), NOW);
    told.add('b', telling([], NOW + HEARD_SECONDS + 1), NOW + HEARD_SECONDS + 1);
    expect(expiringKeys(told.read(NOW + HEARD_SECONDS), NOW + HEARD_SECONDS)).toBe(1);
    expect(expiringKeys(told.read(NOW + HEARD_SECONDS + 1), NOW + HEARD_SECONDS + 1)).toBe(0);
  });

  it('cannot be known where no isolate is heard, or the object does not listen', () => {
    expect(found([{ ...STALE, state: 'none' }], NOW + HEARD_SECONDS + 1, NOW)).toBeUndefined();
    expect(expiringKeys(undefined, NOW)).toBeUndefined();
  });
});

it('the alarm begins once, holds while nothing is heard, and ends once the keys have been fresh for a while', () => {
  const rule = ruleOf('keys_expiring');
  let state = QUIET;
  const turns = [1, 0, 1, undefined, undefined, 0, 0, 0, 0, 0, 0, 0].map((value, minute) => {
    const next = step(state, rule, { value, now: NOW + 60 * minute, newId: () => 'i' });
    state = next.state;
    return next.tell?.turn;
  });
  expect(turns.flatMap((turn, minute) => (turn === undefined ? [] : [[minute, turn]]))).toEqual([
    [0, 'begun'],
    [10, 'ended'],
  ]);
});
