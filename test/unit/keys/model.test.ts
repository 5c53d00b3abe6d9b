import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { CACHE, jwks, type Reply, refused, Stage } from './scripted-issuer.ts';

/** What can happen to one issuer and one isolate, in any order. */
type Move =
  | { readonly do: 'wait'; readonly seconds: number }
  | { readonly do: 'publish'; readonly kids: readonly string[] }
  | { readonly do: 'fail' | 'recover' }
  | { readonly do: 'ask'; readonly kid: string };

const KIDS = ['a', 'b', 'c', 'never'];

const move: fc.Arbitrary<Move> = fc.oneof(
  { weight: 3, arbitrary: fc.record({ do: fc.constant('wait'), seconds: fc.integer({ min: 1, max: 700 }) }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('wait'), seconds: fc.integer({ min: 1, max: 40 }) }) },
  {
    weight: 2,
    arbitrary: fc.record({
      do: fc.constant('publish'),
      kids: fc.subarray(['a', 'b', 'c'], { minLength: 1 }),
    }),
  },
  { weight: 1, arbitrary: fc.record({ do: fc.constantFrom('fail', 'recover') }) },
  { weight: 8, arbitrary: fc.record({ do: fc.constant('ask'), kid: fc.constantFrom(...KIDS) }) },
);

interface Fetched {
  readonly at: number;
  /** undefined: it failed. */
  readonly kids: readonly string[] | undefined;
}

/** What the issuer has seen, kept apart from the code under test. */
class Witness {
  readonly stage = new Stage();
  readonly fetches: Fetched[] = [];
  kids: readonly string[] = ['a'];
  up = true;

  constructor() {
    this.stage.reply = async () => {
      this.fetches.push({ at: this.stage.now, kids: this.up ? this.kids : undefined });
      const reply: Reply = this.up ? await jwks(this.kids) : refused;
      return reply();
    };
  }

  /** The last set the isolate was given. */
  get given(): Fetched | undefined {
    return this.fetches.findLast(({ kids }) => kids !== undefined);
  }

  async ask(kid: string): Promise<void> {
    const { stage } = this;
    const before = this.fetches.length;
    const given = this.given;
    const answer = await stage.ask(kid);
    const own = this.fetches.length - before;
    const latest = this.given;
    await stage.settle();
    const sinceFailure = stage.now - (this.fetches.findLast(({ kids }) => kids === undefined)?.at ?? -1e9);

    expect(own).toBeLessThanOrEqual(1);
    if (answer === 'ok') {
      // Only with a key of the set held or just given, and never beyond its end.
      const sources = [given, latest].filter((each) => each?.kids?.includes(kid));
      expect(sources.length).toBeGreaterThan(0);
      expect(stage.now - (sources.at(-1)?.at ?? 0)).toBeLessThan(
        CACHE.maxAgeSeconds + CACHE.staleIfErrorSeconds,
      );
    } else if (answer === 'key_not_found') {
      // Known: the last set given lacks it, and was asked for no longer ago than the memory of misses holds.
      expect(latest?.kids).not.toContain(kid);
      expect(stage.now - (latest?.at ?? 0)).toBeLessThanOrEqual(4 * CACHE.cooldownSeconds);
    } else {
      // Unknown: only while the issuer has failed and the cooldown since then runs.
      expect(answer).toMatch(/^503 after \d+$/);
      expect(sinceFailure).toBeLessThanOrEqual(CACHE.cooldownSeconds);
    }
    // A key that is in a set still fresh is never refused, whatever the issuer does.
    if (given?.kids?.includes(kid) && stage.now - given.at < 540) expect(answer).toBe('ok');
  }

  /** What the issuer may hold against us, over the whole run. */
  check(): void {
    this.fetches.forEach((fetched, index) => {
      const next = this.fetches[index + 1];
      if (next !== undefined && fetched.kids === undefined) {
        expect(next.at - fetched.at).toBeGreaterThanOrEqual(CACHE.cooldownSeconds);
      }
      const window = this.fetches.filter(
        ({ at }) => at >= fetched.at && at < fetched.at + CACHE.cooldownSeconds,
      );
      // One that was due anyway, three that found their key, one in vain.
      expect(window.length).toBeLessThanOrEqual(5);
    });
  }
}

describe('any sequence of rotations, outages, waits and requests', () => {
  it('keeps the promises of the contract', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(move, { minLength: 5, maxLength: 60 }), async (moves) => {
        const witness = new Witness();
        for (const each of moves) {
          if (each.do === 'wait') witness.stage.now += each.seconds;
          else if (each.do === 'publish') witness.kids = each.kids;
          else if (each.do === 'ask') await witness.ask(each.kid);
          else witness.up = each.do === 'recover';
        }
        witness.check();
      }),
      { numRuns: 150 },
    );
  });
});
