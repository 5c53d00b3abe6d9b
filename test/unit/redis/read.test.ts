import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { createRead } from '../../../src/redis/read.ts';

const KEYS = ['a', 'b"jti'];
const MEGABYTE = 1024 * 1024;

let asked: ReturnType<typeof vi.fn<typeof fetch>>;

beforeEach(() => {
  vi.useFakeTimers();
  asked = vi.fn<typeof fetch>();
  vi.stubGlobal('fetch', asked);
});

afterEach(() => {
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

const read = (url = 'https://redis.test', token = 'secret') => createRead({ url, token })(KEYS, 250);
const told = (body: string, init: ResponseInit = {}) => new Response(body, init);
/** As servers measure it: its length is known. */
const measured = (body: string) => told(body, { headers: { 'Content-Length': String(body.length) } });
const values = (...result: readonly unknown[]) => JSON.stringify({ result });

describe('the question', () => {
  it.each([
    ['https://redis.test', 'https://redis.test'],
    ['https://redis.test/', 'https://redis.test'],
    ['https://redis.test/base/', 'https://redis.test/base'],
  ])('to %s is one MGET, with the token, that follows no redirect', async (url, address) => {
    asked.mockResolvedValue(measured(values('1', null)));
    expect(await read(url)).toEqual(['1', null]);
    const [to, init] = asked.mock.calls[0] ?? [];
    expect([to, init?.method, init?.redirect]).toEqual([address, 'POST', 'manual']);
    expect(JSON.parse(String(init?.body))).toEqual(['MGET', ...KEYS]);
    expect(new Headers(init?.headers).get('authorization')).toBe('Bearer secret');
    expect(vi.getTimerCount()).toBe(0);
  });

  it('with a token that no header holds fails, and tells nothing of it', async () => {
    await expect(read('https://redis.test', 'se\ncret')).rejects.toMatchObject({
      name: 'RedisUnavailable',
      message: 'failed',
    });
    expect(asked).not.toHaveBeenCalled();
    expect(vi.getTimerCount()).toBe(0);
  });
});

describe('an answer', () => {
  it.each([
    ['of a known length', measured],
    ['in chunks', told],
  ])('%s is a text or null for each key', async (_how, answer) => {
    asked.mockResolvedValue(answer(values('', null)));
    expect(await read()).toEqual(['', null]);
  });

  it.each([
    ['no JSON', 'x', 'RedisMalformed', 'not_json', 2],
    ['an error', '{"error":"WRONGPASS secret"}', 'RedisUnavailable', 'refused', 2],
    ['an error beside values', '{"error":"x","result":[null,null]}', 'RedisUnavailable', 'refused', 2],
    ['a value too few', values(null), 'RedisMalformed', 'mget', 1],
    ['a value too many', values(null, null, null), 'RedisMalformed', 'mget', 1],
    ['a number among them', values(null, 7), 'RedisMalformed', 'mget', 1],
    ['no list', '{"result":"ab"}', 'RedisMalformed', 'mget', 1],
    ['null', 'null', 'RedisMalformed', 'mget', 1],
  ])('%s is a fault, asked for at most twice', async (_what, body, name, message, times) => {
    asked.mockImplementation(async () => told(body));
    await expect(read()).rejects.toMatchObject({ name, message });
    expect(asked).toHaveBeenCalledTimes(times);
  });

  it.each([201, 301, 401, 429, 500])('with the status %i is none, whatever it holds', async (status) => {
    asked.mockImplementation(async () => told(values(null, null), { status }));
    await expect(read()).rejects.toMatchObject({ name: 'RedisUnavailable', message: 'refused' });
    expect(asked).toHaveBeenCalledTimes(2);
  });

  it('counts the second time as well as the first', async () => {
    asked.mockRejectedValueOnce(new Error('lost')).mockResolvedValueOnce(told(values('1', '2')));
    expect(await read()).toEqual(['1', '2']);
  });

  it.each([
    [MEGABYTE, true],
    [MEGABYTE + 1, false],
  ])('of %i bytes is taken: %s', async (bytes, taken) => {
    asked.mockImplementation(async () => told(values(null, null).padEnd(bytes)));
    const answer = read().then(
      () => true,
      ({ message }) => message,
    );
    expect(await answer).toBe(taken ? true : 'too_large');
  });

  it('whose length is that of something else is counted as it comes', async () => {
    const headers = { 'Content-Length': '10', 'Content-Encoding': 'identity' };
    asked.mockImplementation(async () => told(values(null, null).padEnd(MEGABYTE + 1), { headers }));
    await expect(read()).rejects.toMatchObject({ message: 'too_large' });
  });
});

describe('the deadline', () => {
  it('is a fault, and what comes after it asks nobody again', async () => {
    const { promise, reject } = Promise.withResolvers<Response>();
    asked.mockReturnValue(promise);
    const answer = read().catch((fault: unknown) => fault);
    await vi.advanceTimersByTimeAsync(250);
    expect(await answer).toMatchObject({ name: 'RedisUnavailable', message: 'timeout' });
    reject(new Error('lost'));
    await vi.advanceTimersByTimeAsync(1);
    expect(asked).toHaveBeenCalledTimes(1);
  });

  it('is for both attempts together', async () => {
    asked.mockRejectedValueOnce(new Error('lost')).mockReturnValueOnce(new Promise(() => {}));
    const answer = read().catch((fault: unknown) => fault);
    await vi.advanceTimersByTimeAsync(249);
    expect(asked).toHaveBeenCalledTimes(2);
    expect(vi.getTimerCount()).toBe(1);
    await vi.advanceTimersByTimeAsync(1);
    expect(await answer).toMatchObject({ message: 'timeout' });
  });
});
