import { createClient } from 'redis';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type RedisBridge, startRedisBridge } from '../../dev/redis-bridge.ts';
import { CHANGES_KEY } from '../../src/core/key-names.ts';
import { createRedis } from '../../src/redis/client.ts';
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
const token = (value: string) => aToken({ jti: value, iat: 1 });
const replicated = { mode: 'replicated', maxStalenessSeconds: 10, timeoutMs: 500 } as const;
const cached = { mode: 'cached', maxStalenessSeconds: 10, timeoutMs: 500 } as const;
const strict = { mode: 'strict', timeoutMs: 500 } as const;

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

  async function direct(...args: string[]): Promise<void> {
    const client = createClient({ url: redis.url });
    client.on('error', () => undefined);
    await client.connect();
    await client.sendCommand(args);
    client.destroy();
  }

  beforeEach(async () => {
    offset = 0;
    redis = await startRedis();
    bridge = await startRedisBridge({
      redisUrl: redis.url,
      token: 'write',
      readOnlyToken: 'read',
      port: 0,
      replyTimeoutMs: 300,
    });
    store = createRedisStore(createRedis({ url: bridge.url, token: 'write' }), { timeoutMs: 1_000 });
    const read = createRedis({ url: bridge.url, token: 'read' });
    revocation = createRevocation({
      reader: createRedisReader(read),
      replica: replicaOf({ feed: createRedisFeed(read), clock }),
      clock,
    });
    bench = aBench(revocation, clock);
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
    await store.maintain?.(clock());
    offset += 60;
    expect(await bench.outcome(token('good'), replicated)).toBe('active');
    await bench.settle();
    expect(names()).toContain('revocation_store_replaced');
    expect(bench.outcomeNow(token('good'), replicated)).toBe('active');
    expect(await bench.outcome(token('bad'), replicated)).toBe('revoked jti');
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
