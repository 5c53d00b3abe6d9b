import { startRedisServer } from '../dev/redis/server.ts';
import { startRedisBridge } from '../dev/redis-bridge.ts';

/** A real Redis behind the Upstash REST protocol, both on loopback. Prints the bridge's port. */
const redis = await startRedisServer();
const bridge = await startRedisBridge({ redisUrl: redis.url, token: 'bench', port: 0 });
console.log(new URL(bridge.url).port);

// Takes the Redis it started with it.
process.once('SIGTERM', () => process.exit());
