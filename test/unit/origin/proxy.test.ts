import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { Upstream } from '../../../src/core/policy.ts';
import type { OriginHeaders } from '../../../src/core/principal.ts';
import { receive } from '../../../src/core/received-request.ts';
import { proxy } from '../../../src/origin/proxy.ts';
import { anUpstream } from '../../fixtures/policies.ts';

const input = (upstream: Partial<Upstream>, path = '/a') => ({
  received: receive(new Request('https://gateway.test/a')),
  target: { path, search: '' },
  headers: new Headers() as OriginHeaders,
  upstream: anUpstream(upstream),
  fetcher: undefined,
});

describe('proxy', () => {
  it.each(['', 'a', '.evil.test/', '@evil.test/', ':80/', '?x', '\\a'])(
    'throws for the path %j, which would belong to the host',
    async (path) => {
      await expect(proxy(input({}, path))).rejects.toThrow(TypeError);
    },
  );

  it('says when the configured service binding is not there', async () => {
    expect(await proxy(input({ origin: { kind: 'service', binding: 'ORDERS' } }))).toEqual({
      ok: false,
      error: { reason: 'config_invalid', evidence: 'route orders: its service binding is missing' },
    });
  });
});

describe('a connection that fails', () => {
  const lost = Object.assign(new Error('Network connection lost.'), { retryable: true });
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

  const received = (init: RequestInit) => receive(new Request('https://gateway.test/a', init));

  it('is tried once more, and leaves no timer behind', async () => {
    asked.mockRejectedValueOnce(lost).mockResolvedValueOnce(new Response('late'));
    const result = await proxy(input({}));
    expect(result.ok).toBe(true);
    expect(asked).toHaveBeenCalledTimes(2);
    expect(vi.getTimerCount()).toBe(0);
  });

  const final = Object.assign(new Error('overloaded'), { retryable: false });

  it.each([
    final,
    new Error('Network connection lost.'),
    new TypeError('Invalid URL'),
    'lost',
    { retryable: true },
  ])('is not what the runtime does not call retryable: %s', async (error) => {
    asked.mockRejectedValue(error);
    expect(await proxy(input({}))).toMatchObject({ error: { reason: 'origin_unreachable' } });
    expect(asked).toHaveBeenCalledTimes(1);
  });

  it('after the deadline is nobody’s business', async () => {
    const { promise, reject } = Promise.withResolvers<Response>();
    asked.mockReturnValueOnce(promise);
    const answer = proxy(input({ timeoutMs: 50 }));
    await vi.advanceTimersByTimeAsync(50);
    expect(await answer).toMatchObject({ error: { reason: 'origin_timeout' } });
    reject(lost);
    await vi.advanceTimersByTimeAsync(50);
    expect(asked).toHaveBeenCalledTimes(1);
  });

  it.each([
    ['OPTIONS', undefined, 2],
    ['OPTIONS', 'content', 1],
    ['POST', undefined, 1],
    ['DELETE', undefined, 1],
  ])('with %s and %s: asked %i times', async (method, body, times) => {
    asked.mockRejectedValue(lost);
    await proxy({ ...input({}), received: received({ method, ...(body === undefined ? {} : { body }) }) });
    expect(asked).toHaveBeenCalledTimes(times);
  });
});
