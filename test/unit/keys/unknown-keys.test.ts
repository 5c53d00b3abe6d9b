import { describe, expect, it } from 'vitest';
import { UnknownKeys } from '../../../src/keys/unknown-keys.ts';

const COOLDOWN = 30;
const named = (kid: string) => ({ alg: 'ES256', kid });

/** Far enough into its backoff that it is left alone for four cooldowns. */
const retired = (keys: UnknownKeys, kid: string): void => {
  for (let miss = 0; miss < 5; miss += 1) keys.missed(named(kid), 0);
};

describe('the memory of keys looked for in vain', () => {
  it('is bounded: the oldest of 257 is forgotten', () => {
    const keys = new UnknownKeys(COOLDOWN);
    retired(keys, 'first');
    for (let index = 0; index < 255; index += 1) keys.missed(named(`other-${index}`), 0);
    expect(keys.mayFetch(named('first'), COOLDOWN)).toBe(false);
    keys.missed(named('one more'), 0);
    expect(keys.mayFetch(named('first'), COOLDOWN)).toBe(true);
  });

  it('keeps what is asked for again', () => {
    const keys = new UnknownKeys(COOLDOWN);
    retired(keys, 'first');
    for (let index = 0; index < 255; index += 1) keys.missed(named(`other-${index}`), 0);
    keys.missed(named('first'), 0);
    keys.missed(named('one more'), 0);
    expect(keys.mayFetch(named('first'), COOLDOWN)).toBe(false);
  });

  it('tells a kid for one algorithm from the same kid for another, and from no kid', () => {
    const keys = new UnknownKeys(COOLDOWN);
    retired(keys, 'a');
    expect(keys.mayFetch({ alg: 'RS256', kid: 'a' }, COOLDOWN)).toBe(true);
    expect(keys.mayFetch({ alg: 'ES256' }, COOLDOWN)).toBe(true);
    expect(keys.mayFetch({ alg: 'ES256', kid: '' }, COOLDOWN)).toBe(true);
  });
});
