import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { createRedis } from '../../src/redis/client.ts';
import { createRevocation } from '../../src/revocation/check.ts';
import { createRedisFeed } from '../../src/revocation-store/redis/feed.ts';
import { createRedisReader } from '../../src/revocation-store/redis/reader.ts';
import { createRedisStore } from '../../src/revocation-store/redis/store.ts';
import { replicaOf } from '../../src/revocation-store/replica/replica.ts';
import type { ScriptedServer } from '../fixtures/http-faults.ts';
import { hang, json, reset } from '../fixtures/http-faults.ts';
import { REDIS_FAULTS, startFaultyRedis } from '../fixtures/redis-faults.ts';
import { aBench, aRevocation, aToken } from '../fixtures/revocation.ts';

const clock = () => Date.now() / 1000;
const token = aToken({ jti: 'secret-jti', sub: 'user', iat: 1 });
const TIMEOUT_MS = 120;

let server: ScriptedServer | undefined;
afterEach(async () => {
  await server?.stop();
  server = undefined;
});

const redisAt = (url: string) => createRedis({ url, token: 'secret-token' });

describe('a Redis that cannot be trusted', { timeout: 5_000 }, () => {
  it.each(Object.entries(REDIS_FAULTS))('%s: in doubt, in time, and nothing said', async (_, fault) => {
    server = await startFaultyRedis(fault);
    const redis = redisAt(server.url);
    for (const mode of ['strict', 'cached', 'replicated'] as const) {
      const revocation = createRevocation({
        reader: createRedisReader(redis),
        replica: replicaOf({ feed: createRedisFeed(redis), clock }),
        clock,
      });
      const bench = aBench(revocation, clock);
      const outcome = await bench.outcome(token, { mode, maxStalenessSeconds: 5, timeoutMs: TIMEOUT_MS });
      expect(outcome).toMatch(/^revocation_unavailable (?:timeout|refused|failed|malformed)$/);
      const accepted = await bench.outcome(token, {
        mode,
        maxStalenessSeconds: 5,
        timeoutMs: TIMEOUT_MS,
        onUnavailable: 'accept',
      });
      expect(accepted).toBe('accepted_on_doubt');
      expect(bench.events.map(({ event }) => event)).toContain('revocation_accepted_on_doubt');
      expect(JSON.stringify([bench.events, outcome])).not.toMatch(/secret|MGET|portcullis:/);
    }
  });

  it.each(Object.entries(REDIS_FAULTS))('%s: a write is not said to be stored', async (_, fault) => {
    server = await startFaultyRedis(fault);
    const store = createRedisStore(redisAt(server.url), { timeoutMs: TIMEOUT_MS });
    const target = { kind: 'jti', issuer: 'i', value: 'secret-jti' } as const;
    const attempts = [
      store.revoke([aRevocation(target, clock() + 60)]),
      store.unrevoke(target, 'me', clock()),
      store.claimOnce('secret-jti', 60),
      store.list({ issuers: ['i'] }, undefined, 10, clock()),
    ];
    for (const attempt of await Promise.allSettled(attempts)) {
      expect(attempt.status).toBe('rejected');
      if (attempt.status !== 'rejected') continue;
      expect(attempt.reason).toMatchObject({ name: 'StoreUnavailable' });
      expect(`${attempt.reason} ${attempt.reason.stack}`).not.toMatch(/secret|EVAL|portcullis:/);
    }
  });

  it('refuses connections: in doubt', async () => {
    server = await startFaultyRedis(hang);
    await server.refuse();
    const bench = aBench(createRevocation({ reader: createRedisReader(redisAt(server.url)), clock }), clock);
    expect(await bench.outcome(token, { timeoutMs: TIMEOUT_MS })).toBe('revocation_unavailable failed');
  });

  it('has an address that is none: in doubt, not a bug', async () => {
    for (const url of ['nonsense', 'http://', 'https://127.0.0.1:1/%zz']) {
      const bench = aBench(createRevocation({ reader: createRedisReader(redisAt(url)), clock }), clock);
      expect(await bench.outcome(token, { timeoutMs: TIMEOUT_MS })).toMatch(/^revocation_unavailable/);
    }
  });
});

describe('what goes over the wire', () => {
  let http: Server | undefined;
  afterEach(async () => {
    http?.closeAllConnections();
    await new Promise((resolve) => (http ? http.close(resolve) : resolve(undefined)));
    http = undefined;
  });

  it('is one MGET for all predicates, without telemetry, retried once when it fails at once', async () => {
    const seen: { headers: Record<string, unknown>; body: string }[] = [];
    http = createServer(async (request, response) => {
      const chunks: Buffer[] = [];
      for await (const chunk of request) chunks.push(chunk);
      seen.push({ headers: request.headers, body: Buffer.concat(chunks).toString() });
      if (seen.length === 1) return response.destroy();
      response.setHeader('content-type', 'application/json');
      response.end(JSON.stringify({ result: ['epoch-1', null, null, null, null] }));
    });
    await new Promise<void>((resolve) => http?.listen(0, '127.0.0.1', resolve));
    const { port } = http.address() as AddressInfo;
    const reader = createRedisReader(redisAt(`http://127.0.0.1:${port}`));
    const bench = aBench(createRevocation({ reader, clock }), clock);
    expect(await bench.outcome(token, { timeoutMs: 2_000 })).toBe('active');
    expect(seen).toHaveLength(2);
    expect(JSON.parse(seen[1]?.body ?? '')).toEqual([
      'MGET',
      'portcullis:v1:epoch',
      'portcullis:v1:state',
      'portcullis:v1:jti:https%3A%2F%2Fissuer.example%2F:secret-jti',
      'portcullis:v1:sub:https%3A%2F%2Fissuer.example%2F:user',
      'portcullis:v1:iss:https%3A%2F%2Fissuer.example%2F:https%3A%2F%2Fissuer.example%2F',
    ]);
    expect(Object.keys(seen[1]?.headers ?? {}).filter((name) => name.startsWith('upstash'))).toEqual([]);
  });

  it('is at most two attempts, and one when the deadline has passed', async () => {
    server = await startFaultyRedis(reset);
    await expect(redisAt(server.url).command(['PING'], 2_000)).rejects.toMatchObject({ message: 'failed' });
    expect(server.received).toHaveLength(2);
    server.respondWith(hang);
    await expect(redisAt(server.url).command(['PING'], 100)).rejects.toMatchObject({ message: 'timeout' });
    expect(server.received).toHaveLength(3);
  });

  it.each([[[null]], [[null, null, null]], [[1]], [[true]], [[['x']]], [[{}]], [{ 0: null, length: 2 }]])(
    'refuses %j as the answer to two keys',
    async (result) => {
      server = await startFaultyRedis(json({ result }));
      await expect(redisAt(server.url).mget(['a', 'b'], 1_000)).rejects.toMatchObject({
        name: 'RedisMalformed',
      });
    },
  );
});
