import { describe, expect, it } from 'vitest';
import {
  advance,
  changesAt,
  hasten,
  type Keyring,
  newKeyring,
  publishedKeys,
  type RingKey,
  stageOf,
  withAlgorithm,
  withdraw,
} from '../../../src/signing-keys/rotation.ts';
import fc from '../../fixtures/draws.ts';

const TIMES = { publishSeconds: 100, rotateSeconds: 1_000, retainSeconds: 50 };

const key = (kid: string, publishedAt = 0, algorithm: RingKey['algorithm'] = 'ES256'): RingKey => ({
  kid,
  algorithm,
  publicJwk: {},
  sealed: { by: 's', iv: '', bytes: '' },
  publishedAt,
  retiredAt: null,
});

const ring = newKeyring(key('a'), key('b'), TIMES, 0);
const kids = (state: Keyring) => publishedKeys(state).map(({ kid }) => kid);

describe('a keyring', () => {
  it('begins with a key that signs and one that is published beside it', () => {
    expect(kids(ring)).toEqual(['a', 'b']);
    expect(changesAt(ring, TIMES)).toBe(1_000);
  });

  it.each([
    [999, ['a', 'b']],
    [1_000, ['b', 'c', 'a']],
  ])('at %i s publishes %j', (now, expected) => {
    expect(kids(advance(ring, TIMES, key('c', now), now))).toEqual(expected);
  });

  it('keeps a retired key for as long as a token of it may be accepted', () => {
    const rotated = advance(ring, TIMES, key('c', 1_000), 1_000);
    expect(changesAt(rotated, TIMES)).toBe(1_050);
    expect(kids(advance(rotated, TIMES, key('d', 1_049), 1_049))).toContain('a');
    expect(kids(advance(rotated, TIMES, key('d', 1_050), 1_050))).toEqual(['b', 'c']);
  });

  it('rotates on command only when the next key has been published for long enough', () => {
    const early = hasten(newKeyring(key('a'), key('b', 500), TIMES, 500), 520);
    expect(changesAt(early, TIMES)).toBe(600);
    expect(kids(advance(early, TIMES, key('c', 599), 599))).toEqual(['a', 'b']);
    expect(kids(advance(early, TIMES, key('c', 600), 600))).toEqual(['b', 'c', 'a']);
  });

  it('does not let a command put off a rotation that is due', () => {
    expect(hasten(ring, 5_000).rotateAt).toBe(1_000);
  });

  it('lets the next key sign at once when the current one is withdrawn, and keeps no trace of it', () => {
    const after = withdraw(ring, 'a', { times: TIMES, spare: key('c', 10) }, 10);
    expect(kids(after)).toEqual(['b', 'c']);
    expect(after.rotateAt).toBe(1_010);
  });

  it('takes a withdrawn key out whatever its stage, and leaves the others theirs', () => {
    const rotated = advance(ring, TIMES, key('c', 1_000), 1_000);
    expect(kids(withdraw(rotated, 'a', { times: TIMES, spare: key('d') }, 1_001))).toEqual(['b', 'c']);
    expect(kids(withdraw(rotated, 'c', { times: TIMES, spare: key('d') }, 1_001))).toEqual(['b', 'd', 'a']);
    expect(kids(withdraw(rotated, 'b', { times: TIMES, spare: key('d') }, 1_001))).toEqual(['c', 'd', 'a']);
    expect(withdraw(rotated, 'nobody', { times: TIMES, spare: key('d') }, 1_001)).toEqual(rotated);
  });

  it('replaces a next key of another algorithm, and no key that has signed', () => {
    const changed = withAlgorithm(ring, 'RS256', key('c', 5, 'RS256'));
    expect(kids(changed)).toEqual(['a', 'c']);
    expect(withAlgorithm(ring, 'ES256', key('c'))).toBe(ring);
  });

  it('names each stage', () => {
    const rotated = advance(ring, TIMES, key('c', 1_000), 1_000);
    expect(publishedKeys(rotated).map((each) => stageOf(rotated, each))).toEqual([
      'current',
      'next',
      'previous',
    ]);
  });

  it('whatever happens but an emergency, no key signs that was not published for long enough, and every signing key verifies for long enough', () => {
    const step = fc.record({ wait: fc.integer({ min: 0, max: 400 }), command: fc.boolean() });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
        let now = 0;
        let count = 0;
        let state = ring;
        const lastSigned = new Map<string, number>();
        for (const { wait, command } of steps) {
          now += wait;
          if (command) state = hasten(state, now);
          count += 1;
          state = advance(state, TIMES, key(`k${count}`, now), now);
          const { current } = state;
          if (current.kid !== 'a') expect(now - current.publishedAt).toBeGreaterThanOrEqual(100);
          lastSigned.set(current.kid, now);
          for (const [kid, at] of lastSigned) {
            // Until the next step the key may still have signed: it retires at that step's time at the latest.
            if (now < at + TIMES.retainSeconds) expect(kids(state)).toContain(kid);
          }
          expect(new Set(kids(state)).size).toBe(kids(state).length);
        }
      }),
    );
  });
});
