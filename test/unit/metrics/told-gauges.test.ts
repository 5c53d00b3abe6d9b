import { describe, expect, it } from 'vitest';
import type { Gauges, KeySetGauges, KeySetState } from '../../../src/metrics/gauges.ts';
import { HEARD_SECONDS, ToldGauges } from '../../../src/metrics/told-gauges.ts';

const NOW = 100_000;
const keySet = (state: KeySetState, more: Partial<KeySetGauges> = {}): KeySetGauges => ({
  issuer: 'acme',
  state,
  failing: false,
  freshUntil: NOW + 600,
  usableUntil: NOW + 14_400,
  refreshAt: NOW + 500,
  keys: 2,
  ...more,
});
const gauges = (at: number, keySets: readonly KeySetGauges[], more: Partial<Gauges> = {}): Gauges => ({
  at,
  keySets,
  store: { doubt: undefined, position: 0 },
  replica: undefined,
  ...more,
});

function told(...tellings: (readonly [isolate: string, gauges: Gauges])[]): ToldGauges {
  const all = new ToldGauges();
  for (const [isolate, each] of tellings) all.add(isolate, each, NOW);
  return all;
}

describe('an issuer’s key set', () => {
  it('is as the isolate tells that is worst off, with how many tell what', () => {
    const all = told(
      ['a', gauges(NOW - 9, [keySet('fresh')])],
      ['b', gauges(NOW - 8, [keySet('none', { keys: 0 })])],
      ['c', gauges(NOW - 7, [keySet('stale')])],
      ['d', gauges(NOW - 6, [keySet('fresh')])],
    );
    expect(all.read(NOW).keySets).toEqual([
      {
        ...keySet('none', { keys: 0 }),
        toldAt: NOW - 8,
        toldBy: 'b',
        isolates: { fresh: 2, stale: 1, none: 1 },
        failingIsolates: 0,
      },
    ]);
  });

  it('is of stale ones the one that is refused soonest, of fresh ones the one told last', () => {
    const stale = told(
      ['a', gauges(NOW - 9, [keySet('stale', { usableUntil: NOW + 10 })])],
      ['b', gauges(NOW - 1, [keySet('stale', { usableUntil: NOW + 90 })])],
    );
    expect(stale.read(NOW).keySets[0]).toMatchObject({ toldBy: 'a', usableUntil: NOW + 10 });
    const fresh = told(
      ['a', gauges(NOW - 1, [keySet('fresh', { usableUntil: NOW + 90 })])],
      ['b', gauges(NOW - 9, [keySet('fresh', { usableUntil: NOW + 10 })])],
    );
    expect(fresh.read(NOW).keySets[0]).toMatchObject({ toldBy: 'a', usableUntil: NOW + 90 });
  });

  it('is rather one that cannot be refreshed than one that nobody needed, unless it is fresh', () => {
    const all = told(
      ['a', gauges(NOW - 9, [keySet('none')])],
      ['b', gauges(NOW - 8, [keySet('stale', { failing: true })])],
      ['c', gauges(NOW - 7, [keySet('fresh', { failing: true })])],
      ['d', gauges(NOW - 6, [keySet('stale')])],
    );
    expect(all.read(NOW).keySets).toMatchObject([{ state: 'stale', toldBy: 'b', failingIsolates: 2 }]);
    const fresh = told(
      ['a', gauges(NOW - 9, [keySet('stale')])],
      ['b', gauges(NOW - 8, [keySet('fresh', { failing: true })])],
    );
    expect(fresh.read(NOW).keySets).toMatchObject([{ state: 'stale', toldBy: 'a', failingIsolates: 1 }]);
    expect(fresh.read(NOW + HEARD_SECONDS + 1).keySets).toMatchObject([{ failingIsolates: 0 }]);
  });

  it('is what an isolate told last, not what it told before', () => {
    const all = told(['a', gauges(NOW - 9, [keySet('none')])], ['a', gauges(NOW, [keySet('fresh')])]);
    expect(all.read(NOW).keySets).toMatchObject([
      { state: 'fresh', isolates: { fresh: 1, stale: 0, none: 0 } },
    ]);
  });

  it('does not stay bad for an isolate that is not heard any more', () => {
    const all = told(
      ['a', gauges(NOW - HEARD_SECONDS - 1, [keySet('none')])],
      ['b', gauges(NOW, [keySet('fresh')])],
    );
    expect(all.read(NOW).keySets).toMatchObject([{ state: 'fresh', toldBy: 'b', isolates: { none: 0 } }]);
    const edge = told(['a', gauges(NOW - HEARD_SECONDS, [keySet('none')])]);
    expect(edge.read(NOW).keySets).toMatchObject([{ state: 'none', isolates: { none: 1 } }]);
  });

  it('is as it was last told where no isolate is heard, of none now, and forgotten after an hour', () => {
    const all = told(['a', gauges(NOW - 9, [keySet('none')])], ['b', gauges(NOW, [keySet('fresh')])]);
    const later = all.read(NOW + 3_600).keySets;
    expect(later).toMatchObject([
      { state: 'fresh', toldBy: 'b', toldAt: NOW, isolates: { fresh: 0, stale: 0, none: 0 } },
    ]);
    expect(all.read(NOW + 3_601).keySets).toEqual([]);
  });

  it('is listed by name, of every issuer that any isolate tells of', () => {
    const all = told(
      ['a', gauges(NOW, [keySet('fresh', { issuer: 'beta' })])],
      ['b', gauges(NOW, [keySet('stale', { issuer: 'acme' }), keySet('stale', { issuer: 'beta' })])],
    );
    const shown = all.read(NOW).keySets.map(({ issuer, state }) => [issuer, state]);
    expect(shown).toEqual([
      ['acme', 'stale'],
      ['beta', 'stale'],
    ]);
  });

  it('is not of a time to come, where an isolate’s clock is ahead', () => {
    const all = told(['a', gauges(NOW + 9_999, [keySet('fresh')])]);
    expect(all.read(NOW).keySets[0]?.toldAt).toBe(NOW);
  });
});

it('tells the oldest copy of the deny-list, the highest position, and who is in doubt', () => {
  const all = told(
    ['a', gauges(NOW - 2, [], { replica: { asOf: NOW - 30 }, store: { doubt: undefined, position: 9 } })],
    ['b', gauges(NOW - 1, [], { replica: { asOf: NOW - 70 }, store: { doubt: 'store_lost', position: 7 } })],
    ['c', gauges(NOW - 3, [], { store: { doubt: 'store_set_back', position: 8 } })],
  );
  const { store, replica } = all.read(NOW);
  expect(store).toEqual({ inDoubt: 2, doubt: 'store_lost', position: 9 });
  expect(replica).toEqual({ asOf: NOW - 70, isolates: 2 });
  expect(all.read(NOW + HEARD_SECONDS + 1)).toMatchObject({ store: undefined, replica: undefined });
});

it('goes on from what was kept of it: all, or the isolates that were heard last', () => {
  const few = told(
    ['a', gauges(NOW - 2, [keySet('stale')], { replica: { asOf: NOW - 30 } })],
    ['b', gauges(NOW - 1, [keySet('fresh')])],
  );
  expect(new ToldGauges(structuredClone(few.keep())).read(NOW)).toEqual(few.read(NOW));
  const many = new ToldGauges();
  for (let i = 0; i < 60; i++) {
    const sets = Array.from({ length: 99 }, (_, n) => keySet('fresh', { issuer: `issuer-${n}` }));
    many.add(`isolate-${i}`, gauges(NOW, sets), NOW);
  }
  expect(many.keep().map(({ by }) => by)).toEqual(Array.from({ length: 50 }, (_, i) => `isolate-${i + 10}`));
});

it('keeps so many key sets of all isolates together, and those of one however many', () => {
  const all = new ToldGauges();
  const sets = (count: number, issuer: string) =>
    Array.from({ length: count }, (_, n) => keySet('fresh', { issuer: `${issuer}-${n}` }));
  for (const isolate of ['a', 'b', 'c']) all.add(isolate, gauges(NOW, sets(20_000, isolate)), NOW);
  const heard = () => new Set(all.read(NOW).keySets.map(({ toldBy }) => toldBy));
  expect(heard()).toEqual(new Set(['b', 'c']));
  all.add('b', gauges(NOW, sets(1, 'b')), NOW);
  all.add('d', gauges(NOW, sets(29_999, 'd')), NOW);
  expect(heard()).toEqual(new Set(['b', 'c', 'd']));
  all.add('e', gauges(NOW, sets(60_000, 'e')), NOW);
  expect(heard()).toEqual(new Set(['e']));
});

it('takes nothing for told just now that was told by a clock that was ahead', () => {
  const all = told(['a', gauges(NOW, [keySet('none')])]);
  expect(all.read(NOW - HEARD_SECONDS - 1)).toMatchObject({ keySets: [{ isolates: { none: 0 } }] });
  expect(all.read(NOW - 3_601).keySets).toEqual([]);
});

it('tells of the signing keys what was seen last, whoever goes on telling what was seen before', () => {
  const service = (at: number, seenAt: number): Gauges => ({
    ...gauges(at, []),
    store: undefined,
    signingKeys: {
      at: seenAt,
      currentPublishedAt: 1,
      rotatesAt: seenAt + 50,
      published: 2,
      denialsPending: 0,
    },
  });
  const [old, late] = [service(NOW, NOW - 90), service(NOW - 80, NOW - 80)];
  const all = told(['a', old], ['b', late], ['c', old]);
  expect(all.read(NOW)).toMatchObject({ signingKeys: { at: NOW - 80 }, store: undefined });
  expect(all.read(NOW + 3_601).signingKeys).toBeUndefined();
});

it('keeps so many isolates and no more, the longest silent first to go', () => {
  const all = new ToldGauges([], 2);
  for (const [i, isolate] of ['a', 'b', 'a', 'c'].entries()) {
    all.add(isolate, gauges(NOW + i, [keySet('fresh', { issuer: isolate })]), NOW + i);
  }
  expect(all.read(NOW + 4).keySets.map(({ issuer }) => issuer)).toEqual(['a', 'c']);
});
