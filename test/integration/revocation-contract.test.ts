import { afterAll } from 'vitest';
import { type RedisBridge, startRedisBridge } from '../../dev/redis-bridge.ts';
import { createRedis } from '../../src/redis/client.ts';
import { createRedisFeed } from '../../src/revocation-store/redis/feed.ts';
import { createRedisReader } from '../../src/revocation-store/redis/reader.ts';
import { createRedisStore } from '../../src/revocation-store/redis/store.ts';
import { type RedisProcess, startRedis } from '../fixtures/redis.ts';
import { describeRevocationBackend } from '../fixtures/revocation-contract.ts';

let redis: RedisProcess;
let bridge: RedisBridge;

afterAll(async () => {
  await bridge.close();
  await redis.stop();
});

describeRevocationBackend('Redis', async () => {
  redis = await startRedis();
  bridge = await startRedisBridge({ redisUrl: redis.url, token: 'write', readOnlyToken: 'read', port: 0 });
  return {
    store: createRedisStore(createRedis({ url: bridge.url, token: 'write' })),
    reader: createRedisReader(createRedis({ url: bridge.url, token: 'read' })),
    feed: createRedisFeed(createRedis({ url: bridge.url, token: 'read' })),
  };
});
