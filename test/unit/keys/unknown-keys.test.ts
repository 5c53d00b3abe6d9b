import { describe, expect, it } from 'vitest';
import type { JwsHeader } from '../../../src/core/jose.ts';
import { UnknownKeys } from '../../../src/keys/unknown-keys.ts';

const COOLDOWN = 30;
const named = (kid: string): JwsHeader => ({ alg: 'ES256', kid });

describe('the budget of fetches for unknown keys', () => {
  it('is there from the start', () => {
    expect(new UnknownKeys(COOLDOWN).mayFetchFrom(named('a'))).toBe(Number.NEGATIVE_INFINITY);
  });

  it('is spent for a cooldown by a fetch in vain, for every name', () => {
    const keys = new UnknownKeys(COOLDOWN);
    keys.missed(named('a'), 100);
    expect([keys.mayFetchFrom(named('a')), keys.mayFetchFrom(named('b'))]).toEqual([130, 130]);
  });

  it('is not spent for new names by those that were looked for before', () => {
    const keys = new UnknownKeys(COOLDOWN);
    keys.missed(named('a'), 100);
    keys.missed(named('a'), 140);
    expect([keys.mayFetchFrom(named('a')), keys.mayFetchFrom(named('b'))]).toEqual([170, 130]);
    keys.missed(named('b'), 150);
    expect([keys.mayFetchFrom(named('a')), keys.mayFetchFrom(named('c'))]).toEqual([180, 180]);
  });

  it('does not come back because a fetch that began before ends after', () => {
    const keys = new UnknownKeys(COOLDOWN);
    keys.missed(named('a'), 100);
    keys.missed(named('b'), 90);
    keys.missed(named('b'), 80);
    expect([keys.mayFetchFrom(named('a')), keys.mayFetchFrom(named('c'))]).toEqual([130, 130]);
  });

  it('is three fetches that found their key, in one cooldown', () => {
    const keys = new UnknownKeys(COOLDOWN);
    keys.found(named('a'), 100);
    keys.found(named('b'), 101);
    expect(keys.mayFetchFrom(named('c'))).toBe(Number.NEGATIVE_INFINITY);
    keys.found(named('a'), 102);
    expect(keys.mayFetchFrom(named('c'))).toBe(130);
    keys.found(named('b'), 130);
    expect(keys.mayFetchFrom(named('c'))).toBe(131);
    keys.missed(named('c'), 131);
    expect(keys.mayFetchFrom(named('c'))).toBe(161);
  });

  it('a key that was found is a new name again', () => {
    const keys = new UnknownKeys(COOLDOWN);
    keys.missed(named('a'), 100);
    keys.found(named('a'), 130);
    keys.missed(named('a'), 200);
    expect(keys.mayFetchFrom(named('b'))).toBe(230);
  });
});

describe('the memory of keys looked for in vain', () => {
  /** Whether the name is remembered: a new one would have to wait until 1,030. */
  const remembers = (keys: UnknownKeys, kid: string) => {
    keys.missed(named('the newest'), 1_000);
    keys.missed(named('the newest'), 1_010);
    return keys.mayFetchFrom(named(kid)) === 1_040;
  };

  it.each([
    [254, true],
    [255, false],
  ])('is bounded: after %d others and the newest the first is still there: %s', (others, there) => {
    const keys = new UnknownKeys(COOLDOWN);
    keys.missed(named('first'), 0);
    for (let index = 0; index < others; index += 1) keys.missed(named(`other-${index}`), 0);
    expect(remembers(keys, 'first')).toBe(there);
  });

  it('keeps what is asked for again', () => {
    const keys = new UnknownKeys(COOLDOWN);
    keys.missed(named('first'), 0);
    for (let index = 0; index < 254; index += 1) keys.missed(named(`other-${index}`), 0);
    keys.missed(named('first'), 0);
    keys.missed(named('one more'), 0);
    expect(remembers(keys, 'first')).toBe(true);
    expect(remembers(keys, 'other-0')).toBe(false);
  });

  it('tells names apart: by algorithm, by kind, and none from an empty one', () => {
    const names: readonly JwsHeader[] = [
      { alg: 'ES256', kid: 'a' },
      { alg: 'RS256', kid: 'a' },
      { alg: 'ES256', x5t: 'a' },
      { alg: 'ES256', x5tS256: 'a' },
      { alg: 'ES256', kid: 'a', x5t: 'a' },
      { alg: 'ES256', kid: '' },
      { alg: 'ES256' },
    ];
    for (const remembered of names) {
      const keys = new UnknownKeys(COOLDOWN);
      keys.missed(remembered, 0);
      keys.missed(remembered, 10);
      expect(names.filter((name) => keys.mayFetchFrom(name) === 40)).toEqual([remembered]);
    }
  });
});
