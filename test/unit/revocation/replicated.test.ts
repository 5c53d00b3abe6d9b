import { beforeEach, describe, expect, it } from 'vitest';
import { revocationKey } from '../../../src/core/key-names.ts';
import { createRevocation, type Revocation } from '../../../src/revocation/check.ts';
import { replicaOf } from '../../../src/revocation-store/replica/replica.ts';
import { ISSUER } from '../../fixtures/policies.ts';
import { aBench, aToken, type Bench } from '../../fixtures/revocation.ts';
import { drain, ModelStore } from '../../fixtures/revocation-model.ts';

const policy = { mode: 'replicated', maxStalenessSeconds: 10 } as const;
const keyOf = (jti: string) => revocationKey('jti', ISSUER, jti);
const token = (jti: string) => aToken({ jti, iat: 1 });

describe('replicated', () => {
  let store: ModelStore;
  let revocation: Revocation;
  let bench: Bench;
  const names = () => bench.events.map(({ event }) => event);

  beforeEach(async () => {
    store = new ModelStore();
    const clock = () => store.now;
    revocation = createRevocation({
      reader: store.reader,
      replica: replicaOf({ feed: store.feed, clock }),
      clock,
    });
    bench = aBench(revocation, clock);
    for (const jti of ['a', 'b', 'c', 'd', 'e']) store.revoke(keyOf(jti), 1, store.now + 1_000);
    store.takeSnapshot();
    await bench.outcome(token('live'), policy);
    await bench.settle();
    store.reads = 0;
    store.feedReads = 0;
  });

  it('asks nothing for what is not revoked, and confirms what seems to be', async () => {
    expect(bench.outcomeNow(token('live'), policy)).toBe('active');
    expect(store.reads).toBe(0);
    for (const jti of ['a', 'b', 'c', 'd', 'e']) {
      expect(await bench.outcome(token(jti), policy)).toBe('revoked jti');
    }
    expect(store.reads).toBe(5);
    expect(bench.outcomeNow(token('a'), policy)).toBe('revoked jti');
    expect(store.reads).toBe(5);
  });

  it('needs two commands per bound, however many requests there are', async () => {
    for (let second = 0; second < 60; second++) {
      for (let request = 0; request < 20; request++) bench.outcomeNow(token(`live-${request}`), policy);
      store.now += 1;
      await bench.settle();
    }
    expect(store.reads).toBe(0);
    expect(store.feedReads).toBeLessThanOrEqual(12);
    expect(store.feedReads).toBeGreaterThanOrEqual(6);
  });

  it('is only as young as the last page of changes', async () => {
    for (let index = 0; index < 5; index++) store.revoke(keyOf(`new-${index}`), 1, store.now + 1_000);
    store.now += 8;
    const first = store.feed.changesSince;
    let pages = 0;
    Object.assign(store.feed, {
      changesSince: (...args: Parameters<typeof first>) => {
        if (++pages === 2) store.down = true;
        return first(...args);
      },
    });
    expect(bench.outcomeNow(token('live'), policy)).toBe('active');
    await bench.settle();
    expect(pages).toBe(2);
    expect(revocation.replicaAgeSeconds()).toBe(8);
    expect(await bench.outcome(token('new-0'), policy)).toBe('revocation_unavailable refused');
  });

  it('falls back to asking when it is too old, and says so', async () => {
    store.down = true;
    store.now += 11;
    expect(await bench.outcome(token('live'), policy)).toBe('revocation_unavailable refused');
    await bench.settle();
    store.down = false;
    expect(await bench.outcome(token('live'), policy)).toBe('active');
    expect(store.reads).toBe(2);
    await bench.settle();
    expect(revocation.status().replica).toMatchObject({ state: 'ready', ageSeconds: 0, records: 5 });
  });

  it('tells once that it cannot be refreshed, until it can, and of the next time', async () => {
    const told = () => bench.events.filter(({ event }) => event === 'revocation_replica_refresh_failed');
    for (const outages of [1, 2]) {
      store.down = true;
      for (let second = 6; second < 10; second++) {
        store.now += second === 6 ? 6 : 1;
        expect(bench.outcomeNow(token('live'), policy)).toBe('active');
        await bench.settle();
      }
      expect(told()).toHaveLength(outages);
      store.down = false;
      store.now += 1;
      bench.outcomeNow(token('live'), policy);
      await bench.settle();
      expect(revocation.replicaAgeSeconds()).toBe(0);
    }
    expect(told()[0]).toMatchObject({ level: 'warn', cause: 'refused' });
    expect(names()).not.toContain('revocation_replica_failed');
  });

  it('serves at its bound, and not beyond it', async () => {
    store.down = true;
    store.now += 10;
    expect(bench.outcomeNow(token('live'), policy)).toBe('active');
    expect(store.reads).toBe(0);
    store.now += 0.001;
    expect(await bench.outcome(token('live'), policy)).toBe('revocation_unavailable refused');
    expect(store.reads).toBe(1);
  });

  it('keeps the younger copy when one that was begun before comes late', async () => {
    store.trim(0);
    store.now += 6;
    bench.outcomeNow(token('live'), policy);
    await bench.settle();
    store.takeSnapshot();
    store.now += 60;
    const { changesSince } = store.feed;
    let late: (() => void) | undefined;
    const held = new Promise<void>((resolve) => (late = resolve));
    let calls = 0;
    Object.assign(store.feed, {
      changesSince: async (...args: Parameters<typeof changesSince>) => {
        const answer = await changesSince(...args);
        if (++calls === 1) await held;
        return answer;
      },
    });
    await bench.outcome(token('live'), policy);
    await drain();
    expect(calls).toBe(1);
    store.now += 30;
    store.revoke(keyOf('late'), 1, store.now + 1_000);
    await bench.outcome(token('live'), policy);
    await drain();
    expect(revocation.replicaAgeSeconds()).toBe(0);
    late?.();
    await bench.settle();
    expect(revocation.replicaAgeSeconds()).toBe(0);
    expect(await bench.outcome(token('late'), policy)).toBe('revoked jti');
  });

  it('never accepts on doubt what it believes revoked', async () => {
    store.down = true;
    const accept = { ...policy, onUnavailable: 'accept' } as const;
    expect(await bench.outcome(token('a'), accept)).toBe('revocation_unavailable refused');
    expect(bench.outcomeNow(token('live'), accept)).toBe('active');
    store.now += 11;
    expect(await bench.outcome(token('live'), accept)).toBe('accepted_on_doubt');
  });

  it.each([
    ['a trim past its place', () => store.trim(0)],
    ['a flush', () => store.lose()],
  ])('notices %s, stops growing younger and starts over', async (_, harm) => {
    store.now += 6;
    harm();
    expect(bench.outcomeNow(token('live'), policy)).toBe('active');
    await bench.settle();
    expect(names()).toContain('revocation_replica_gap');
    store.now += 6;
    const told = await bench.outcome(token('live'), policy);
    expect(['active', 'revocation_unavailable store_lost']).toContain(told);
    expect(store.reads).toBe(1);
    await bench.settle();
    store.epoch = 'epoch-2';
    store.revoke(keyOf('late'), 1, store.now + 1_000);
    store.takeSnapshot();
    store.now += 40;
    await bench.outcome(token('live'), policy);
    await bench.settle();
    expect(bench.outcomeNow(token('live'), policy)).toBe('active');
    expect(await bench.outcome(token('late'), policy)).toBe('revoked jti');
  });

  it('waits longer and longer while there is nothing to start from', async () => {
    store.lose();
    store.feedReads = 0;
    for (let second = 0; second < 300; second++) {
      store.now++;
      await bench.outcome(token('live'), policy);
      await bench.settle();
    }
    expect(store.feedReads).toBeGreaterThan(5);
    expect(store.feedReads).toBeLessThan(330);
    expect(names().filter((name) => name === 'revocation_replica_failed').length).toBeLessThan(20);
  });

  it('takes changes that another answer overtook, while something was written in between', async () => {
    store.now += 6;
    store.slowDown();
    expect(bench.outcomeNow(token('live'), policy)).toBe('active');
    await drain();
    store.speedUp();
    store.revoke(keyOf('new'), 1, store.now + 100);
    expect(await bench.outcome(token('new'), { ...policy, mode: 'strict' })).toBe('revoked jti');
    store.release();
    await bench.settle();
    expect(names()).not.toContain('revocation_store_set_back');
    expect(revocation.replicaAgeSeconds()).toBe(0);
  });

  it('goes on after a refresh that was cut off, and after a clock that went back', async () => {
    store.slowDown();
    store.now += 6;
    bench.outcomeNow(token('live'), policy);
    bench.outcomeNow(token('live'), policy);
    await drain();
    expect(store.feedReads).toBe(1);
    store.speedUp();
    store.now += 7;
    await bench.outcome(token('live'), policy);
    await drain();
    expect(bench.outcomeNow(token('live'), policy)).toBe('active');
    store.now -= 1_000;
    expect(bench.outcomeNow(token('live'), policy)).toBeUndefined();
  });

  it('confirms a lifted revocation once per bound, not once per request', async () => {
    store.unrevoke(keyOf('a'));
    expect(await bench.outcome(token('a'), policy)).toBe('active');
    for (let index = 0; index < 100; index++) expect(bench.outcomeNow(token('a'), policy)).toBe('active');
    expect(store.reads).toBe(1);
  });
});
