import { describe, expect, it } from 'vitest';
import fc from '../../fixtures/draws.ts';
import { CACHE, deferred, jwk, jwks, type Reply, refused, Stage } from './scripted-issuer.ts';

/** What can happen to one issuer and one isolate, in any order. */
type Move =
  | { readonly do: 'wait'; readonly seconds: number }
  | { readonly do: 'publish'; readonly kids: readonly string[] }
  /** `useless`: every key is refused. `cached`: a cache on the way serves what it got now, and may let itself be passed. */
  | { readonly do: 'fail' | 'recover' | 'useless' }
  | { readonly do: 'cache'; readonly passable: boolean }
  | { readonly do: 'ask'; readonly kid: string }
  /** A request, a rotation while its fetch is under way if there is one, and a second request. */
  | { readonly do: 'rotate'; readonly kids: readonly string[]; readonly asked: readonly [string, string] };

const PUBLISHED = ['a', 'b', 'c'];
const kid = fc.constantFrom(...PUBLISHED, 'never', 'made-up-1', 'made-up-2', 'made-up-3');
const kids = fc.subarray(PUBLISHED, { minLength: 1 });

const move: fc.Arbitrary<Move> = fc.oneof(
  { weight: 3, arbitrary: fc.record({ do: fc.constant('wait'), seconds: fc.integer({ min: 1, max: 700 }) }) },
  { weight: 3, arbitrary: fc.record({ do: fc.constant('wait'), seconds: fc.integer({ min: 1, max: 40 }) }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('publish'), kids }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constantFrom('fail', 'recover', 'recover', 'useless') }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('cache'), passable: fc.boolean() }) },
  { weight: 9, arbitrary: fc.record({ do: fc.constant('ask'), kid }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('rotate'), kids, asked: fc.tuple(kid, kid) }) },
);

interface Fetched {
  /** When it was asked for, and when what it says was so. */
  readonly at: number;
  readonly of: number;
  /** undefined: it failed. */
  readonly kids: readonly string[] | undefined;
}

/** What the issuer has seen, kept apart from the code under test. */
class Witness {
  readonly stage: Stage;
  readonly strict: boolean;
  readonly fetches: Fetched[] = [];
  kids: readonly string[] = ['a'];
  /** Since when each kid has been published without a gap. */
  readonly since = new Map([['a', Number.NEGATIVE_INFINITY]]);
  up = true;
  useless = false;
  cache: { readonly kids: readonly string[]; readonly of: number; readonly passable: boolean } | undefined;
  /** The last time the issuer, or what stands before it, did anything but answer. */
  unwellAt = Number.NEGATIVE_INFINITY;

  constructor(strict: boolean) {
    this.strict = strict;
    this.stage = new Stage(strict ? { missingAsOf: 'request' } : {});
    this.stage.reply = async () => (await this.#answer())();
  }

  async #answer(): Promise<Reply> {
    const { now } = this.stage;
    const past = this.stage.fetched.at(-1)?.headers.get('cache-control') === 'no-cache';
    const cached = this.cache !== undefined && !(past && this.cache.passable) ? this.cache : undefined;
    const { kids: served, of } = cached ?? { kids: this.kids, of: now };
    if (!this.up || this.useless) {
      this.fetches.push({ at: now, of: now, kids: undefined });
      if (!this.up) return refused;
      return jwks([{ ...(await jwk('a')), kid: 'useless', use: 'enc' }]);
    }
    const outdated = of < (this.newest?.of ?? 0) && String(served) !== String(this.newest?.kids);
    this.fetches.push({ at: now, of, kids: outdated ? undefined : served });
    return jwks(served, { age: String(now - of) });
  }

  /** Of the sets that the isolate was given the one that was made last: no other may be in use. */
  get newest(): Fetched | undefined {
    const given = this.fetches.filter((each) => each.kids !== undefined);
    return given.reduce<Fetched | undefined>(
      (last, each) => (last && last.of > each.of ? last : each),
      undefined,
    );
  }

  do(each: Move): Promise<void> | undefined {
    const { stage } = this;
    if (each.do === 'wait') stage.now += each.seconds;
    else if (each.do === 'publish') this.publish(each.kids);
    else if (each.do === 'ask') return this.ask(each.kid);
    else if (each.do === 'rotate') return this.rotate(each);
    else if (each.do === 'cache') this.cache = { kids: this.kids, of: stage.now, passable: each.passable };
    else {
      this.up = each.do !== 'fail';
      this.useless = each.do === 'useless';
      if (each.do === 'recover') this.cache = undefined;
    }
    if (!this.up || this.useless || this.cache !== undefined) this.unwellAt = stage.now;
    return undefined;
  }

  publish(published: readonly string[]): void {
    for (const each of PUBLISHED)
      if (!published.includes(each)) this.since.delete(each);
      else if (!this.since.has(each)) this.since.set(each, this.stage.now);
    this.kids = published;
  }

  async ask(asked: string): Promise<void> {
    const arrived = this.stage.now;
    const held = this.newest;
    const seen = this.fetches.length;
    const answer = await this.stage.ask(asked);
    const sets = [held, ...this.fetches.slice(seen)];
    await this.stage.settle();
    this.#judge(asked, answer, arrived, sets);
  }

  async rotate({ kids: published, asked }: Extract<Move, { do: 'rotate' }>): Promise<void> {
    const { stage } = this;
    const { reply, now: arrived } = stage;
    const before = this.newest;
    const seen = this.fetches.length;
    const held = deferred(await this.#peek());
    stage.reply = held.reply;
    const first = stage.ask(asked[0]);
    for (let turn = 0; turn < 50; turn += 1) await Promise.resolve();
    stage.reply = reply;
    stage.now += 1;
    this.publish(published);
    const second = stage.ask(asked[1]);
    held.release();
    const answers = [await first, await second];
    await stage.settle();
    const sets = [before, ...this.fetches.slice(seen)];
    this.#judge(asked[0], answers[0] ?? '', arrived, sets);
    this.#judge(asked[1], answers[1] ?? '', arrived + 1, sets);
  }

  /** The answer to a fetch that begins now, whenever it arrives. */
  async #peek(): Promise<Reply> {
    let made: Reply | undefined;
    const { kids: published, stage } = this;
    const at = stage.now;
    return async () => {
      const { kids: later, stage: same } = this;
      const now = same.now;
      this.kids = published;
      same.now = at;
      const making = this.#answer();
      this.kids = later;
      same.now = now;
      made ??= await making;
      return made();
    };
  }

  /** @param sets what was held when the request arrived, and what was fetched until it was answered */
  #judge(asked: string, answer: string, arrived: number, sets: readonly (Fetched | undefined)[]): void {
    const { stage } = this;
    const last = this.fetches.findLast((each) => each.kids !== undefined);
    const failedAt = this.fetches.findLast((each) => each.kids === undefined)?.at ?? Number.NEGATIVE_INFINITY;
    if (answer === 'ok') {
      // Only with a key of the newest set, held or just given, and never beyond its end.
      expect(sets.some((each) => each?.kids?.includes(asked))).toBe(true);
      expect(stage.now - (last?.at ?? 0)).toBeLessThanOrEqual(
        CACHE.maxAgeSeconds + CACHE.staleIfErrorSeconds,
      );
    } else if (answer === 'key_not_found') {
      // Known: the newest set lacks it, and was asked for no longer than a cooldown ago; or for this very request.
      expect(sets.every((each) => each?.kids?.includes(asked))).toBe(false);
      expect(stage.now - (last?.at ?? 0)).toBeLessThanOrEqual(CACHE.cooldownSeconds + 1);
      if (this.strict) expect(last?.of).toBeGreaterThanOrEqual(arrived);
    } else {
      // Unknown: only while the issuer has failed and the cooldown since then runs; or it may not be asked yet.
      expect(answer).toMatch(/^503 after \d+$/);
      const seconds = Number(answer.slice('503 after '.length));
      expect(seconds).toBeLessThanOrEqual(CACHE.cooldownSeconds);
      if (!this.strict) expect(arrived - failedAt).toBeLessThanOrEqual(CACHE.cooldownSeconds);
    }
    // A key that is in a set still fresh is never refused, whatever the issuer does.
    const [before, ...fetched] = sets;
    if (before?.kids?.includes(asked) && fetched.length === 0 && arrived - before.of < 540) {
      expect(answer).toBe('ok');
    }
    // A key that appeared a cooldown ago is accepted, whatever else was asked for, unless the issuer was unwell.
    const wellSince = Math.max(
      this.since.get(asked) ?? Number.POSITIVE_INFINITY,
      this.unwellAt + 1,
      failedAt + 1,
    );
    if (arrived >= wellSince + CACHE.cooldownSeconds) expect(answer).toBe('ok');
  }

  /** What the issuer may hold against us, over the whole run. */
  check(): void {
    this.fetches.forEach((fetched, index) => {
      const next = this.fetches.slice(index + 1).find(({ at }) => at > fetched.at);
      if (next !== undefined && fetched.kids === undefined && fetched.of === fetched.at) {
        expect(next.at - fetched.at).toBeGreaterThanOrEqual(CACHE.cooldownSeconds);
      }
      const window = this.fetches.filter(
        ({ at }) => at >= fetched.at && at < fetched.at + CACHE.cooldownSeconds,
      );
      // One that was due anyway, and again past a cache; three that found their key; two in vain.
      expect(window.length).toBeLessThanOrEqual(7);
    });
  }
}

describe('any sequence of rotations, outages, caches, waits and requests', () => {
  it.each([
    ['at the gateway', false],
    ['where answers are final', true],
  ])('keeps the promises of the contract %s', async (_where, strict) => {
    await fc.assert(
      fc.asyncProperty(fc.array(move, { minLength: 5, maxLength: 60 }), async (moves) => {
        const witness = new Witness(strict);
        for (const each of moves) await witness.do(each);
        witness.check();
      }),
      { numRuns: 300 },
    );
  });
});
