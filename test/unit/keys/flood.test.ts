import { describe, expect, it } from 'vitest';
import { SingleFlight } from '../../../src/keys/single-flight.ts';
import { CACHE, hang, jwks, refused, remote, Stage, status } from './scripted-issuer.ts';

const FLOOD = 10_000;
const randomKids = (round = 0) => Array.from({ length: FLOOD }, (_, index) => `random-${round}-${index}`);

/** A thousand at once: the runtime allows one context, here the test, 10,000 timers. */
const together = async (stage: Stage, kids: readonly string[]): Promise<string[]> => {
  const answers = [];
  for (let next = 0; next < kids.length; next += 1_000) {
    answers.push(...(await Promise.all(kids.slice(next, next + 1_000).map((kid) => stage.ask(kid)))));
  }
  return answers;
};

/** How often each answer was given. */
const tally = (answers: readonly string[]): Record<string, number> => {
  const counts: Record<string, number> = {};
  for (const answer of answers) counts[answer] = (counts[answer] ?? 0) + 1;
  return counts;
};

describe('a flood of 10,000 random kids', () => {
  it.each([
    ['at once', (stage: Stage) => together(stage, randomKids())],
    [
      'one after the other',
      async (stage: Stage) => {
        const answers = [];
        for (const kid of randomKids()) answers.push(await stage.ask(kid));
        return answers;
      },
    ],
  ])('%s costs one fetch, and valid tokens do not wait', async (_title, flood) => {
    const stage = new Stage();
    stage.reply = await jwks(['a']);
    await stage.ask('a');
    const answers = await flood(stage);
    expect(tally(answers)).toEqual({ key_not_found: FLOOD });
    expect(stage.fetches).toBe(2);
    expect(stage.keysFor('a')).toMatchObject({ ok: true });
  });

  it('costs a cold isolate no more than the fetch it needs anyway', async () => {
    const stage = new Stage();
    stage.reply = await jwks(['a']);
    const answers = await together(stage, [...randomKids(), 'a']);
    expect(tally(answers)).toEqual({ ok: 1, key_not_found: FLOOD });
    expect(stage.fetches).toBe(1);
  });

  it('costs one fetch for each cooldown, and a key rotated in meanwhile is taken up', async () => {
    const stage = new Stage();
    stage.reply = await jwks(['a']);
    await stage.ask('a');
    const answers = [];
    for (let second = 1; second <= 90; second += 1) {
      stage.now += 1;
      if (second === 45) stage.reply = await jwks(['a', 'b']);
      for (const kid of randomKids(second).slice(0, 20)) await stage.ask(kid);
      answers.push(await stage.ask('b'));
    }
    expect(stage.fetches).toBe(1 + 3);
    expect(tally(answers)).toEqual({ key_not_found: 60, ok: 30 });
  });

  it('during an outage costs one fetch for each cooldown; valid tokens stay valid, doubt is 503', async () => {
    const stage = new Stage();
    stage.reply = await jwks(['a']);
    await stage.ask('a');
    stage.reply = status(500);
    const answers = [];
    for (const kid of randomKids()) answers.push(await stage.ask(kid));
    expect(tally(answers)).toEqual({ '503 after 30': FLOOD });
    expect(stage.fetches).toBe(2);
    expect(stage.keysFor('a')).toMatchObject({ ok: true });
  });

  it('does not push a kid that was looked for in vain out of memory: it spends nothing that a new key needs', async () => {
    const stage = new Stage();
    stage.reply = await jwks(['a']);
    await stage.ask('retired');
    for (let round = 0; round < 200; round += 1) {
      stage.now += 30;
      await together(stage, randomKids(round).slice(0, 50));
    }
    expect(stage.fetches).toBe(201);
    stage.now += 30;
    expect([await stage.ask('retired'), stage.fetches]).toEqual(['key_not_found', 202]);
    stage.reply = await jwks(['a', 'new']);
    expect([await stage.ask('new'), stage.fetches]).toEqual(['ok', 203]);
  });

  it('with guesses at the next kid among them: it is accepted within one cooldown of its appearing', async () => {
    const stage = new Stage();
    stage.reply = await jwks(['a']);
    await stage.ask('a');
    const delays = [];
    for (let rotation = 1; rotation <= 8; rotation += 1) {
      const next = `next-${rotation}`;
      // Four guesses a second, for a while that ends anywhere within a cooldown, then the rotation.
      for (let quarter = 0; quarter < 400 + 37 * rotation; quarter += 1) {
        stage.now += 0.25;
        await stage.ask(next);
        await stage.ask(`made-up-${rotation}-${quarter}`);
      }
      stage.reply = await jwks(['a', next]);
      const published = stage.now;
      while ((await stage.ask(next)) !== 'ok') {
        stage.now += 0.25;
        await stage.ask(`made-up-${rotation}-${stage.now}`);
      }
      delays.push(stage.now - published);
    }
    expect(Math.max(...delays)).toBeLessThanOrEqual(30);
    expect(new Set(delays).size).toBeGreaterThan(4);
  });

  it('of kids longer than any costs nothing', async () => {
    const stage = new Stage();
    stage.reply = await jwks(['a']);
    await stage.ask('a');
    expect(await stage.ask('x'.repeat(257))).toBe('key_not_found');
    expect(await stage.ask('x'.repeat(8_000))).toBe('key_not_found');
    expect(stage.fetches).toBe(1);
    expect(await stage.ask('x'.repeat(256))).toBe('key_not_found');
    expect(stage.fetches).toBe(2);
  });

  it.each(['__proto__', 'constructor', 'toString', 'hasOwnProperty', ''])(
    'the kid %j is a kid like any other',
    async (kid) => {
      const stage = new Stage();
      stage.reply = await jwks(['a']);
      expect(await stage.ask(kid)).toBe('key_not_found');
      stage.now += 31;
      stage.reply = await jwks([kid]);
      expect(await stage.ask(kid)).toBe('ok');
    },
  );
});

/** A request whose refresh is stuck where no timer of its own can end it, as after the request was lost. */
const orphan = async (stage: Stage, kid: string): Promise<void> => {
  const fetches = stage.fetches;
  const real = globalThis.setTimeout;
  stage.reply = hang;
  Object.assign(globalThis, { setTimeout: () => 0 });
  stage.keysFor(kid);
  while (stage.fetches === fetches) await Promise.resolve();
  Object.assign(globalThis, { setTimeout: real });
};

describe('many requests at once', () => {
  it('200 on a cold isolate are one fetch', async () => {
    const stage = new Stage();
    stage.reply = await jwks(['a']);
    const answers = await Promise.all(Array.from({ length: 200 }, () => stage.ask('a')));
    expect(tally(answers)).toEqual({ ok: 200 });
    expect(stage.fetches).toBe(1);
  });

  it('200 on a cold isolate whose issuer is down are one fetch', async () => {
    const stage = new Stage();
    stage.reply = refused;
    const answers = await Promise.all(Array.from({ length: 200 }, () => stage.ask('a')));
    expect(tally(answers)).toEqual({ '503 after 30': 200 });
    expect(stage.fetches).toBe(1);
  });

  it('a waiter whose owner never settles gives up by its own deadline, without a verdict on the key', async () => {
    const stage = new Stage({ issuer: { source: remote({ cache: { ...CACHE, timeoutMs: 50 } }) } });
    stage.reply = await jwks(['a']);
    await stage.ask('a');
    await orphan(stage, 'b');
    expect(await stage.ask('b')).toBe('503 after 1');
    expect(stage.keysFor('a')).toMatchObject({ ok: true });
  });

  it('a waiter whose owner never settles gives up by its own deadline; the mark lapses', async () => {
    const stage = new Stage({ issuer: { source: remote({ cache: { ...CACHE, timeoutMs: 100 } }) } });
    await orphan(stage, 'a');
    expect(await stage.ask('a')).toBe('503 after 1');
    expect(stage.fetches).toBe(1);
    stage.now += 2;
    stage.reply = await jwks(['a']);
    expect(await stage.ask('a')).toBe('ok');
    expect(stage.fetches).toBe(2);
  });

  it('200 on a set that is due are one fetch behind them', async () => {
    const stage = new Stage();
    stage.reply = await jwks(['a']);
    await stage.ask('a');
    stage.now += 700;
    const answers = await Promise.all(Array.from({ length: 200 }, () => stage.ask('a')));
    await stage.settle();
    expect(tally(answers)).toEqual({ ok: 200 });
    expect(stage.fetches).toBe(2);
  });

  it('the request that fetches holds the refresh in waitUntil until it has ended', async () => {
    const stage = new Stage();
    let respond: (response: Response) => void = () => {};
    stage.reply = () =>
      new Promise((resolve) => {
        respond = resolve;
      });
    const held: Promise<unknown>[] = [];
    let ended = false;
    const context = { ...stage.context(), waitUntil: (work: Promise<unknown>) => held.push(work) };
    const pending = stage.source.keysFor(stage.issuer, { alg: 'ES256', kid: 'a' }, context);
    expect(held.length).toBe(1);
    const watching = held[0]?.then(() => {
      ended = true;
    });
    await expect.poll(() => stage.fetches).toBe(1);
    expect(ended).toBe(false);
    respond(await (await jwks(['a']))());
    await watching;
    expect(await pending).toMatchObject({ ok: true });
  });

  it('a waiter whose owner is gone takes over', async () => {
    let launched = 0;
    const flight = new SingleFlight(() => 0, 1_000);
    const context = { now: 0, waitUntil: () => {}, emit: () => {} };
    let lose: (cause: Error) => void = () => {};
    flight.start(context, () => {
      launched += 1;
      return new Promise((_resolve, reject) => {
        lose = reject;
      });
    });
    const work = async () => {
      launched += 1;
    };
    const waiters = [flight.wait(context, work), flight.wait(context, work)];
    lose(new Error('the promise can never settle'));
    expect(await Promise.all(waiters)).toEqual(['ran', 'gave_up']);
    expect(launched).toBe(2);
    expect(flight.running).toBe(false);
  });
});
