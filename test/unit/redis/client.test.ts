import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { createRedis } from '../../../src/redis/client.ts';

let asked: ReturnType<typeof vi.fn<typeof fetch>>;

beforeEach(() => {
  asked = vi.fn<typeof fetch>();
  vi.stubGlobal('fetch', asked);
});

afterEach(() => vi.unstubAllGlobals());

const redis = createRedis({ url: 'https://redis.test', token: 'secret' });
const told =
  (body: string, status = 200) =>
  async () =>
    new Response(body, { status });

describe('a command', () => {
  it('goes out as texts, alone, and without a word about the library', async () => {
    asked.mockImplementation(told('{"result":["a",1]}'));
    expect(await redis.command(['ZADD', 'key', 1.5], 1_000)).toEqual(['a', 1]);
    expect(asked).toHaveBeenCalledTimes(1);
    const [, init] = asked.mock.calls[0] ?? [];
    expect(JSON.parse(String(init?.body))).toEqual(['ZADD', 'key', '1.5']);
    const names = [...new Headers(init?.headers).keys()];
    expect(names.filter((name) => name.startsWith('upstash-'))).toEqual([]);
  });

  it('has its reply as it stands: text that is JSON stays text', async () => {
    asked.mockImplementation(told('{"result":"{\\"a\\":1}"}'));
    expect(await redis.command(['GET', 'key'], 1_000)).toBe('{"a":1}');
  });

  it.each([
    ['an error', told('{"error":"ERR secret-jti"}', 400), 'RedisUnavailable', 'refused'],
    ['no JSON', told('<html>'), 'RedisMalformed', 'not_json'],
    [
      'no connection',
      async () => {
        throw new TypeError('secret-jti');
      },
      'RedisUnavailable',
      'failed',
    ],
  ])(
    'answered with %s fails after one more attempt, and says a word',
    async (_what, answer, name, message) => {
      asked.mockImplementation(answer);
      const fault = await redis.command(['GET', 'secret-jti'], 1_000).catch((error: unknown) => error);
      expect(fault).toMatchObject({ name, message });
      expect(fault).not.toHaveProperty('cause');
      expect(asked).toHaveBeenCalledTimes(2);
    },
  );

  it('has its second attempt counted', async () => {
    asked.mockRejectedValueOnce(new Error('lost')).mockImplementationOnce(told('{"result":1}'));
    expect(await redis.command(['DEL', 'key'], 1_000)).toBe(1);
  });

  it('that nobody answers throws at its deadline, never a result, and is not tried again', async () => {
    asked.mockImplementation(
      (_url, init) =>
        new Promise((_resolve, reject) => {
          init?.signal?.addEventListener('abort', () => reject(init.signal?.reason));
        }),
    );
    await expect(redis.command(['GET', 'key'], 20)).rejects.toMatchObject({
      name: 'RedisUnavailable',
      message: 'timeout',
    });
    expect(asked).toHaveBeenCalledTimes(1);
  });
});
