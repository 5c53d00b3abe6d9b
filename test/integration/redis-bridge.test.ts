import { createServer } from 'node:net';
import { Redis } from '@upstash/redis';
import { createClient } from 'redis';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { type RedisBridge, startRedisBridge } from '../../dev/redis-bridge.ts';
import { type RedisProcess, startRedis } from '../fixtures/redis.ts';

const TOKEN = 'full-access';
const READ_ONLY = 'read-only';

let server: RedisProcess;
let bridge: RedisBridge;
let redis: Redis;
let readOnly: Redis;

const client = (token: string, url = bridge.url) =>
  new Redis({ url, token, enableTelemetry: false, automaticDeserialization: false, retry: false });

async function post(path: string, body: string, headers: Record<string, string> = {}) {
  const response = await fetch(`${bridge.url}${path}`, {
    method: 'POST',
    headers: { authorization: `Bearer ${TOKEN}`, ...headers },
    body,
  });
  return { status: response.status, body: await response.json() };
}

beforeAll(async () => {
  server = await startRedis();
  bridge = await startRedisBridge({ redisUrl: server.url, token: TOKEN, readOnlyToken: READ_ONLY, port: 0 });
  redis = client(TOKEN);
  readOnly = client(READ_ONLY);
});
afterEach(() => redis.flushall());
afterAll(async () => {
  await bridge.close();
  await server.stop();
});

describe('through @upstash/redis', () => {
  test('set, get, mget, exists, ttl, del', async () => {
    expect(await redis.set('a', '1', { ex: 60 })).toBe('OK');
    expect(await redis.get('a')).toBe('1');
    expect(await redis.get('absent')).toBeNull();
    expect(await redis.mget('a', 'absent', 'a')).toEqual(['1', null, '1']);
    expect(await redis.exists('a', 'absent')).toBe(1);
    expect(await redis.ttl('a')).toBeGreaterThan(0);
    expect(await redis.del('a')).toBe(1);
    expect(await redis.ping()).toBe('PONG');
  });

  test('a stored "OK", the empty string, base64 look-alikes and non-ASCII come back as stored', async () => {
    for (const value of ['OK', '', 'T0s=', '0', 'null', '赵 ü 🙂', 'a\u0000b\r\n']) {
      await redis.set('k', value);
      expect(await redis.get('k')).toBe(value);
      expect(await redis.mget('k')).toEqual([value]);
    }
  });

  test('hash, list, set and sorted-set replies', async () => {
    await redis.hset('h', { one: '1', two: '2' });
    expect(await redis.hgetall('h')).toEqual(['one', '1', 'two', '2']);
    await redis.rpush('l', 'x', 'y');
    expect(await redis.lrange('l', 0, -1)).toEqual(['x', 'y']);
    await redis.zadd('z', { score: 1.5, member: 'm' });
    expect(await redis.zscore('z', 'm')).toBe('1.5');
  });

  test('a stream', async () => {
    const first = await redis.xadd('s', '*', { event: 'revoked', n: '1' });
    const second = await redis.xadd('s', '*', { event: 'restored' });
    expect(await redis.xrange('s', '-', '+')).toEqual([
      [first, ['event', 'revoked', 'n', '1']],
      [second, ['event', 'restored']],
    ]);
    expect(await readOnly.xread('s', first)).toEqual([['s', [[second, ['event', 'restored']]]]]);
  });

  test('eval, script load, evalsha, and NOSCRIPT for an unknown one', async () => {
    expect(await redis.eval('return {KEYS[1], ARGV[1], 7, false}', ['k'], ['v'])).toEqual([
      'k',
      'v',
      7,
      null,
    ]);
    expect(await redis.eval("return redis.status_reply('OK')", [], [])).toBe('OK');
    expect(await redis.eval("return {redis.status_reply('OK')}", [], [])).toEqual(['OK']);
    const sha = await redis.scriptLoad("return redis.call('SET', KEYS[1], ARGV[1])");
    expect(await redis.evalsha(sha, ['k'], ['v'])).toBe('OK');
    expect(await redis.get('k')).toBe('v');
    await expect(redis.evalsha('0'.repeat(40), [], [])).rejects.toThrow('NOSCRIPT');
  });

  test('a pipeline keeps its order and answers each command by itself', async () => {
    const results = await redis
      .pipeline()
      .set('n', 'x')
      .incr('n')
      .get('n')
      .exec<[string, number, string]>({ keepErrors: true });
    expect(results.map(({ result, error }) => error ?? result)).toEqual([
      'OK',
      'ERR value is not an integer or out of range',
      'x',
    ]);
  });

  test('a transaction runs as one and is discarded whole when a command is malformed', async () => {
    expect(await redis.multi().set('a', '1').incr('a').mget('a', 'b').exec()).toEqual(['OK', 2, ['2', null]]);
    const { status, body } = await post('/multi-exec', '[["SET","a","9"],["SET","a"]]');
    expect(status).toBe(400);
    expect(body).toEqual({ error: 'EXECABORT Transaction discarded because of previous errors.' });
    expect(await redis.get('a')).toBe('2');
  });

  test('concurrent transactions and commands over the one connection never mix', async () => {
    const rounds = Array.from({ length: 200 }, (_, index) => `${index}`);
    const replies = await Promise.all(
      rounds.flatMap((n) => [
        redis.multi().set('shared', n).get('shared').exec(),
        redis.set('shared', 'other'),
      ]),
    );
    for (const [index, n] of rounds.entries()) expect(replies[2 * index]).toEqual(['OK', n]);
  });
});

describe('on the wire', () => {
  test('bytes that are not UTF-8 survive in base64', async () => {
    const direct = createClient({ url: server.url, RESP: 2 });
    await direct.connect();
    await direct.set('bytes', Buffer.from([0xff, 0x00, 0xfe]));
    direct.destroy();
    const base64 = { 'upstash-encoding': 'base64' };
    expect((await post('/', '["GET","bytes"]', base64)).body).toEqual({ result: '/wD+' });
    expect((await post('/', '["KEYS","*"]', base64)).body).toEqual({ result: ['Ynl0ZXM='] });
    expect((await post('/multi-exec', '[["GET","bytes"],["STRLEN","bytes"]]', base64)).body).toEqual([
      { result: '/wD+' },
      { result: 3 },
    ]);
    expect((await post('/', '["SET","k","v"]', base64)).body).toEqual({ result: 'OK' });
  });

  test('commands in the path, with a body and with options in the query', async () => {
    const authorization = `Bearer ${TOKEN}`;
    expect((await post('/set/k%2F1?EX=100', 'a/b')).body).toEqual({ result: 'OK' });
    const got = await fetch(`${bridge.url}/get/k%2F1`, { headers: { authorization } });
    expect(await got.json()).toEqual({ result: 'a/b' });
    const ttl = await fetch(`${bridge.url}/ttl/k%2F1`, { headers: { authorization } });
    expect(await ttl.json()).toEqual({ result: 100 });
  });

  test.each([
    ['/', '["NOSUCH"]', 400, /^ERR unknown command/],
    ['/', '["GET"]', 400, /^ERR wrong number of arguments/],
    ['/', '', 400, /^ERR failed to parse/],
    ['/', '{"GET":"k"}', 400, /^ERR a command is/],
    ['/', '[]', 400, /^ERR a command is/],
    ['/', '["SET","k",{"a":1}]', 400, /^ERR a command holds/],
    ['/', '["SET","k",null]', 400, /^ERR a command holds/],
    ['/pipeline', '["GET","k"]', 400, /^ERR a command is/],
    ['/pipeline', '[]', 400, /^ERR expected an array/],
    ['/multi-exec', '"GET"', 400, /^ERR expected an array/],
    ['/%zz', '', 400, /^ERR the path/],
  ])('%s %s → %i', async (path, body, status, error) => {
    const answer = await post(path, body);
    expect(answer.status).toBe(status);
    expect(answer.body).toEqual({ error: expect.stringMatching(error) });
  });

  test('a body beyond 10 MB is refused, announced or not', async () => {
    const big = `["SET","k","${'x'.repeat(10 * 1024 * 1024)}"]`;
    expect((await post('/', big)).status).toBe(413);
    const init: RequestInit & { duplex: 'half' } = {
      method: 'POST',
      headers: { authorization: `Bearer ${TOKEN}` },
      body: new Blob([big]).stream(),
      duplex: 'half',
    };
    expect((await fetch(bridge.url, init)).status).toBe(413);
    expect(await redis.exists('k')).toBe(0);
  });

  test('other methods are refused', async () => {
    const response = await fetch(`${bridge.url}/get/k`, {
      method: 'DELETE',
      headers: { authorization: `Bearer ${TOKEN}` },
    });
    expect(response.status).toBe(405);
  });
});

describe('who may do what', () => {
  const credentials = ['', 'Bearer', 'Bearer wrong', `Bearer ${TOKEN}x`, `Basic ${TOKEN}`, TOKEN];
  test.each(
    ['/', '/pipeline', '/multi-exec', '/get/k', '/nowhere'].flatMap((path) =>
      credentials.map((each) => [path, each]),
    ),
  )('%s with "%s" is 401', async (path = '', authorization = '') => {
    const { status, body } = await post(path, '["PING"]', { authorization });
    expect(status).toBe(401);
    expect(body).toEqual({ error: 'WRONGPASS invalid or missing auth token' });
  });

  test('the read-only token reads', async () => {
    await redis.set('k', 'v');
    expect(await readOnly.get('k')).toBe('v');
    expect(await readOnly.mget('k', 'k')).toEqual(['v', 'v']);
    expect(await readOnly.multi().get('k').exists('k').exec()).toEqual(['v', 1]);
    expect(await readOnly.xrange('s', '-', '+')).toEqual([]);
    expect(await readOnly.ping()).toBe('PONG');
  });

  test.each([
    ['SET', 'k', '1'],
    ['set', 'k', '1'],
    ['GETSET', 'k', '1'],
    ['GETDEL', 'k'],
    ['GETEX', 'k', 'PERSIST'],
    ['XADD', 's', '*', 'a', 'b'],
    ['EVAL', 'return 1', '0'],
    ['EVALSHA', '0'.repeat(40), '0'],
    ['EVAL_RO', 'return 1', '0'],
    ['SCRIPT', 'LOAD', 'return 1'],
    ['FUNCTION', 'FLUSH'],
    ['FLUSHALL'],
    ['SORT', 'k', 'STORE', 'other'],
    ['PUBLISH', 'c', 'm'],
    ['KEYS', '*'],
    ['SCAN', '0'],
    ['CONFIG', 'GET', '*'],
    ['NOSUCH'],
  ])('the read-only token is refused %s %s %s', async (...command) => {
    const error = expect.stringMatching(/^NOPERM |^ERR Command is not available/);
    const headers = { authorization: `Bearer ${READ_ONLY}` };
    const body = JSON.stringify(command.filter((word) => word !== undefined));
    expect(await post('/', body, headers)).toEqual({ status: 400, body: { error } });
    expect(await post('/pipeline', `[["PING"],${body}]`, headers)).toEqual({
      status: 200,
      body: [{ result: 'PONG' }, { error }],
    });
    expect(await post('/multi-exec', `[["PING"],${body}]`, headers)).toEqual({
      status: 400,
      body: { error },
    });
  });

  test.each([
    ['MULTI'],
    ['EXEC'],
    ['WATCH', 'k'],
    ['SELECT', '1'],
    ['HELLO', '3'],
    ['QUIT'],
    ['CLIENT', 'REPLY', 'OFF'],
    ['SUBSCRIBE', 'c'],
    ['MONITOR'],
    ['SHUTDOWN'],
    ['BLPOP', 'l', '0'],
    ['XREAD', 'BLOCK', '0', 'STREAMS', 's', '$'],
    ['WAIT', '1', '0'],
  ])('nobody may occupy the shared connection with %s %s', async (...command) => {
    const { status, body } = await post('/', JSON.stringify(command.filter((word) => word !== undefined)));
    expect(status).toBe(400);
    expect(body).toEqual({ error: expect.stringMatching(/^ERR Command is not available/) });
    expect(await redis.ping()).toBe('PONG');
  });
});

describe('without Redis', () => {
  test('the start fails when nothing listens there', async () => {
    const unused = createServer();
    await new Promise<void>((resolve) => unused.listen(0, '127.0.0.1', resolve));
    const address = unused.address();
    unused.close();
    const port = typeof address === 'object' ? address?.port : undefined;
    await expect(
      startRedisBridge({ redisUrl: `redis://127.0.0.1:${port}`, token: TOKEN, port: 0 }),
    ).rejects.toThrow('Redis is not reachable');
  });

  test('503 while it is away, and it works again once it is back', async () => {
    const first = await startRedis();
    const own = await startRedisBridge({ redisUrl: first.url, token: TOKEN, port: 0 });
    const through = client(TOKEN, own.url);
    await through.set('k', 'v');
    await first.stop();

    await expect.poll(() => statusOf(own)).toBe(503);
    await expect(through.get('k')).rejects.toThrow('ERR Redis is not reachable');

    const second = await startRedis(first.port);
    await expect.poll(() => statusOf(own), { timeout: 5_000 }).toBe(200);
    await own.close();
    await second.stop();
  });

  test('504 when it does not answer, and the connection is in step afterwards', async () => {
    const stalled = await startRedis();
    const own = await startRedisBridge({ redisUrl: stalled.url, token: TOKEN, port: 0, replyTimeoutMs: 50 });
    const through = client(TOKEN, own.url);
    await unhurried(() => through.set('k', 'before'));
    stalled.pause();
    await expect(through.get('k')).rejects.toThrow('ERR Redis did not answer in time');
    await expect(through.multi().set('k', 'during').exec()).rejects.toThrow(
      'ERR Redis did not answer in time',
    );
    stalled.resume();
    await expect.poll(() => statusOf(own)).toBe(200);
    expect(await unhurried(() => through.get('k'))).toBe('during');
    await own.close();
    await stalled.stop();
  });

  /** Asks again while a busy machine takes longer than the bridge here waits; any other outcome is the first. */
  async function unhurried<T>(ask: () => Promise<T>): Promise<T> {
    for (let left = 100; ; left -= 1) {
      try {
        return await ask();
      } catch (error) {
        if (left === 0 || !String(error).includes('did not answer in time')) throw error;
      }
    }
  }

  async function statusOf(own: RedisBridge) {
    const response = await fetch(`${own.url}/get/k`, { headers: { authorization: `Bearer ${TOKEN}` } });
    return response.status;
  }
});
