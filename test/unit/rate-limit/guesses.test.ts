import { describe, expect, it } from 'vitest';
import { REJECTIONS, type RejectionReason } from '../../../src/core/rejection.ts';
import { Guesses } from '../../../src/rate-limit/guesses.ts';
import { NOW } from '../../fixtures/policies.ts';

const ADDRESS = '192.0.2.7';

/** A binding that lets `limit` pass for each key, or fails. */
function aWorld({ limit = 2, fails = false } = {}) {
  const counts = new Map<string, number>();
  const events: unknown[] = [];
  let work: Promise<unknown>[] = [];
  const guesses = new Guesses(
    {
      limit: async ({ key }) => {
        if (fails) throw new Error('away');
        counts.set(key, (counts.get(key) ?? 0) + 1);
        return { success: (counts.get(key) ?? 0) <= limit };
      },
    },
    60,
  );
  const waiting = {
    waitUntil: (each: Promise<unknown>) => work.push(each),
    emit: (event: unknown) => events.push(event),
  };
  return {
    guesses,
    counts,
    events,
    fail: async (
      times: number,
      address: string | undefined = ADDRESS,
      reason: RejectionReason = 'signature_invalid',
    ) => {
      for (let i = 0; i < times; i++) guesses.failed(address, reason, NOW, waiting);
      await Promise.all(work);
      work = [];
    },
  };
}

describe('Guesses', () => {
  it('holds an address off for a period once it is over the limit, and tells of it once', async () => {
    const { guesses, fail, events } = aWorld();
    await fail(2);
    expect(guesses.heldOffFor(ADDRESS, NOW)).toBeUndefined();
    await fail(2);
    expect(guesses.heldOffFor(ADDRESS, NOW + 10)).toBe(50);
    expect(guesses.heldOffFor(ADDRESS, NOW + 60)).toBeUndefined();
    expect(guesses.heldOffFor('192.0.2.8', NOW)).toBeUndefined();
    expect(events).toEqual([{ event: 'address_held_off', level: 'warn', seconds: 60 }]);
  });

  const counted = [
    'token_malformed',
    'decryption_failed',
    'algorithm_not_allowed',
    'issuer_untrusted',
    'key_not_found',
    'signature_invalid',
  ];
  it.each(Object.keys(REJECTIONS) as RejectionReason[])('counts %s as it should', async (reason) => {
    const { fail, counts } = aWorld();
    await fail(1, ADDRESS, reason);
    expect(counts.size).toBe(counted.includes(reason) ? 1 : 0);
  });

  it('counts an IPv6 subscriber, not an address of theirs', async () => {
    const { guesses, fail } = aWorld();
    await fail(2, '2001:db8::1');
    await fail(1, '2001:db8::2');
    expect(guesses.heldOffFor('2001:db8::3', NOW)).toBe(60);
    expect(guesses.heldOffFor('2001:db8:0:1::3', NOW)).toBeUndefined();
  });

  it('holds nobody off by a counter that fails, nor whose address is not known', async () => {
    const { guesses, fail, events } = aWorld({ fails: true });
    await fail(1);
    expect(guesses.heldOffFor(ADDRESS, NOW)).toBeUndefined();
    expect(events).toEqual([{ event: 'rate_limit_failed', level: 'warn' }]);
    const { guesses: others, fail: failOther, counts } = aWorld({ limit: 0 });
    others.failed(undefined, 'signature_invalid', NOW, { waitUntil: () => {}, emit: () => {} });
    await failOther(1);
    expect(counts.size).toBe(1);
    expect(others.heldOffFor(undefined, NOW)).toBeUndefined();
  });

  it('remembers a bounded number of addresses, the latest', async () => {
    const { guesses, fail } = aWorld({ limit: 0 });
    for (let i = 0; i <= 10_000; i++) await fail(1, `192.0.${i >> 8}.${i & 255}`);
    expect(guesses.heldOffFor('192.0.0.0', NOW)).toBeUndefined();
    expect(guesses.heldOffFor('192.0.0.1', NOW)).toBe(60);
    expect(guesses.heldOffFor('192.0.39.16', NOW)).toBe(60);
  });
});
