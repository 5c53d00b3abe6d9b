import { copyFile, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { createClient } from 'redis';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type RedisBridge, startRedisBridge } from '../../dev/redis-bridge.ts';
import { CHANGES_KEY, MANIFEST_KEY, REDIS_PREFIX, revocationKey } from '../../src/core/key-names.ts';
import { createRedis } from '../../src/redis/client.ts';
import type { RedisCommands } from '../../src/redis/port.ts';
import { createRevocation, type Revocation } from '../../src/revocation/check.ts';
import type { RevocationStore } from '../../src/revocation-store/port.ts';
import { createRedisFeed } from '../../src/revocation-store/redis/feed.ts';
import { createRedisReader } from '../../src/revocation-store/redis/reader.ts';
import { createRedisStore } from '../../src/revocation-store/redis/store.ts';
import { replicaOf } from '../../src/revocation-store/replica/replica.ts';
import { ISSUER } from '../fixtures/policies.ts';
import { type RedisProcess, startRedis } from '../fixtures/redis.ts';
import { aBench, aRevocation, aToken, type Bench } from '../fixtures/revocation.ts';

const jti = (value: string) => ({ kind: 'jti', issuer: ISSUER, value }) as const;
const NAMED_BY_HAND = REDIS_PREFIX + revocationKey('jti', ISSUER, 'by-hand');
const token = (value: string) => aToken({ jti: value, iat: 1 });
const replicated = { mode: 'replicated', maxStalenessSeconds: 10, timeoutMs: 2_000 } as const;
const cached = { mode: 'cached', maxStalenessSeconds: 10, timeoutMs: 2_000 } as const;
const strict = { mode: 'strict', timeoutMs: 2_000 } as const;

/** A real Redis behind the bridge, one isolate with a clock that can be pushed forward. */
describe('a real Redis that fails', () => {
  let redis: RedisProcess;
  let bridge: RedisBridge;
  let store: RevocationStore;
  let revocation: Revocation;
  let bench: Bench;
  let offset: number;
  const clock = () => Date.now() / 1000 + offset;
  const soon = () => Math.floor(Date.now() / 1000) + 3_600;
  const names = () => bench.events.map(({ event }) => event);

  async function direct(...args: string[]): Promise<unknown> {
    const client = createClient({ url: redis.url });
    client.on('error', () => undefined);
    await client.connect();
    const reply = await client.sendCommand(args);
    client.destroy();
    return reply;
  }

  /** An isolate that starts now. */
  function newIsolate(): Bench {
    const read = createRedis({ url: bridge.url, token: 'read' });
    const replica = replicaOf({ feed: createRedisFeed(read), clock });
    return aBench(createRevocation({ reader: createRedisReader(read), replica, clock }), clock);
  }

  beforeEach(async () => {
    offset = 0;
    redis = await startRedis();
    bridge = await startRedisBridge({
      redisUrl: redis.url,
      token: 'write',
      readOnlyToken: 'read',
      port: 0,
      replyTimeoutMs: 1_000,
    });
    store = createRedisStore(createRedis({ url: bridge.url, token: 'write' }), { timeoutMs: 5_000 });
    const read = createRedis({ url: bridge.url, token: 'read' });
    revocation = createRevocation({
      reader: createRedisReader(read),
      replica: replicaOf({ feed: createRedisFeed(read), clock }),
      clock,
    });
    bench = aBench(revocation, clock);
    await store.adopt();
    await store.revoke([aRevocation(jti('bad'), soon())]);
    await store.maintain?.(clock());
    await bench.outcome(token('good'), replicated);
    await bench.settle();
    expect(bench.outcomeNow(token('good'), replicated)).toBe('active');
    expect(await bench.outcome(token('bad'), replicated)).toBe('revoked jti');
  });

  afterEach(async () => {
    redis.resume();
    await bridge.close();
    await redis.stop();
  });

  it.each([
    ['killed', () => redis.stop()],
    ['paused', () => redis.pause()],
  ])('%s: fresh answers serve, the rest is in doubt, nothing is let through as checked', async (_, harm) => {
    await bench.outcome(token('good'), cached);
    await harm();
    expect(await bench.outcome(token('good'), strict)).toMatch(/^revocation_unavailable/);
    expect(bench.outcomeNow(token('good'), cached)).toBe('active');
    expect(bench.outcomeNow(token('good'), replicated)).toBe('active');
    offset += 11;
    for (const policy of [cached, replicated]) {
      expect(await bench.outcome(token('good'), policy)).toMatch(/^revocation_unavailable/);
      expect(await bench.outcome(token('bad'), { ...policy, onUnavailable: 'accept' })).toBe('revoked jti');
    }
    await expect(store.revoke([aRevocation(jti('later'), soon())])).rejects.toMatchObject({
      name: 'StoreUnavailable',
    });
    await bench.settle();
  });

  it('paused and resumed: goes on where it was', async () => {
    redis.pause();
    offset += 11;
    expect(await bench.outcome(token('good'), replicated)).toMatch(/^revocation_unavailable/);
    await bench.settle();
    redis.resume();
    await expect.poll(() => bench.outcome(token('good'), replicated), { timeout: 10_000 }).toBe('active');
    await bench.settle();
    expect(bench.outcomeNow(token('good'), replicated)).toBe('active');
    expect(await bench.outcome(token('bad'), replicated)).toBe('revoked jti');
  });

  it('flushed: in doubt at once where it is asked, within the bound where it is not, never "not revoked"', async () => {
    expect(await bench.outcome(token('good'), strict)).toBe('active');
    await direct('FLUSHALL');
    expect(await bench.outcome(token('good'), strict)).toBe('revocation_unavailable store_lost');
    expect(await bench.outcome(token('bad'), strict), 'known is known').toBe('revoked jti');
    offset += 6;
    expect(bench.outcomeNow(token('good'), replicated)).toBe('active');
    await bench.settle();
    offset += 6;
    expect(await bench.outcome(token('bad'), replicated)).toMatch(/^rev/);
    expect(await bench.outcome(token('good'), replicated)).toBe('revocation_unavailable store_lost');
    await bench.settle();
    expect(names()).toEqual(expect.arrayContaining(['revocation_store_lost', 'revocation_replica_gap']));

    await store.revoke([aRevocation(jti('bad'), soon())]);
    await expect(store.maintain?.(clock())).rejects.toMatchObject({ message: 'store_unmarked' });
    offset += 60;
    expect(await bench.outcome(token('good'), strict)).toBe('revocation_unavailable store_lost');
    expect(await newIsolate().outcome(token('good'), strict)).toBe('revocation_unavailable store_unmarked');
    expect(await newIsolate().outcome(token('bad'), strict)).toBe('revoked jti');

    await store.adopt();
    await store.maintain?.(clock());
    offset += 60;
    expect(await bench.outcome(token('good'), replicated)).toBe('active');
    await bench.settle();
    expect(names()).toContain('revocation_store_replaced');
    expect(bench.outcomeNow(token('good'), replicated)).toBe('active');
    expect(await bench.outcome(token('bad'), replicated)).toBe('revoked jti');
  });

  /** The dump that `SAVE` wrote, put aside. */
  async function backUp(): Promise<string> {
    await direct('SAVE');
    const { dir } = (await direct('CONFIG', 'GET', 'dir')) as { readonly dir: string };
    const kept = join(await mkdtemp(join(tmpdir(), 'portcullis-dump-')), 'dump.rdb');
    await copyFile(join(dir, 'dump.rdb'), kept);
    return kept;
  }

  async function restore(dump: string): Promise<void> {
    const { port } = redis;
    await redis.stop();
    redis = await startRedis(port, dump);
    await expect.poll(() => store.life(), { timeout: 10_000 }).toMatchObject({ epoch: expect.any(String) });
    await rm(dirname(dump), { recursive: true });
  }

  it('set back to an old dump: in doubt, in every mode, until a person says otherwise', async () => {
    const dump = await backUp();
    await store.revoke([aRevocation(jti('forgotten'), soon())]);
    await store.revoke([aRevocation(jti('other'), soon())]);
    expect(await bench.outcome(token('good'), strict)).toBe('active');
    await restore(dump);
    expect(await bench.outcome(token('forgotten'), strict)).toBe('revocation_unavailable store_set_back');
    expect(names()).toContain('revocation_store_set_back');
    for (const policy of [cached, replicated]) {
      offset += 11;
      bench.outcomeNow(token('good'), policy);
      await bench.settle();
      expect(await bench.outcome(token('forgotten'), policy)).toBe('revocation_unavailable store_set_back');
      expect(await bench.outcome(token('bad'), policy)).toBe('revoked jti');
    }
    for (let write = 0; write < 5; write++) await store.revoke([aRevocation(jti(`new-${write}`), soon())]);
    await store.maintain?.(clock());
    offset += 11;
    expect(await bench.outcome(token('forgotten'), strict), 'new writes bring nothing back').toBe(
      'revocation_unavailable store_set_back',
    );
    await store.adopt();
    expect(await bench.outcome(token('forgotten'), strict)).toBe('active');
    expect(names()).toContain('revocation_store_replaced');
    await bench.settle();
  });

  it('set back to a dump of the life before: as to any old dump', async () => {
    const dump = await backUp();
    await store.adopt();
    expect(await bench.outcome(token('good'), strict)).toBe('active');
    await restore(dump);
    expect(await bench.outcome(token('good'), strict)).toBe('revocation_unavailable store_set_back');
    offset += 60;
    expect(await bench.outcome(token('good'), strict)).toBe('revocation_unavailable store_set_back');
  });

  it('holds 400,000 keys of others: a snapshot reads its own through the index', async () => {
    const client = createClient({ url: redis.url });
    await client.connect();
    for (let batch = 0; batch < 400; batch++) {
      const words = Array.from({ length: 1_000 }, (_, index) => [
        `other:${batch * 1_000 + index}`,
        'x',
      ]).flat();
      await client.sendCommand(['MSET', ...words]);
    }
    let commands = 0;
    const counting: RedisCommands = {
      command(args, timeoutMs) {
        commands++;
        return createRedis({ url: bridge.url, token: 'write' }).command(args, timeoutMs);
      },
      mget: () => Promise.reject(new Error('not asked')),
    };
    const writer = createRedisStore(counting, { timeoutMs: 5_000 });
    await direct('DEL', MANIFEST_KEY);
    await direct('XADD', CHANGES_KEY, '*', 'op', 'set', 'key', NAMED_BY_HAND, 'value', '1');
    await direct('SET', NAMED_BY_HAND, '1', 'EX', '3600');
    await writer.maintain?.(clock());
    expect(commands).toBeLessThan(15);
    commands = 0;
    const page = await writer.list({ issuers: [ISSUER] }, undefined, 100, clock());
    expect(page.entries.map(({ predicate }) => predicate.value).sort()).toEqual(['bad', 'by-hand']);
    expect(commands).toBeLessThan(15);
    const isolate = newIsolate();
    await isolate.outcome(token('good'), replicated);
    await isolate.settle();
    expect(isolate.outcomeNow(token('good'), replicated)).toBe('active');
    expect(isolate.outcomeNow(token('by-hand'), replicated)).toBeUndefined();
    client.destroy();
  }, 60_000);

  it.each([
    ['an operation nobody knows', ['op', 'frobnicate', 'key', 'x']],
    ['no fields of ours', ['hello', 'world']],
    ['a name without the prefix', ['op', 'set', 'key', 'jti:x:y', 'value', '1']],
  ])('finds %s among the changes: one rebuild and a back-off, until the next snapshot', async (_, fields) => {
    await direct('XADD', CHANGES_KEY, '*', ...fields);
    await store.revoke([aRevocation(jti('after'), soon())]);
    offset += 6;
    bench.outcomeNow(token('good'), replicated);
    await bench.settle();
    expect(names().filter((name) => name === 'revocation_replica_gap')).toHaveLength(2);
    const failed = () => names().filter((name) => name === 'revocation_replica_failed').length;
    expect(failed()).toBe(1);
    offset += 6;
    for (let request = 0; request < 50; request++) {
      expect(await bench.outcome(token('good'), replicated)).toBe('active');
      await bench.settle();
    }
    expect(failed()).toBeLessThanOrEqual(3);
    expect(await bench.outcome(token('after'), replicated)).toBe('revoked jti');
    await store.maintain?.(clock());
    offset += 60;
    await bench.outcome(token('good'), replicated);
    await bench.settle();
    expect(bench.outcomeNow(token('good'), replicated)).toBe('active');
    expect(revocation.replicaAgeSeconds()).toBeLessThan(5);
    expect(await bench.outcome(token('after'), replicated)).toBe('revoked jti');
  });

  it('fails over to an empty Redis on the same address: as flushed', async () => {
    expect(await bench.outcome(token('good'), strict)).toBe('active');
    const { port } = redis;
    await redis.stop();
    redis = await startRedis(port);
    await expect
      .poll(() => bench.outcome(token('good'), strict), { timeout: 10_000 })
      .toBe('revocation_unavailable store_lost');
    offset += 11;
    expect(await bench.outcome(token('good'), replicated)).toBe('revocation_unavailable store_lost');
    await bench.settle();
    expect(names()).toContain('revocation_replica_gap');
  });

  it('trims the Stream past the reader: noticed, rebuilt, and nothing missing', async () => {
    await store.revoke([aRevocation(jti('unseen'), soon())]);
    await direct('XTRIM', CHANGES_KEY, 'MAXLEN', '0');
    await store.maintain?.(clock());
    offset += 6;
    expect(bench.outcomeNow(token('unseen'), replicated)).toBe('active');
    await bench.settle();
    expect(names()).toContain('revocation_replica_gap');
    expect(await bench.outcome(token('unseen'), replicated)).toBe('revoked jti');
    expect(bench.outcomeNow(token('good'), replicated)).toBe('active');
  });

  it('trims the Stream and makes no new snapshot: asks instead, and misses nothing', async () => {
    await store.revoke([aRevocation(jti('unseen'), soon())]);
    await direct('XTRIM', CHANGES_KEY, 'MAXLEN', '0');
    offset += 6;
    bench.outcomeNow(token('good'), replicated);
    await bench.settle();
    offset += 6;
    expect(await bench.outcome(token('unseen'), replicated)).toBe('revoked jti');
    expect(await bench.outcome(token('good'), replicated)).toBe('active');
    await bench.settle();
    expect(revocation.status().replica?.lastFault).toBeDefined();
  });

  it('holds values and changes written by hand', async () => {
    const key = 'portcullis:v1:sub:https%3A%2F%2Fissuer.example%2F:user-9';
    const exp = `${soon()}`;
    await direct('SET', key, '1800000000', 'EX', '3600');
    await direct('XADD', CHANGES_KEY, '*', 'op', 'set', 'key', key, 'value', '1800000000', 'exp', exp);
    const user = aToken({ sub: 'user-9', iat: 1_799_999_999 });
    expect(await bench.outcome(user, strict)).toBe('revoked sub');
    offset += 6;
    bench.outcomeNow(token('good'), replicated);
    await bench.settle();
    expect(await bench.outcome(user, replicated)).toBe('revoked sub');
    await direct('SET', 'portcullis:v1:jti:https%3A%2F%2Fissuer.example%2F:hand', '1', 'EX', '100');
    const found = await store.lookup(jti('hand'), clock());
    expect(found?.expiresAt).toBeGreaterThan(clock() + 90);
    await store.revoke([aRevocation(jti('hand'), clock() + 20)]);
    expect((await store.lookup(jti('hand'), clock()))?.expiresAt).toBeGreaterThan(clock() + 80);
  });

  it.each([
    ['milliseconds', '1800000000000'],
    ['an end in milliseconds', '1000000000 1800003600000'],
    ['more digits than any date', '9'.repeat(30)],
    ['a word', 'yesterday'],
  ])('holds a mark by hand in %s: in doubt, until it is revoked once more', async (_, value) => {
    const user = { kind: 'sub', issuer: ISSUER, value: 'user-7' } as const;
    const held = aToken({ sub: 'user-7', iat: clock() - 5 });
    await direct('SET', REDIS_PREFIX + revocationKey('sub', ISSUER, 'user-7'), value, 'EX', '3600');
    expect(await bench.outcome(held, strict)).toBe('revocation_unavailable malformed');
    const mark = Math.floor(clock());
    const [stored] = await store.revoke([aRevocation({ ...user, issuedBefore: mark }, soon())]);
    expect(stored?.predicate).toMatchObject({ issuedBefore: mark });
    expect(await store.lookup(user, clock())).toEqual(stored);
    expect(await bench.outcome(held, strict)).toBe('revoked sub');
    expect(await bench.outcome(aToken({ sub: 'user-7', iat: mark + 1 }), strict)).toBe('active');
  });

  it('holds what is no revocation under a revocation’s name: the watermark is in doubt, the write is refused', async () => {
    await direct('SET', 'portcullis:v1:sub:https%3A%2F%2Fissuer.example%2F:user-8', 'yesterday');
    const user = aToken({ sub: 'user-8', iat: 5 });
    expect(await bench.outcome(user, strict)).toBe('revocation_unavailable malformed');
    await direct('HSET', 'portcullis:v1:jti:https%3A%2F%2Fissuer.example%2F:hash', 'a', 'b');
    await expect(
      store.revoke([aRevocation(jti('fine'), soon()), aRevocation(jti('hash'), soon())]),
    ).rejects.toMatchObject({ name: 'StoreUnavailable' });
    expect(await store.lookup(jti('fine'), clock())).toBeUndefined();
  });
});
