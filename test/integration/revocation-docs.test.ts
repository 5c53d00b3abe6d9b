import { readFile } from 'node:fs/promises';
import { createClient } from 'redis';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { type RedisBridge, startRedisBridge } from '../../dev/redis-bridge.ts';
import { createRedis } from '../../src/redis/client.ts';
import { createRevocation } from '../../src/revocation/check.ts';
import { createRedisFeed } from '../../src/revocation-store/redis/feed.ts';
import { createRedisReader } from '../../src/revocation-store/redis/reader.ts';
import { createRedisStore } from '../../src/revocation-store/redis/store.ts';
import { replicaOf } from '../../src/revocation-store/replica/replica.ts';
import { type RedisProcess, startRedis } from '../fixtures/redis.ts';
import { aBench, aToken } from '../fixtures/revocation.ts';

let redis: RedisProcess;
let bridge: RedisBridge;

beforeAll(async () => {
  redis = await startRedis();
  bridge = await startRedisBridge({ redisUrl: redis.url, token: 'write', readOnlyToken: 'read', port: 0 });
});

afterAll(async () => {
  await bridge.close();
  await redis.stop();
});

/** The commands of each shell block that calls redis-cli, as words: quotes and continued lines as a shell reads them. */
async function documentedCommands(): Promise<string[][][]> {
  const page = await readFile(new URL('../../docs/redis-schema.md', import.meta.url), 'utf8');
  const blocks = [...page.matchAll(/```sh\n(.*?)```/gs)].map(([, block = '']) => block.replace(/\\\n/g, ' '));
  return blocks.map((block) =>
    block
      .split('\n')
      .filter((line) => line.startsWith('redis-cli '))
      .map((line) => [...line.matchAll(/'([^']*)'|"([^"]*)"|(\S+)/g)].map(([, a, b, c]) => a ?? b ?? c ?? ''))
      .map(([, ...words]) => words),
  );
}

it('docs/redis-schema.md: the commands do what the page says, in every mode', async () => {
  const [revokeToken = [], revokeSubject = [], lift = [], mark = []] = await documentedCommands();
  const client = createClient({ url: redis.url });
  await client.connect();
  const run = async (commands: string[][]) => {
    for (const command of commands) await client.sendCommand(command);
  };
  const issuer = { issuer: 'https://id.acme.example' };
  const token = aToken({ jti: '8d0c2f', iat: 1_790_000_000 }, { issuer });
  const old = aToken({ sub: 'user-42', iat: 1_800_000_000 }, { issuer });
  const young = aToken({ sub: 'user-42', iat: 1_800_000_001 }, { issuer });
  let offset = 0;
  const clock = () => Date.now() / 1000 + offset;
  const read = createRedis({ url: bridge.url, token: 'read' });
  const bench = aBench(
    createRevocation({
      reader: createRedisReader(read),
      replica: replicaOf({ feed: createRedisFeed(read), clock }),
      clock,
    }),
    clock,
  );
  const inEveryMode = async (expected: readonly string[]) => {
    offset += 11;
    for (const mode of ['strict', 'cached', 'replicated'] as const) {
      const policy = { mode, maxStalenessSeconds: 10, timeoutMs: 5_000 };
      await bench.outcome(token, policy);
      await bench.settle();
      const outcomes = [];
      for (const each of [token, old, young]) outcomes.push(await bench.outcome(each, policy));
      expect(outcomes, mode).toEqual(expected);
    }
  };

  expect([revokeToken, revokeSubject, lift, mark].map(({ length }) => length)).toEqual([2, 2, 2, 1]);
  await run(mark);
  await createRedisStore(createRedis({ url: bridge.url, token: 'write' })).maintain?.(clock());
  await inEveryMode(['active', 'active', 'active']);
  await run(revokeToken);
  await inEveryMode(['revoked jti', 'active', 'active']);
  await run(revokeSubject);
  await inEveryMode(['revoked jti', 'revoked sub', 'active']);
  await run(lift);
  await inEveryMode(['active', 'revoked sub', 'active']);
  expect(bench.events.map(({ event }) => event)).toEqual(['revocation_replica_built']);
  client.destroy();
});
