import { describe, expect, it } from 'vitest';
import type { VerifiedToken } from '../../../src/core/jose.ts';
import { TokenCache } from '../../../src/verification/token-cache.ts';

const entry = (name: string) => ({ header: { alg: 'ES256', kid: name } }) as VerifiedToken;

describe('TokenCache', () => {
  it('finds a token by its whole text alone', () => {
    const cache = new TokenCache({ entries: 10, bytes: 1e6 });
    const one = entry('one');
    cache.set('a.b.c', one);
    expect(cache.get('a.b.c')).toBe(one);
    expect(cache.get('a.b.d')).toBeUndefined();
    expect(cache.get('a.b.c ')).toBeUndefined();
  });

  it('never holds more entries than its bound, whatever comes', () => {
    const cache = new TokenCache({ entries: 10, bytes: 1e6 });
    for (let i = 0; i < 1000; i++) {
      cache.set(`token-${i}`, entry('x'));
      expect(cache.size).toBeLessThanOrEqual(10);
    }
  });

  it('never holds more bytes than its bound', () => {
    const cache = new TokenCache({ entries: 1_000_000, bytes: 100_000 });
    for (let i = 0; i < 1000; i++) {
      cache.set(`${'x'.repeat(1000)}${i}`, entry('x'));
    }
    expect(cache.size).toBeLessThanOrEqual(28);
    cache.set('y'.repeat(50_000), entry('too large'));
    expect(cache.get('y'.repeat(50_000))).toBeUndefined();
  });

  it('keeps what is asked for again while others pass through', () => {
    const cache = new TokenCache({ entries: 10, bytes: 1e6 });
    const hot = entry('hot');
    cache.set('hot', hot);
    for (let i = 0; i < 100; i++) {
      cache.set(`cold-${i}`, entry('cold'));
      expect(cache.get('hot')).toBe(hot);
    }
  });

  it('forgets on demand, in both generations', () => {
    const cache = new TokenCache({ entries: 4, bytes: 1e6 });
    for (const name of ['a', 'b', 'c']) {
      cache.set(name, entry(name));
    }
    for (const name of ['a', 'b', 'c']) {
      cache.delete(name);
      expect(cache.get(name)).toBeUndefined();
    }
    expect(cache.size).toBe(0);
  });
});
