import { describe, expect, it } from 'vitest';
import type { VerifiedToken } from '../../../src/core/verified-token.ts';
import { TokenCache } from '../../../src/tokens/token-cache.ts';

const entry = (name: string) => ({ header: { alg: 'ES256', kid: name } }) as VerifiedToken;

/** With the characters that choose a token's place taken from its name. */
const token = (name: string, payload = 'payload') => `header.${payload}.${name.padEnd(12, '-')}tail`;

describe('TokenCache', () => {
  it('finds a token by its whole text alone', () => {
    const cache = new TokenCache({ entries: 10, bytes: 1e6 });
    const one = entry('one');
    cache.set(token('one'), one);
    expect(cache.get(token('one'))).toBe(one);
    expect(cache.has(token('one'))).toBe(true);
    for (const other of [
      token('two'),
      `${token('one')} `,
      token('one', 'payloaD'),
      token('one').slice(1),
      '',
    ]) {
      expect(cache.get(other)).toBeUndefined();
      expect(cache.has(other)).toBe(false);
    }
  });

  it('tells tokens of the same place apart: neither is taken for the other, nor forgotten with it', () => {
    const cache = new TokenCache({ entries: 10, bytes: 1e6 });
    const mine = token('one', 'mine');
    const theirs = token('one', 'theirs');
    cache.set(mine, entry('mine'));
    cache.delete(theirs);
    expect(cache.get(theirs)).toBeUndefined();
    expect(cache.get(mine)).toEqual(entry('mine'));
    cache.set(theirs, entry('theirs'));
    expect(cache.get(theirs)).toEqual(entry('theirs'));
    expect(cache.get(mine)).toBeUndefined();
    expect(cache.size).toBe(1);
  });

  it('tells them apart in the older generation too', () => {
    const cache = new TokenCache({ entries: 2, bytes: 1e6 });
    const mine = token('one', 'mine');
    const theirs = token('one', 'theirs');
    cache.set(mine, entry('mine'));
    cache.set(token('two'), entry('two'));
    expect(cache.has(theirs)).toBe(false);
    expect(cache.get(theirs)).toBeUndefined();
    cache.delete(theirs);
    expect(cache.has(mine)).toBe(true);
    expect(cache.get(mine)).toEqual(entry('mine'));
  });

  it('gives tokens a place each, also those of Ed25519 with their like endings', () => {
    const cache = new TokenCache({ entries: 100_000, bytes: 1e9 });
    for (let i = 0; i < 1_000; i++) {
      cache.set(token(`Zx${i}`), entry('x'));
    }
    expect(cache.size).toBe(1_000);
  });

  it('never holds more entries than its bound, whatever comes', () => {
    const cache = new TokenCache({ entries: 10, bytes: 1e6 });
    for (let i = 0; i < 1000; i++) {
      cache.set(token(`token-${i}`), entry('x'));
      expect(cache.size).toBeLessThanOrEqual(10);
    }
  });

  it('never holds more bytes than its bound', () => {
    const cache = new TokenCache({ entries: 1_000_000, bytes: 100_000 });
    for (let i = 0; i < 1000; i++) {
      cache.set(token(`${i}`, 'x'.repeat(980)), entry('x'));
    }
    expect(cache.size).toBeLessThanOrEqual(36);
    const large = token('large', 'y'.repeat(50_000));
    cache.set(large, entry('too large'));
    expect(cache.get(large)).toBeUndefined();
  });

  it.each([
    ['empty objects', {}, 64],
    ['empty lists', [], 64],
    ['one-member objects', { a: 1 }, 112],
    ['digits', 1, 8],
  ] as const)('counts what claims are made of, not how long they are written: %s', (_, element, least) => {
    const claims = { list: Array.from({ length: 1_000 }, () => element) };
    const cache = new TokenCache({ entries: 1_000_000, bytes: 10_000_000 });
    const verified = { header: { alg: 'ES256' }, claims } as unknown as VerifiedToken;
    for (let i = 0; i < 2_000; i++) cache.set(token(`${i}`, 'x'), verified);
    const most = 10_000_000 / (1_000 * least);
    expect(cache.size).toBeLessThan(most);
    expect(cache.size).toBeGreaterThan(most * 0.4);
  });

  it('counts an entry that moves to the young generation for what it was', () => {
    const cache = new TokenCache({ entries: 1_000_000, bytes: 200_000 });
    const claims = { list: Array.from({ length: 1_000 }, () => ({})) };
    const verified = { header: { alg: 'ES256' }, claims } as unknown as VerifiedToken;
    cache.set(token('hot'), verified);
    for (let i = 0; i < 100; i++) {
      cache.set(token(`${i}`), verified);
      expect(cache.get(token('hot'))).toBe(verified);
      expect(cache.size).toBeLessThanOrEqual(2);
    }
  });

  it('keeps what is asked for again while others pass through', () => {
    const cache = new TokenCache({ entries: 10, bytes: 1e6 });
    const hot = entry('hot');
    cache.set(token('hot'), hot);
    for (let i = 0; i < 100; i++) {
      cache.set(token(`cold-${i}`), entry('cold'));
      expect(cache.get(token('hot'))).toBe(hot);
    }
  });

  it('forgets on demand, in both generations', () => {
    const cache = new TokenCache({ entries: 4, bytes: 1e6 });
    for (const name of ['a', 'b', 'c']) {
      cache.set(token(name), entry(name));
    }
    for (const name of ['a', 'b', 'c']) {
      cache.delete(token(name));
      expect(cache.get(token(name))).toBeUndefined();
    }
    expect(cache.size).toBe(0);
  });
});
