import { describe, expect, it } from 'vitest';
import { EpochWatch } from '../../../src/revocation/epoch-watch.ts';
import type { StoreMark } from '../../../src/revocation/port.ts';

/** `askedAt`: the position known when the question was sent; as known when the answer comes, where it is left out. */
type Seen = readonly [epoch: string | undefined, position?: number, at?: number, askedAt?: number];

/** What each of several answers in a row leaves in doubt, and the events that tells of. */
function observed(seen: readonly Seen[], pinned?: string) {
  const watch = new EpochWatch(pinned);
  const events: string[] = [];
  const doubts = seen.map(([epoch, position, at = 0, askedAt = watch.position]) =>
    watch.observe({ epoch, position }, askedAt, 1_000 + at, ({ event, cause }) =>
      events.push(cause === undefined ? event : `${event} ${cause}`),
    ),
  );
  return { watch, doubts, events };
}

const LOST = 'revocation_store_lost store_lost';
const UNMARKED = 'revocation_store_lost store_unmarked';
const SET_BACK = 'revocation_store_set_back store_set_back';
const RECOVERED = 'revocation_store_recovered';
const REPLACED = 'revocation_store_replaced';

describe('EpochWatch', () => {
  it.each<[string, readonly Seen[], readonly (string | undefined)[], readonly string[]]>([
    [
      'a store that goes on',
      [
        ['a', 1],
        ['a', 1],
        ['a', 5],
      ],
      [undefined, undefined, undefined],
      [],
    ],
    [
      'one never marked',
      [
        [undefined, 0],
        [undefined, 0],
      ],
      ['store_unmarked', 'store_unmarked'],
      [UNMARKED],
    ],
    [
      'one marked at last',
      [
        [undefined, 0],
        ['a', 0],
      ],
      ['store_unmarked', undefined],
      [UNMARKED, RECOVERED],
    ],
    [
      'a mark that goes',
      [
        ['a', 1],
        [undefined, 0],
      ],
      [undefined, 'store_lost'],
      [LOST],
    ],
    [
      'a mark that goes and comes back',
      [
        ['a', 1],
        [undefined, 0],
        ['a', 1],
      ],
      [undefined, 'store_lost', undefined],
      [LOST, RECOVERED],
    ],
    [
      'one adopted',
      [
        ['a', 1],
        ['b', 2],
      ],
      [undefined, undefined],
      [REPLACED],
    ],
    [
      'one adopted after a loss',
      [
        ['a', 9],
        [undefined, 1],
        ['b', 10],
      ],
      [undefined, 'store_lost', undefined],
      [LOST, REPLACED],
    ],
    [
      'a replica that lags and catches up',
      [
        ['a', 9],
        ['a', 8],
        ['a', 8, 9],
        ['a', 9, 9],
      ],
      [undefined, 'store_set_back', 'store_set_back', undefined],
      [SET_BACK, RECOVERED],
    ],
    [
      'one set back, which new writes do not mend',
      [
        ['a', 9],
        ['a', 5],
        ['a', 6, 10],
        ['a', 9, 11],
        ['a', 500, 60],
      ],
      [undefined, 'store_set_back', 'store_set_back', 'store_set_back', 'store_set_back'],
      [SET_BACK],
    ],
    [
      'one set back and adopted',
      [
        ['a', 9],
        ['a', 5],
        ['a', 5, 10],
        ['b', 10, 11],
        ['b', 11, 12],
      ],
      [undefined, 'store_set_back', 'store_set_back', undefined, undefined],
      [SET_BACK, REPLACED],
    ],
    [
      'one set back to the life before',
      [
        ['b', 9],
        ['a', 5],
        ['a', 5, 30],
        ['a', 6, 60],
      ],
      [undefined, 'store_set_back', 'store_set_back', 'store_set_back'],
      [SET_BACK],
    ],
    [
      'one that lost its state alone',
      [
        ['a', 9],
        ['a', 0],
        ['a', 1, 30],
      ],
      [undefined, 'store_set_back', 'store_set_back'],
      [SET_BACK],
    ],
    [
      'a lag that is over before another one',
      [
        ['a', 9],
        ['a', 8],
        ['a', 9, 5],
        ['a', 8, 100],
        ['a', 9, 101],
      ],
      [undefined, 'store_set_back', undefined, 'store_set_back', undefined],
      [SET_BACK, RECOVERED, SET_BACK, RECOVERED],
    ],
    [
      'an answer that a later one overtook',
      [
        ['a', 7],
        ['a', 9],
        ['a', 8, 0, 7],
        ['a', 7, 20, 7],
        ['a', 9, 21],
      ],
      [undefined, undefined, undefined, undefined, undefined],
      [],
    ],
    [
      'an answer from before an adoption, overtaken by one from after it',
      [
        ['a', 7],
        ['b', 9],
        ['a', 7, 0, 7],
        ['b', 9],
      ],
      [undefined, undefined, undefined, undefined],
      [REPLACED],
    ],
    [
      'an overtaken answer that stands below what was known when it was asked for',
      [
        ['a', 7],
        ['a', 9],
        ['a', 6, 0, 7],
      ],
      [undefined, undefined, 'store_set_back'],
      [SET_BACK],
    ],
    [
      'an overtaken answer of a store in doubt, which it does not end',
      [
        ['a', 7],
        ['a', 9],
        [undefined, 0],
        ['a', 8, 0, 7],
        ['a', 9],
      ],
      [undefined, undefined, 'store_lost', 'store_lost', undefined],
      [LOST, RECOVERED],
    ],
    [
      'an overtaken answer without a mark',
      [
        ['a', 9],
        [undefined, 8, 0, 7],
      ],
      [undefined, 'store_lost'],
      [LOST],
    ],
    [
      'an answer that tells no position',
      [['a', 9], ['a'], ['b'], ['b', 9]],
      [undefined, undefined, undefined, undefined],
      [REPLACED],
    ],
    [
      'an answer that tells no position, of a store set back',
      [['a', 9], ['a', 5], ['a', 5, 10], ['a']],
      [undefined, 'store_set_back', 'store_set_back', 'store_set_back'],
      [SET_BACK],
    ],
  ])('%s', (_, seen, doubts, events) => {
    const told = observed(seen);
    expect(told.doubts).toEqual(doubts);
    expect(told.events).toEqual(events);
    expect(told.watch.doubt).toBe(doubts.at(-1));
  });

  it.each<[string, readonly Seen[], readonly (string | undefined)[]]>([
    ['no mark', [[undefined, 0]], ['store_lost']],
    [
      'another mark',
      [
        ['b', 9],
        ['b', 10],
      ],
      ['store_lost', 'store_lost'],
    ],
    [
      'the mark that is pinned',
      [
        ['a', 1],
        ['b', 2],
        ['a', 3],
      ],
      [undefined, 'store_lost', undefined],
    ],
    [
      'another mark, overtaken',
      [
        ['a', 9],
        ['b', 8, 0, 7],
      ],
      [undefined, 'store_lost'],
    ],
    [
      'the mark, set back',
      [
        ['a', 9],
        ['a', 8],
      ],
      [undefined, 'store_set_back'],
    ],
  ])('pinned: %s', (_, seen, doubts) => {
    expect(observed(seen, 'a').doubts).toEqual(doubts);
  });

  it('remembers how far the store has come, its epoch, and what its writer assumes', () => {
    const watch = new EpochWatch(undefined);
    const observe = (mark: StoreMark) => watch.observe(mark, watch.position, 0, () => {});
    expect([watch.epoch, watch.position, watch.keptSeconds, watch.mayBe('a')]).toEqual([
      undefined,
      0,
      undefined,
      true,
    ]);
    const kept = new Map([['i', 60]]);
    observe({ epoch: 'a', position: 3, keptSeconds: kept });
    observe({ epoch: 'a' });
    expect([watch.epoch, watch.position, watch.keptSeconds]).toEqual(['a', 3, kept]);
    expect([watch.mayBe('a'), watch.mayBe('b')]).toEqual([true, false]);
    observe({ epoch: 'a', position: 2, keptSeconds: new Map([['i', 1]]) });
    expect(watch.keptSeconds, 'a store in doubt is not believed in this either').toBe(kept);
    observe({ epoch: 'a', position: 4, keptSeconds: undefined });
    expect(watch.keptSeconds).toBeUndefined();
    watch.observe({ epoch: 'a', position: 3, keptSeconds: kept }, 3, 0, () => {});
    expect([watch.position, watch.keptSeconds], 'an overtaken answer changes nothing').toEqual([
      4,
      undefined,
    ]);
  });
});
