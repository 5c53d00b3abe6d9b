import { createClient } from 'redis';
import { startRedisServer } from '../dev/redis/server.ts';
import { startRedisBridge } from '../dev/redis-bridge.ts';
import { createRedis } from '../src/redis/client.ts';
import { createRedisStore } from '../src/revocation-store/redis/store.ts';
import { fillRevocations } from './revocation/fill.ts';
import { ISSUER } from './tokens.ts';

/**
 * A real Redis behind the Upstash REST protocol, both on loopback: `redis.ts [COUNT [JTI …]]`. It holds COUNT
 * revocations that name no token of the bench, one for each JTI, and a snapshot of them all, without which a replica
 * has nothing to load. Prints the bridge's port when all of that is there, and its progress on stderr.
 */

// Takes the Redis it starts with it.
process.once('SIGTERM', () => process.exit());

const [given, ...jtis] = process.argv.slice(2);
const count = Number(given ?? 0);
const now = Date.now() / 1000;

const redis = await startRedisServer();
const token = 'bench';
const bridge = await startRedisBridge({ redisUrl: redis.url, token, port: 0 });
const store = createRedisStore(createRedis({ url: bridge.url, token }), { timeoutMs: 30_000 });
await store.adopt();

if (count > 0) {
  const client = createClient({ url: redis.url });
  await client.connect();
  await fillRevocations(client, ISSUER, count, (filled) =>
    console.error(`revocations: ${filled} of ${count}`),
  );
  client.destroy();
  console.error('making the snapshot …');
}
await store.revoke(
  jtis.map((value) => ({
    predicate: { kind: 'jti', issuer: ISSUER, value },
    expiresAt: now + 86_400,
    revokedAt: now,
    revokedBy: 'bench',
    intake: 'admin',
    reason: '',
  })),
);
await store.maintain?.(now);
console.log(new URL(bridge.url).port);
