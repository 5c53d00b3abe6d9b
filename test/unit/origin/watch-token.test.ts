import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { type EndCause, type TokenLife, watchToken } from '../../../src/origin/watch-token.ts';
import { NOW } from '../../fixtures/policies.ts';

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'Date'], now: NOW * 1000 });
});
afterEach(() => {
  vi.useRealTimers();
});

const clock = () => Date.now() / 1000;
const life = (given: Partial<TokenLife>): TokenLife => ({
  endsAt: undefined,
  recheck: undefined,
  recheckSeconds: 0,
  clock,
  ...given,
});
/** When it ended, in seconds from the start, and why. */
async function watched(given: Partial<TokenLife>, seconds: number): Promise<[number, EndCause][]> {
  const ends: [number, EndCause][] = [];
  watchToken(life(given), (cause) => ends.push([Math.round(clock() - NOW), cause]));
  await vi.advanceTimersByTimeAsync(seconds * 1000);
  return ends;
}

describe('watchToken', () => {
  it('ends once, when the token does', async () => {
    expect(await watched({ endsAt: NOW + 60 }, 300)).toEqual([[60, 'expired']]);
  });

  it('ends at once with a token that has ended', async () => {
    expect(await watched({ endsAt: NOW - 1 }, 1)).toEqual([[0, 'expired']]);
  });

  it('never ends a token that does not expire, and sets no timer', async () => {
    expect(await watched({}, 1)).toEqual([]);
    expect(vi.getTimerCount()).toBe(0);
  });

  it('outlasts the longest timer', async () => {
    const days = 86_400;
    expect(await watched({ endsAt: NOW + 60 * days }, 61 * days)).toEqual([[60 * days, 'expired']]);
  });

  it.each<[string, () => Promise<EndCause | undefined>, EndCause]>([
    ['revoked', async () => (clock() >= NOW + 7 ? 'revoked' : undefined), 'revoked'],
    ['unknown', async () => (clock() >= NOW + 7 ? 'unknown' : undefined), 'unknown'],
    ['a check that throws', () => Promise.reject(new Error('bug')), 'unknown'],
  ])('asks again at intervals: %s', async (_, recheck, cause) => {
    const ends = await watched({ endsAt: NOW + 60, recheck, recheckSeconds: 5 }, 300);
    expect(ends).toEqual([[cause === 'unknown' && _ !== 'unknown' ? 5 : 10, cause]]);
  });

  it('does not ask again when the token has ended', async () => {
    const recheck = vi.fn(async () => undefined);
    expect(await watched({ endsAt: NOW + 12, recheck, recheckSeconds: 5 }, 60)).toEqual([[12, 'expired']]);
    expect(recheck).toHaveBeenCalledTimes(2);
  });

  it('stops', async () => {
    const end = vi.fn();
    const stop = watchToken(life({ endsAt: NOW + 10 }), end);
    stop();
    await vi.advanceTimersByTimeAsync(60_000);
    expect(end).not.toHaveBeenCalled();
    expect(vi.getTimerCount()).toBe(0);
  });

  it('stops while it is asking', async () => {
    let answer: (cause: EndCause) => void = () => undefined;
    const recheck = () => new Promise<EndCause>((resolve) => (answer = resolve));
    const end = vi.fn();
    const stop = watchToken(life({ recheck, recheckSeconds: 1 }), end);
    await vi.advanceTimersByTimeAsync(1_500);
    stop();
    answer('revoked');
    await vi.advanceTimersByTimeAsync(60_000);
    expect(end).not.toHaveBeenCalled();
  });
});
