import { describe, expect, it } from 'vitest';
import { revocationKey } from '../../../src/core/key-names.ts';
import type { RevocationMode } from '../../../src/core/policy.ts';
import { createRevocation } from '../../../src/revocation/check.ts';
import { replicaOf } from '../../../src/revocation-store/replica/replica.ts';
import fc from '../../fixtures/draws.ts';
import { ISSUER } from '../../fixtures/policies.ts';
import { aBench, aToken } from '../../fixtures/revocation.ts';
import { drain, ModelStore } from '../../fixtures/revocation-model.ts';

const BOUND = 4;
const TOKENS = 2;

type Step =
  | { readonly do: 'ask'; readonly token: number; readonly accept: boolean }
  | { readonly do: 'revoke'; readonly token: number; readonly by: 'jti' | 'sub'; readonly forSeconds: number }
  | { readonly do: 'unrevoke'; readonly token: number }
  | { readonly do: 'wait'; readonly seconds: number }
  | { readonly do: 'trim'; readonly kept: number }
  | { readonly do: 'snapshot' | 'fail' | 'recover' | 'slow' | 'fast' | 'release' | 'lose' };

const token = fc.integer({ min: 0, max: TOKENS - 1 });
const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 8, arbitrary: fc.record({ do: fc.constant('ask' as const), token, accept: fc.boolean() }) },
  {
    weight: 4,
    arbitrary: fc.record({ do: fc.constant('wait' as const), seconds: fc.integer({ min: 0, max: 6 }) }),
  },
  {
    weight: 3,
    arbitrary: fc.record({
      do: fc.constant('revoke' as const),
      token,
      by: fc.constantFrom('jti' as const, 'sub' as const),
      forSeconds: fc.oneof(fc.integer({ min: 1, max: 6 }), fc.integer({ min: 20, max: 60 })),
    }),
  },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('unrevoke' as const), token }) },
  {
    weight: 1,
    arbitrary: fc.record({ do: fc.constant('trim' as const), kept: fc.integer({ min: 0, max: 3 }) }),
  },
  {
    weight: 4,
    arbitrary: fc
      .constantFrom('snapshot', 'fail', 'recover', 'recover', 'slow', 'fast', 'release', 'lose')
      .map((name) => ({ do: name }) as Step),
  },
);

const wait = fc.integer({ min: 1, max: 6 }).map((seconds): Step => ({ do: 'wait', seconds }));
const asking = token.map((which): Step => ({ do: 'ask', token: which, accept: false }));
const longRevocation = token.map(
  (which): Step => ({ do: 'revoke', token: which, by: 'jti', forSeconds: 60 }),
);
const briefRevocation = fc
  .record({ which: token, forSeconds: fc.integer({ min: 1, max: 4 }) })
  .map(({ which, forSeconds }): Step => ({ do: 'revoke', token: which, by: 'jti', forSeconds }));
const only = (name: 'slow' | 'fast' | 'release' | 'lose') => fc.constant<Step>({ do: name });

/** Chance alone finds these sequences too rarely: an answer overtaken by a change or by a later answer, and a loss. */
const passage: fc.Arbitrary<readonly Step[]> = fc.oneof(
  { weight: 12, arbitrary: fc.tuple(step) },
  {
    weight: 1,
    arbitrary: fc.tuple(only('slow'), asking, longRevocation, wait, only('release'), wait, asking),
  },
  {
    weight: 1,
    arbitrary: fc.tuple(
      only('slow'),
      asking,
      only('fast'),
      longRevocation,
      wait,
      asking,
      only('release'),
      asking,
    ),
  },
  { weight: 1, arbitrary: fc.tuple(asking, longRevocation, only('lose'), wait, asking, asking) },
  { weight: 1, arbitrary: fc.tuple(briefRevocation, asking, longRevocation, wait, asking) },
);

/** One isolate over the model, with the truth about every token remembered second by second. */
class World {
  readonly store = new ModelStore();
  readonly #bound: number;
  readonly #mode: RevocationMode;
  readonly #bench;
  readonly #tokens = Array.from({ length: TOKENS }, (_, index) =>
    aToken({ jti: `id-${index}`, sub: `user-${index}`, iat: 1_800_000_000 - 100 }),
  );
  /** Revoked tokens of a store that was lost stay revoked in truth until they end. */
  readonly #lost = new Map<string, number>();
  readonly #history: { at: number; revoked: boolean[]; trouble: boolean }[] = [];
  readonly #pending: Promise<void>[] = [];

  constructor(mode: RevocationMode) {
    this.#mode = mode;
    this.#bound = mode === 'strict' ? 0 : BOUND;
    const clock = () => this.store.now;
    this.#bench = aBench(
      createRevocation({
        reader: this.store.reader,
        replica: replicaOf({ feed: this.store.feed, clock }),
        clock,
      }),
      clock,
    );
    this.store.takeSnapshot();
    this.#record();
  }

  #keys = (index: number) => [
    revocationKey('jti', ISSUER, `id-${index}`),
    revocationKey('sub', ISSUER, `user-${index}`),
  ];

  #record(): void {
    this.#history.push({
      at: this.store.now,
      revoked: this.#tokens.map((_, index) =>
        this.#keys(index).some((key) => this.store.holds(key) || (this.#lost.get(key) ?? 0) > this.store.now),
      ),
      trouble: this.store.down || this.store.epoch === undefined,
    });
  }

  async take(step: Step): Promise<void> {
    const { store } = this;
    switch (step.do) {
      case 'ask':
        this.#ask(step.token, step.accept);
        break;
      case 'revoke': {
        const [jti = '', sub = ''] = this.#keys(step.token);
        if (store.epoch !== undefined)
          store.revoke(step.by === 'jti' ? jti : sub, store.now, store.now + step.forSeconds);
        break;
      }
      case 'unrevoke':
        if (store.epoch !== undefined) for (const key of this.#keys(step.token)) store.unrevoke(key);
        break;
      case 'wait':
        for (let second = 0; second < step.seconds; second++) {
          store.now++;
          this.#record();
        }
        break;
      case 'trim':
        store.trim(step.kept);
        break;
      case 'snapshot':
        store.takeSnapshot();
        break;
      case 'fail':
        store.down = true;
        break;
      case 'recover':
        store.down = false;
        break;
      case 'slow':
        store.slowDown();
        break;
      case 'fast':
        store.speedUp();
        break;
      case 'release':
        store.release();
        break;
      case 'lose':
        if (!store.known) break;
        for (let index = 0; index < TOKENS; index++) {
          for (const key of this.#keys(index)) if (store.holds(key)) this.#lost.set(key, store.now + 60);
        }
        store.lose();
    }
    this.#record();
    await drain();
    this.#record();
  }

  #ask(index: number, accept: boolean): void {
    const token = this.#tokens[index];
    if (!token) return;
    const asked = this.store.now;
    const from = this.#history.length - 1;
    const policy = {
      mode: this.#mode,
      maxStalenessSeconds: this.#bound,
      onUnavailable: accept ? ('accept' as const) : ('reject' as const),
    };
    const answer = this.#bench.ask(token, policy);
    if (typeof answer === 'string') this.#judge(index, answer, asked, from);
    else this.#pending.push(answer.then((word) => this.#judge(index, word, asked, from)));
  }

  #judge(index: number, word: string, asked: number, from: number): void {
    const window = this.#history.filter(({ at }, entry) => at >= asked - this.#bound || entry >= from);
    const trouble = window.some((entry) => entry.trouble);
    const facts = `${word} for token ${index} asked at ${asked}, told at ${this.store.now}`;
    if (word === 'active') {
      expect(
        window.some(({ revoked }) => !revoked[index]),
        `revoked all along: ${facts}`,
      ).toBe(true);
    } else if (word.startsWith('revoked')) {
      expect(trouble || window.some(({ revoked }) => revoked[index]), `live all along: ${facts}`).toBe(true);
      expect(
        this.#history.some(({ revoked }) => revoked[index]),
        `never revoked: ${facts}`,
      ).toBe(true);
    } else {
      expect(
        trouble || this.#history.slice(from).some((entry) => entry.trouble),
        `no reason to doubt: ${facts}`,
      ).toBe(true);
    }
  }

  async end(): Promise<void> {
    this.store.release();
    await Promise.all(this.#pending);
    await this.#bench.settle();
  }
}

describe('any interleaving of revoke, expire, refresh, outage, slowness, trim and loss', () => {
  it.each(['strict', 'cached', 'replicated'] as const)(
    '%s: no revoked token past the bound, no live token refused, no doubt without a reason',
    async (mode) => {
      await fc.assert(
        fc.asyncProperty(fc.array(passage, { minLength: 1, maxLength: 40 }), async (steps) => {
          const world = new World(mode);
          for (const each of steps.flat()) await world.take(each);
          await world.end();
        }),
        { numRuns: 500 },
      );
    },
  );
});
