import { once } from 'node:events';
import { gzipSync } from 'node:zlib';
import { afterEach, describe, expect, it } from 'vitest';
import { createRedis } from '../../src/redis/client.ts';
import {
  answer,
  chunked,
  dripping,
  hang,
  json,
  measured,
  type Responder,
  redirectTo,
  reset,
  resetMidBody,
  type ScriptedServer,
  startScriptedServer,
  truncated,
} from '../fixtures/http-faults.ts';

const KEYS = ['secret-key', 'secret-"jti"'];
const NOTHING = JSON.stringify({ result: [null, null] });
const MEGABYTE = ' '.repeat(2 ** 20);

let server: ScriptedServer | undefined;
afterEach(async () => {
  await server?.stop();
  server = undefined;
});

/** A Redis that answers as told, and a read of two keys from it. */
async function redisThat(responder: Responder) {
  const started = await startScriptedServer(responder);
  server = started;
  const { mget } = createRedis({ url: started.url, token: 'secret-token' });
  return { server: started, read: (timeoutMs = 5_000) => mget(KEYS, timeoutMs) };
}

/** The first request is answered by `first`, the others by `rest`. */
const firstThen = (first: Responder, rest: Responder): Responder => {
  let asked = 0;
  return (request, response) => (asked++ === 0 ? first : rest)(request, response);
};

describe('an answer', () => {
  it.each([
    [measured(NOTHING), [null, null]],
    [chunked(NOTHING), [null, null]],
    [measured(gzipSync(NOTHING), { 'content-encoding': 'gzip' }), [null, null]],
    [json({ result: ['', 'ü 🙂'] }), ['', 'ü 🙂']],
    [json({ result: ['a', null], error: null }), ['a', null]],
    [measured(NOTHING.padStart(2 ** 20)), [null, null]],
    [chunked(NOTHING.padStart(2 ** 20)), [null, null]],
  ])('%#: is one string or null per key', async (responder, values) => {
    expect(await (await redisThat(responder)).read()).toEqual(values);
  });

  it('may come in pieces that cut a character', async () => {
    const text = Buffer.from(JSON.stringify({ result: ['🙂', null] }));
    const { read } = await redisThat((_request, response) => {
      response.write(text.subarray(0, 14), () => setImmediate(() => response.end(text.subarray(14))));
    });
    expect(await read()).toEqual(['🙂', null]);
  });
});

describe('anything else is a fault that says nothing', () => {
  const faults: Record<string, [responder: Responder, name: string, message: string, attempts: number]> = {
    'a reset': [reset, 'RedisUnavailable', 'failed', 2],
    'a reset in the middle': [resetMidBody(NOTHING), 'RedisUnavailable', 'failed', 2],
    'a redirect to an answer': [
      (request, response) =>
        (request.url === '/' ? redirectTo('/elsewhere', 307) : answer(200, NOTHING))(request, response),
      'RedisUnavailable',
      'refused',
      2,
    ],
    '201 with an answer': [answer(201, NOTHING), 'RedisUnavailable', 'refused', 2],
    '204': [answer(204), 'RedisUnavailable', 'refused', 2],
    '401': [answer(401, '{"error":"WRONGPASS secret-token"}'), 'RedisUnavailable', 'refused', 2],
    '500 with an answer': [answer(500, NOTHING), 'RedisUnavailable', 'refused', 2],
    'an error': [json({ error: 'ERR secret-key' }), 'RedisUnavailable', 'refused', 2],
    'an error beside a result': [json({ result: [null, null], error: '' }), 'RedisUnavailable', 'refused', 2],
    'half an answer': [truncated(NOTHING), 'RedisMalformed', 'not_json', 2],
    'an empty body': [answer(200), 'RedisMalformed', 'not_json', 2],
    'text that quotes the question': [answer(200, KEYS.join()), 'RedisMalformed', 'not_json', 2],
    'more than a megabyte': [measured(MEGABYTE + NOTHING), 'RedisMalformed', 'too_large', 2],
    'more than a megabyte, compressed': [
      measured(gzipSync(MEGABYTE + NOTHING), { 'content-encoding': 'gzip' }),
      'RedisMalformed',
      'too_large',
      2,
    ],
    'an announced empty body': [measured(''), 'RedisMalformed', 'not_json', 2],
    'less than announced': [
      (request) => request.socket.end(`HTTP/1.1 200 OK\r\ncontent-length: 99\r\n\r\n${NOTHING}`),
      'RedisUnavailable',
      'failed',
      2,
    ],
    'more than a megabyte in chunks': [chunked(MEGABYTE + NOTHING), 'RedisMalformed', 'too_large', 2],
    'no result': [json({}), 'RedisMalformed', 'mget', 1],
    null: [json(null), 'RedisMalformed', 'mget', 1],
    'a number': [json(2), 'RedisMalformed', 'mget', 1],
    'a bare array': [json([null, null]), 'RedisMalformed', 'mget', 1],
    'a pipeline': [json([{ result: [null, null] }]), 'RedisMalformed', 'mget', 1],
    'one value too few': [json({ result: [null] }), 'RedisMalformed', 'mget', 1],
    'one value too many': [json({ result: [null, null, null] }), 'RedisMalformed', 'mget', 1],
    'a number for a value': [json({ result: [null, 0] }), 'RedisMalformed', 'mget', 1],
    'what is not quite an array': [
      json({ result: { 0: null, 1: null, length: 2 } }),
      'RedisMalformed',
      'mget',
      1,
    ],
  };

  it.each(Object.entries(faults))('%s', async (_, [responder, name, message, attempts]) => {
    const redis = await redisThat(responder);
    const fault = await redis.read().catch((error: unknown) => error);
    expect(fault).toMatchObject({ name, message });
    expect(fault).not.toHaveProperty('cause');
    expect(redis.server.received).toEqual(Array.from({ length: attempts }, () => 'POST /'));
  });

  it('a token that no header can hold', async () => {
    const { url } = (await redisThat(answer(200, NOTHING))).server;
    const { mget } = createRedis({ url, token: 'secret\ntoken' });
    await expect(mget(KEYS, 5_000)).rejects.toMatchObject({ name: 'RedisUnavailable', message: 'failed' });
  });

  it('a body without end is not read to its end', async () => {
    const closed: Promise<unknown>[] = [];
    const redis = await redisThat((_request, response) => {
      closed.push(once(response, 'close'));
      const pump = () => {
        while (!response.destroyed && response.write(MEGABYTE));
      };
      response.on('drain', pump);
      pump();
    });
    await expect(redis.read()).rejects.toMatchObject({ message: 'too_large' });
    await Promise.all(closed);
    expect(closed).toHaveLength(2);
  });
});

describe('the deadline', () => {
  it.each([
    ['no headers', hang],
    ['a body of a known length that drips', dripping(NOTHING, 1_000)],
    [
      'a body in chunks that drips',
      (_request, response) => {
        response.write(NOTHING.slice(0, 5));
      },
    ],
    ['a failure, then silence', firstThen(reset, hang)],
  ] satisfies [string, Responder][])('ends %s', async (_, responder) => {
    const redis = await redisThat(responder);
    await expect(redis.read(200)).rejects.toMatchObject({ name: 'RedisUnavailable', message: 'timeout' });
  });

  it('is the end: what fails later is not asked again', async () => {
    let drop = () => {};
    const redis = await redisThat((request) => {
      drop = () => request.socket.resetAndDestroy();
    });
    await expect(redis.read(100)).rejects.toMatchObject({ message: 'timeout' });
    redis.server.respondWith(answer(200, NOTHING));
    drop();
    expect(await redis.read()).toEqual([null, null]);
    expect(await redis.read()).toEqual([null, null]);
    expect(redis.server.received).toHaveLength(3);
  });

  it('leaves room for one more attempt', async () => {
    const redis = await redisThat(firstThen(answer(503), answer(200, NOTHING)));
    expect(await redis.read()).toEqual([null, null]);
    expect(redis.server.received).toHaveLength(2);
  });
});

describe('the question', () => {
  it('is a JSON array with the token, whatever the keys are made of, and no header of a library', async () => {
    const seen: { headers: Record<string, unknown>; body: string }[] = [];
    const redis = await redisThat(async (request, response) => {
      const chunks: Buffer[] = [];
      for await (const chunk of request) chunks.push(chunk);
      seen.push({ headers: request.headers, body: Buffer.concat(chunks).toString() });
      json({ result: [null, null, null] })(request, response);
    });
    const { mget } = createRedis({ url: redis.server.url, token: 'secret-token' });
    const keys = ['a"],["FLUSHALL', '\\ü\u0000🙂', ''];
    await mget(keys, 5_000);
    expect(JSON.parse(seen[0]?.body ?? '')).toEqual(['MGET', ...keys]);
    expect(seen[0]?.headers).toMatchObject({
      authorization: 'Bearer secret-token',
      'content-type': 'application/json',
    });
    expect(Object.keys(seen[0]?.headers ?? {}).filter((name) => name.startsWith('upstash'))).toEqual([]);
  });

  it.each(['', '/', '/redis', '/redis/', '/a/b', '/redis?x=1'])(
    'goes where every other command goes: %j',
    async (path) => {
      const { server: at } = await redisThat(answer(200, NOTHING));
      const redis = createRedis({ url: at.url + path, token: 'secret-token' });
      await redis.mget(KEYS, 5_000);
      await redis.command(['MGET', ...KEYS], 5_000);
      expect(at.received).toHaveLength(2);
      expect(at.received[0]).toBe(at.received[1]);
    },
  );
});
