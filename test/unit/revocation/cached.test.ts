import { beforeEach, describe, expect, it } from 'vitest';
import { revocationKey } from '../../../src/core/key-names.ts';
import { err, ok } from '../../../src/core/result.ts';
import { AnswerCache } from '../../../src/revocation/answer-cache.ts';
import { createRevocation } from '../../../src/revocation/check.ts';
import type { RevocationReader } from '../../../src/revocation/port.ts';
import { ISSUER } from '../../fixtures/policies.ts';
import { aBench, aToken, type Bench } from '../../fixtures/revocation.ts';
import { drain, ModelStore } from '../../fixtures/revocation-model.ts';

const policy = { mode: 'cached', maxStalenessSeconds: 10 } as const;
const keyOf = (jti: string) => revocationKey('jti', ISSUER, jti);
const token = (jti: string, claims: object = {}) => aToken({ jti, iat: 1, ...claims });

describe('cached', () => {
  let store: ModelStore;
  let bench: Bench;

  beforeEach(() => {
    store = new ModelStore();
    const clock = () => store.now;
    bench = aBench(createRevocation({ reader: store.reader, clock }), clock);
  });

  it('asks once per bound, and answers at once in between', async () => {
    expect(bench.outcomeNow(token('a'), policy)).toBeUndefined();
    await drain();
    expect(bench.outcomeNow(token('a'), policy)).toBe('active');
    store.now += 10;
    expect(bench.outcomeNow(token('a'), policy)).toBe('active');
    store.now += 11;
    expect(bench.outcomeNow(token('a'), policy)).toBeUndefined();
  });

  it('tells those it could answer at once from those it had to ask about, a refresh behind them left aside', async () => {
    const lookups = { hits: 0, misses: 0 };
    const clock = () => store.now;
    bench = aBench(createRevocation({ reader: store.reader, clock, lookups }), clock);
    await bench.outcome(token('a'), policy);
    expect(lookups).toEqual({ hits: 0, misses: 1 });
    bench.outcomeNow(token('a'), policy);
    store.now += 9;
    bench.outcomeNow(token('a'), policy);
    await drain();
    expect(lookups).toEqual({ hits: 2, misses: 1 });
    store.revoke(keyOf('b'), 1, store.now + 100);
    await bench.outcome(token('b'), policy);
    expect(bench.outcomeNow(token('b'), policy)).toBe('revoked jti');
    expect(lookups).toEqual({ hits: 3, misses: 2 });
    await bench.outcome(token('a'), { mode: 'strict', maxStalenessSeconds: 0 });
    expect(lookups).toEqual({ hits: 3, misses: 2 });
  });

  it('counts an answer’s age from when it was asked for, not from when it came', async () => {
    store.slowDown();
    const asked = bench.outcome(token('a'), policy);
    store.revoke(keyOf('a'), 1, store.now + 100);
    store.now += 8;
    store.release();
    expect(await asked).toBe('active');
    store.now += 3;
    expect(bench.outcomeNow(token('a'), policy)).toBeUndefined();
    expect(await bench.outcome(token('a'), policy)).toBe('revoked jti');
  });

  it('does not let a late answer replace a later one', async () => {
    store.slowDown();
    const asked = bench.outcome(token('a'), policy);
    store.speedUp();
    store.now += 1;
    store.revoke(keyOf('a'), 1, store.now + 100);
    expect(await bench.outcome(token('a'), policy)).toBe('revoked jti');
    store.release();
    await asked;
    expect(bench.outcomeNow(token('a'), policy)).toBe('revoked jti');
  });

  it('asks again at a revocation’s end, which may have moved, and lets go of a lifted one within the bound', async () => {
    store.revoke(keyOf('a'), 1, store.now + 5);
    store.revoke(keyOf('b'), 1, store.now + 500);
    expect(await bench.outcome(token('a'), policy)).toBe('revoked jti');
    expect(await bench.outcome(token('b'), policy)).toBe('revoked jti');
    store.unrevoke(keyOf('b'));
    store.now += 6;
    expect(bench.outcomeNow(token('a'), policy)).toBeUndefined();
    expect(await bench.outcome(token('a'), policy)).toBe('active');
    store.now += 5;
    expect(await bench.outcome(token('b'), policy)).toBe('active');
  });

  it('remembers no absence that a store told after losing its memory', async () => {
    await bench.outcome(token('z'), policy);
    store.lose();
    expect(await bench.outcome(token('a'), policy)).toBe('revocation_unavailable store_lost');
    expect(await bench.outcome(token('a'), policy)).toBe('revocation_unavailable store_lost');
    expect(bench.events.map(({ event }) => event)).toEqual(['revocation_store_lost']);
    store.epoch = 'epoch-1';
    expect(await bench.outcome(token('a'), policy)).toBe('active');
    expect(bench.events.at(-1)?.event).toBe('revocation_store_recovered');
  });

  it('in an outage: serves what is fresh, upholds a revocation that is known to last, doubts the rest', async () => {
    store.revoke(keyOf('a'), 1, store.now + 60);
    await bench.outcome(token('a'), policy);
    await bench.outcome(token('b'), policy);
    store.down = true;
    expect(bench.outcomeNow(token('b'), policy)).toBe('active');
    store.now += 30;
    expect(await bench.outcome(token('a'), { ...policy, onUnavailable: 'accept' })).toBe('revoked jti');
    expect(await bench.outcome(token('b'), policy)).toBe('revocation_unavailable refused');
    expect(await bench.outcome(token('b'), { ...policy, onUnavailable: 'accept' })).toBe('accepted_on_doubt');
    store.now += 60;
    expect(await bench.outcome(token('a'), policy)).toBe('revocation_unavailable refused');
  });

  it('in an outage: a revocation whose end nobody told is a doubt that is never accepted', async () => {
    let down = false;
    const reader: RevocationReader = {
      read: async () =>
        down
          ? err('refused')
          : ok({ epoch: 'e', values: [{ issuedBefore: 1, expiresAt: undefined }, undefined] }),
    };
    const clock = () => store.now;
    const own = aBench(createRevocation({ reader, clock }), clock);
    expect(await own.outcome(token('a'), policy)).toBe('revoked jti');
    down = true;
    expect(own.outcomeNow(token('a'), policy)).toBe('revoked jti');
    store.now += 11;
    const accept = { ...policy, onUnavailable: 'accept' } as const;
    expect(await own.outcome(token('a'), accept)).toBe('revocation_unavailable refused');
    expect(await own.outcome(token('b'), accept)).toBe('accepted_on_doubt');
  });

  it('does not trust an answer from the future', async () => {
    await bench.outcome(token('a'), policy);
    store.now -= 100;
    expect(bench.outcomeNow(token('a'), policy)).toBeUndefined();
  });

  it('shares a subject’s answer between its tokens, and judges each by its own time of issue', async () => {
    store.revoke(revocationKey('sub', ISSUER, 'u'), 500, store.now + 60);
    expect(await bench.outcome(aToken({ sub: 'u', iat: 501 }), policy)).toBe('active');
    expect(bench.outcomeNow(aToken({ sub: 'u', iat: 500 }), policy)).toBe('revoked sub');
    expect(bench.outcomeNow(aToken({ sub: 'u' }), policy)).toBe('revoked sub');
    expect(store.reads).toBe(1);
  });

  it('needs at most 20 reads per 1,000 requests on 100 hot tokens', async () => {
    const tokens = Array.from({ length: 100 }, (_, index) =>
      token(`id-${index}`, { sub: `user-${index}`, sid: `session-${index}`, client_id: 'app' }),
    );
    let requests = 0;
    for (let second = 0; second < 20; second++) {
      for (let tenth = 0; tenth < 10; tenth++) {
        for (const each of tokens) {
          requests++;
          await bench.outcome(each, { ...policy, maxStalenessSeconds: 5 });
        }
        store.now += 0.1;
        await bench.settle();
      }
    }
    const perThousand = (store.reads / requests) * 1_000;
    expect(perThousand).toBeLessThanOrEqual(20);
    expect(store.reads).toBeLessThanOrEqual(100 + 20);
  });

  it('goes on refreshing after a refresh that was cut off', async () => {
    await bench.outcome(token('a'), policy);
    store.slowDown();
    store.now += 6;
    expect(bench.outcomeNow(token('a'), policy)).toBe('active');
    expect(bench.outcomeNow(token('a'), policy)).toBe('active');
    expect(store.reads).toBe(2);
    store.now += 2;
    expect(bench.outcomeNow(token('a'), policy)).toBe('active');
    expect(store.reads).toBe(3);
  });
});

describe('AnswerCache', () => {
  it('keeps a revocation where an absence was asked for at the same moment, in whatever order they come', () => {
    const revoked = { issuedBefore: 1, expiresAt: 100 };
    for (const order of [
      [revoked, undefined],
      [undefined, revoked],
    ]) {
      const cache = new AnswerCache(3);
      for (const value of order) cache.put('a', value, 10);
      expect(cache.get('a')?.value).toBe(revoked);
      cache.put('a', undefined, 11);
      expect(cache.get('a')?.value).toBeUndefined();
    }
  });

  it('holds no more than its capacity, dropping what was read first', () => {
    const cache = new AnswerCache(3);
    for (const [index, key] of ['a', 'b', 'c', 'a', 'd'].entries()) cache.put(key, undefined, index);
    expect(cache.size).toBe(3);
    expect(['a', 'b', 'c', 'd'].filter((key) => cache.get(key))).toEqual(['a', 'c', 'd']);
  });

  it('hands out what is in use, oldest first, and forgets what nobody asks for, unless it is a revocation that holds', () => {
    const cache = new AnswerCache(10);
    cache.put('idle', undefined, 1);
    cache.put('revoked', { issuedBefore: 1, expiresAt: 500 }, 1);
    cache.put('used', undefined, 2);
    const answer = cache.get('used');
    if (answer) answer.usedAt = 95;
    cache.put('used', undefined, 3);
    cache.put('young', undefined, 90);
    expect(cache.dueForRefresh(10, 50, 40, 100)).toEqual(['used']);
    expect(cache.get('idle')).toBeUndefined();
    expect(cache.get('revoked')).toBeDefined();
  });

  it('keeps revocations where absences cannot push them out', () => {
    const cache = new AnswerCache(3);
    const revocation = { issuedBefore: 1, expiresAt: 500 };
    cache.put('revoked', revocation, 1);
    for (let index = 0; index < 10; index++) cache.put(`id-${index}`, undefined, 2 + index);
    expect(cache.get('revoked')).toBeDefined();
    expect(cache.size).toBe(4);
    for (let index = 0; index < 3; index++) cache.put(`revoked-${index}`, revocation, 20 + index);
    expect(cache.get('revoked')).toBeUndefined();
    expect(cache.size).toBe(6);
  });

  it('notes a revocation, and an absence only where it held one', () => {
    const cache = new AnswerCache(3);
    const revocation = { issuedBefore: 1, expiresAt: 500 };
    cache.note('a', undefined, 1);
    expect(cache.size).toBe(0);
    cache.note('a', revocation, 5);
    cache.note('a', undefined, 4);
    expect(cache.get('a')?.value).toEqual(revocation);
    cache.note('a', undefined, 6);
    expect(cache.get('a')).toMatchObject({ value: undefined, readAt: 6 });
    cache.note('a', revocation, 7);
    expect(cache.get('a')?.value).toEqual(revocation);
    expect(cache.size).toBe(1);
  });

  it('finds a revocation in use behind any number of others that nobody asks for', () => {
    const cache = new AnswerCache(20_000);
    for (let index = 0; index < 12_000; index++) {
      cache.put(`idle-${index}`, { issuedBefore: 1, expiresAt: index % 2 === 0 ? 500 : undefined }, 1);
    }
    cache.put('used', { issuedBefore: 1, expiresAt: 500 }, 2);
    const answer = cache.get('used');
    if (answer) answer.usedAt = 95;
    const gathered = [1, 2, 3, 4].flatMap(() => cache.dueForRefresh(10, 50, 40, 100));
    expect(gathered).toContain('used');
    expect(cache.size).toBe(12_001);
    for (let round = 0; round < 4; round++) cache.dueForRefresh(10, 600, 600, 600);
    expect(cache.size).toBe(6_000);
  });
});
