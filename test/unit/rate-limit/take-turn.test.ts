import { describe, expect, it } from 'vitest';
import type { RateLimitPolicy } from '../../../src/core/answer-policy.ts';
import { setRateHeaders } from '../../../src/rate-limit/answer-headers.ts';
import { bindingCounter, type RateCounter } from '../../../src/rate-limit/port.ts';
import { takeTurn } from '../../../src/rate-limit/take-turn.ts';

const aLimit = (overrides: Partial<RateLimitPolicy> = {}): RateLimitPolicy => ({
  name: 'orders',
  by: 'subject',
  claim: undefined,
  limit: 2,
  periodSeconds: 60,
  scope: 'route orders',
  fieldName: '"orders"',
  binding: undefined,
  onUnavailable: 'accept',
  timeoutMs: 20,
  ...overrides,
});

const take = async (counter: RateCounter | undefined, overrides: Partial<RateLimitPolicy> = {}) => {
  const events: unknown[] = [];
  const result = await takeTurn(aLimit(overrides), 'key', counter, (event) => events.push(event));
  return { result, events };
};

const within = (within_: boolean, remaining?: number, resetSeconds?: number): RateCounter => ({
  take: async () => ({ within: within_, remaining, resetSeconds }),
});

describe('takeTurn', () => {
  it('passes what is within, with what is left', async () => {
    const { result, events } = await take(within(true, 1, 30));
    expect(result).toMatchObject({ ok: true, value: { remaining: 1, resetSeconds: 30 } });
    expect(events).toEqual([]);
  });

  it.each([
    ['until the window ends', within(false, 0, 12.5), 12.5],
    ['for a period, where nobody says when', within(false), 60],
  ])('refuses what is not, %s', async (_, counter, retryAfterSeconds) => {
    expect((await take(counter, { onUnavailable: 'reject' })).result).toEqual({
      ok: false,
      error: { reason: 'rate_limited', evidence: 'subject', retryAfterSeconds },
    });
  });

  it.each<[string, RateCounter | undefined]>([
    ['fails', { take: async () => Promise.reject(new Error('away')) }],
    [
      'throws',
      {
        take: () => {
          throw new Error('away');
        },
      },
    ],
    ['never answers', { take: () => new Promise(() => {}) }],
    ['is not there', undefined],
  ])('a counter that %s: as the policy has it', async (_, counter) => {
    const accepted = await take(counter);
    expect(accepted.result).toMatchObject({ ok: true, value: { remaining: undefined } });
    expect(accepted.events).toEqual([{ event: 'rate_limit_failed', level: 'warn', route: 'orders' }]);
    const rejected = await take(counter, { onUnavailable: 'reject' });
    expect(rejected.result).toMatchObject({ ok: false, error: { reason: 'rate_limit_unavailable' } });
  });
});

describe('bindingCounter', () => {
  it('asks by the key alone, and knows nothing of what is left', async () => {
    const asked: unknown[] = [];
    const counter = bindingCounter({
      limit: async (options) => {
        asked.push(options);
        return { success: asked.length < 2 };
      },
    });
    expect(await counter.take('a', aLimit())).toEqual({
      within: true,
      remaining: undefined,
      resetSeconds: undefined,
    });
    expect((await counter.take('b', aLimit())).within).toBe(false);
    expect(asked).toEqual([{ key: 'a' }, { key: 'b' }]);
  });
});

describe('setRateHeaders', () => {
  it.each([
    [undefined, { 'ratelimit-policy': '"orders";q=2;w=60' }],
    [
      { remaining: 0, resetSeconds: 0.2 },
      { 'ratelimit-policy': '"orders";q=2;w=60', ratelimit: '"orders";r=0;t=1' },
    ],
  ])('tells of %j, in place of what the origin said', (left, expected) => {
    const headers = new Headers({ RateLimit: '"other";r=9', 'RateLimit-Policy': '"other";q=9' });
    setRateHeaders(headers, aLimit(), left);
    expect(Object.fromEntries(headers)).toEqual(expected);
  });
});
