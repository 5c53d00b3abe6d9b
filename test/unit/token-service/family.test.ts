import { describe, expect, it } from 'vitest';
import {
  awaitingCode,
  end,
  expiresAt,
  type Family,
  opened,
  redeem,
  refresh,
} from '../../../src/token-service/grants/family.ts';
import fc from '../../fixtures/draws.ts';

const TIMES = { codeSeconds: 60, reuseIntervalSeconds: 10, absoluteSeconds: 10_000, idleSeconds: 1_000 };
const NO_REUSE = { ...TIMES, reuseIntervalSeconds: 0 };

const issued = (generation: number) => ({ kind: 'issued', generation });
const repeated = (generation: number) => ({ kind: 'repeated', generation });
const refused = (why: string) => ({ kind: 'refused', why });
/** Generation 1 is the newest; 0 was used at 100. */
const once = refresh(opened(0), 0, TIMES, 100).family;
const twice = refresh(once, 1, TIMES, 102).family;

describe('an authorization code', () => {
  it.each([
    [59, issued(0)],
    [60, refused('expired')],
  ])('at %i s: %j', (now, expected) => {
    expect(redeem(awaitingCode(0), TIMES, now).outcome).toEqual(expected);
  });

  it('used twice ends what the first use began, and no refresh token of it is good then', () => {
    const { family } = redeem(awaitingCode(0), TIMES, 1);
    const again = redeem(family, TIMES, 2);
    expect(again.outcome).toEqual(refused('code_reused'));
    expect(refresh(again.family, 0, TIMES, 3).outcome).toEqual(refused('code_reused'));
    expect(redeem(again.family, TIMES, 3)).toEqual({ family: again.family, outcome: refused('code_reused') });
  });

  it('is needed before anything is refreshed', () => {
    const family = awaitingCode(0);
    expect(refresh(family, 0, TIMES, 1)).toEqual({ family, outcome: refused('expired') });
  });
});

describe('a refresh token', () => {
  it('makes a successor', () => {
    expect(refresh(opened(0), 0, TIMES, 100)).toEqual({
      family: { phase: 'live', startedAt: 0, generation: 1, rotatedAt: 100 },
      outcome: issued(1),
    });
  });

  it.each<[string, number, number, Family, object]>([
    ['again at once', 0, 100, once, repeated(1)],
    ['again at the end of the interval', 0, 109.999, once, repeated(1)],
    ['again after the interval', 0, 110, once, refused('refresh_reused')],
    ['the newest after the interval', 1, 110, once, issued(2)],
    ['an older generation within the interval of the last use', 0, 103, twice, refused('refresh_reused')],
    ['the last but one within its interval', 1, 103, twice, repeated(2)],
    ['one that was never given out', 2, 101, once, refused('refresh_reused')],
    ['on the last moment of the idle lifetime', 1, 1_099, once, issued(2)],
    ['after the idle lifetime', 1, 1_100, once, refused('expired')],
    ['repeated, by a clock that went back', 0, 90, once, repeated(1)],
  ])('%s', (_what, generation, now, family, expected) => {
    expect(refresh(family, generation, TIMES, now).outcome).toEqual(expected);
  });

  it('is good once where the interval is 0, whatever the clock does', () => {
    const used = refresh(opened(0), 0, NO_REUSE, 100).family;
    for (const now of [90, 100, 101]) {
      expect(refresh(used, 0, NO_REUSE, now).outcome).toEqual(refused('refresh_reused'));
    }
  });

  it('does not outlive the absolute lifetime however often it is used', () => {
    let family: Family = opened(0);
    for (let generation = 0; generation < 19; generation++) {
      family = refresh(family, generation, TIMES, (generation + 1) * 500).family;
    }
    expect(expiresAt(family, TIMES)).toBe(10_000);
    expect(refresh(family, 19, TIMES, 9_999).outcome).toEqual(issued(20));
    expect(refresh(family, 19, TIMES, 10_000).outcome).toEqual(refused('expired'));
  });

  it('a repetition changes nothing: neither the interval nor the idle lifetime grow', () => {
    expect(refresh(once, 0, TIMES, 105).family).toBe(once);
  });

  it('of an ended grant is refused for the first reason', () => {
    const ended = end(end(once, 'logged_out', 200), 'revoked', 300);
    expect(ended).toEqual({ phase: 'ended', why: 'logged_out', at: 200 });
    expect(refresh(ended, 1, TIMES, 201)).toEqual({ family: ended, outcome: refused('logged_out') });
  });
});

/** What may happen to one grant, in any order. The honest client has two tabs that share what they know. */
type Event =
  | { readonly do: 'refresh' | 'lose the answer' | 'both tabs' | 'steal' | 'log out' }
  | { readonly do: 'use stolen'; readonly which: number }
  | { readonly do: 'wait'; readonly seconds: number };

const event: fc.Arbitrary<Event> = fc.oneof(
  {
    weight: 10,
    arbitrary: fc.record({ do: fc.constantFrom('refresh', 'lose the answer', 'both tabs' as const) }),
  },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('steal' as const) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('use stolen' as const), which: fc.nat(9) }) },
  {
    weight: 6,
    arbitrary: fc.record({ do: fc.constant('wait' as const), seconds: fc.integer({ min: 0, max: 30 }) }),
  },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('log out' as const) }) },
);

const times = fc.record({
  codeSeconds: fc.constant(60),
  reuseIntervalSeconds: fc.constantFrom(0, 1, 10),
  absoluteSeconds: fc.constant(1_000),
  idleSeconds: fc.constant(300),
});

describe('any interleaving of refreshes, retries, lost answers, theft, logout and the clock', () => {
  it('keeps one live chain, never logs an honest client out, and lets no thief stay', () => {
    fc.assert(
      fc.property(fc.array(event, { maxLength: 80 }), times, (events, rule) => {
        let now = 0;
        let family: Family = opened(0);
        /** What the honest client holds, and when it first sent it. */
        let held = 0;
        let sentAt: number | undefined;
        const stolen: number[] = [];
        let disturbed = false;
        let given = 0;

        const use = (generation: number) => {
          const before = family;
          const step = refresh(family, generation, rule, now);
          family = step.family;
          const { outcome } = step;
          if (outcome.kind === 'issued') {
            // One chain: each successor is the one after the last that was given out.
            expect(outcome.generation).toBe(given + 1);
            expect(generation).toBe(given);
            given = outcome.generation;
          } else if (outcome.kind === 'repeated') {
            expect(outcome.generation).toBe(given);
            expect(generation).toBe(given - 1);
            expect(family).toBe(before);
          } else {
            expect(family.phase).toBe('ended');
          }
          return outcome;
        };

        const honest = (answers: boolean) => {
          sentAt ??= now;
          const inTime = now === sentAt || now - sentAt < rule.reuseIntervalSeconds;
          const first = sentAt === now && given === held;
          const alive = family.phase === 'live' && now < expiresAt(family, rule);
          const outcome = use(held);
          const retryAllowed = first || (inTime && rule.reuseIntervalSeconds > 0);
          if (alive && !disturbed && retryAllowed) expect(outcome.kind).not.toBe('refused');
          if (outcome.kind !== 'refused' && answers) {
            held = outcome.generation;
            sentAt = undefined;
          }
        };

        for (const each of events) {
          switch (each.do) {
            case 'wait':
              now += each.seconds;
              break;
            case 'refresh':
              honest(true);
              break;
            case 'lose the answer':
              honest(false);
              break;
            case 'both tabs': {
              const same = held;
              honest(true);
              if (rule.reuseIntervalSeconds > 0) {
                const alive = family.phase === 'live';
                const outcome = use(same);
                if (alive && !disturbed) expect(outcome).toEqual({ kind: 'repeated', generation: held });
              }
              break;
            }
            case 'steal':
              stolen.push(held);
              break;
            case 'use stolen': {
              const generation = stolen[each.which % Math.max(1, stolen.length)];
              if (generation === undefined) break;
              const older = generation < given - 1;
              const late =
                generation === given - 1 &&
                family.phase === 'live' &&
                now - family.rotatedAt >= rule.reuseIntervalSeconds;
              disturbed = true;
              const outcome = use(generation);
              if (older || late) expect(outcome.kind).toBe('refused');
              if (older || late) expect(family.phase).toBe('ended');
              break;
            }
            case 'log out':
              disturbed = true;
              family = end(family, 'logged_out', now);
              expect(use(held).kind).toBe('refused');
              break;
          }
        }
      }),
      { numRuns: 2_000 },
    );
  });

  it('a thief and an honest client that both go on: whoever is second ends it for both', () => {
    fc.assert(
      fc.property(fc.integer({ min: 10, max: 100 }), (pause) => {
        const start = opened(0);
        const first = refresh(start, 0, TIMES, 1);
        expect(first.outcome.kind).toBe('issued');
        const second = refresh(first.family, 0, TIMES, 1 + pause);
        expect(second.outcome).toEqual(refused('refresh_reused'));
        expect(refresh(second.family, 1, TIMES, 2 + pause).outcome.kind).toBe('refused');
      }),
    );
  });
});
