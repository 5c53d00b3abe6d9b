import { describe, expect, it } from 'vitest';
import { type AlarmState, QUIET, step, type Turn } from '../../../../src/control/alarms/hysteresis.ts';
import fc from '../../../fixtures/draws.ts';

const LIMITS = { begin: 10, clear: 5, beginForSeconds: 0, clearForSeconds: 0, silenced: undefined };
type Limits = Omit<typeof LIMITS, 'silenced'> & { silenced: string | undefined };

/** One evaluation a minute: what is told in each. */
function run(values: readonly (number | undefined)[], limitsAt: (i: number) => Limits = () => LIMITS) {
  let state: AlarmState = QUIET;
  let ids = 0;
  const told: (readonly [Turn, string] | undefined)[] = [];
  for (const [i, value] of values.entries()) {
    const next = step(state, limitsAt(i), { value, now: 1_000 + i * 60, newId: () => `incident-${++ids}` });
    state = next.state;
    told.push(next.tell && [next.tell.turn, next.tell.incident.id]);
  }
  return { state, told, turns: told.flatMap((each) => each?.[0] ?? '-').join(' ') };
}

const limited = (more: Partial<Limits>) => () => ({ ...LIMITS, ...more });

describe('an alarm', () => {
  it.each<[string, readonly (number | undefined)[], string, Partial<Limits>]>([
    ['begins above its threshold, not at it', [10, 11], '- begun', {}],
    ['stays between the two', [11, 6, 10, 6], 'begun - - -', {}],
    ['ends at the lower one', [11, 6, 5], 'begun - ended', {}],
    ['begins anew', [11, 0, 0, 11, 0], 'begun ended - begun ended', {}],
    ['waits for its time to begin', [11, 11, 11], '- - begun', { beginForSeconds: 120 }],
    ['begins its wait anew where the value falls', [11, 9, 11, 11], '- - - begun', { beginForSeconds: 60 }],
    ['waits for its time to end', [11, 0, 0, 0], 'begun - - ended', { clearForSeconds: 120 }],
    [
      'begins that wait anew where the value rises',
      [11, 0, 6, 0, 0],
      'begun - - - ended',
      { clearForSeconds: 60 },
    ],
    ['neither begins nor ends by what is unknown', [undefined, 11, undefined, undefined], '- begun - -', {}],
    [
      'does not count the unknown as quiet',
      [11, 0, undefined, 0, 0],
      'begun - - - ended',
      { clearForSeconds: 60 },
    ],
    ['waits on through the unknown', [11, undefined, 11], '- - begun', { beginForSeconds: 120 }],
    ['tells nobody while it is silenced', [11, 0, 11], '- - -', { silenced: 'a test' }],
  ])('%s', (_what, values, turns, more) => {
    expect(run(values, limited(more)).turns).toBe(turns);
  });

  it('that began silenced is told of once it is not, and its end is told even when it is again', () => {
    const silencedAt = [0, 1, 3];
    const { turns } = run([11, 11, 11, 0], (i) => ({
      ...LIMITS,
      silenced: silencedAt.includes(i) ? 'a test' : undefined,
    }));
    expect(turns).toBe('- - begun ended');
  });

  it('is one incident from beginning to end, and another the next time', () => {
    expect(run([11, 12, 0, 11]).told).toEqual([
      ['begun', 'incident-1'],
      undefined,
      ['ended', 'incident-1'],
      ['begun', 'incident-2'],
    ]);
  });

  it('remembers its last time', () => {
    expect(run([11, 12, 0, 1]).state).toMatchObject({
      incident: undefined,
      value: 1,
      lastIncident: { since: 1_000, until: 1_120 },
    });
  });

  const value = fc.option(fc.integer({ min: 0, max: 20 }), { nil: undefined });
  const limits = fc.record({
    begin: fc.integer({ min: 5, max: 12 }),
    clear: fc.integer({ min: 0, max: 5 }),
    beginForSeconds: fc.constantFrom(0, 60, 180),
    clearForSeconds: fc.constantFrom(0, 60, 180),
    silenced: fc.option(fc.constant('a test'), { nil: undefined }),
  });

  it('tells of beginnings and ends in turn, of the same incident, whatever the values and however it is reconfigured', () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(value, limits), { maxLength: 60 }), (steps) => {
        const { told } = run(
          steps.map(([each]) => each),
          (i) => steps[i]?.[1] ?? LIMITS,
        );
        const messages = told.filter((each) => each !== undefined);
        messages.forEach(([turn, incident], i) => {
          expect(turn).toBe(i % 2 === 0 ? 'begun' : 'ended');
          if (turn === 'ended') expect(incident).toBe(messages[i - 1]?.[1]);
        });
        const begun = messages.filter(([turn]) => turn === 'begun').map(([, id]) => id);
        expect(new Set(begun).size).toBe(begun.length);
      }),
    );
  });

  it('evaluated twice at once tells nothing twice', () => {
    fc.assert(
      fc.property(fc.array(value, { maxLength: 40 }), limits, (values, of) => {
        let once: AlarmState = QUIET;
        for (const [i, each] of values.entries()) {
          const observed = { value: each, now: 1_000 + i * 60, newId: () => `incident-${i}` };
          once = step(once, of, observed).state;
          const again = step(once, of, observed);
          expect(again.tell).toBeUndefined();
          expect(again.state.incident).toEqual(once.incident);
        }
      }),
    );
  });
});
