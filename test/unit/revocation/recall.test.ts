import { beforeEach, describe, expect, it } from 'vitest';
import { revocationKey } from '../../../src/core/key-names.ts';
import { err } from '../../../src/core/result.ts';
import { createRevocation } from '../../../src/revocation/check.ts';
import type { RevocationReader } from '../../../src/revocation/port.ts';
import { replicaOf } from '../../../src/revocation-store/replica/replica.ts';
import { ISSUER } from '../../fixtures/policies.ts';
import { aBench, aToken, type Bench } from '../../fixtures/revocation.ts';
import { ModelStore } from '../../fixtures/revocation-model.ts';

const MODES = ['strict', 'cached', 'replicated'] as const;
const BOUND = 10;
const keyOf = (jti: string) => revocationKey('jti', ISSUER, jti);
const token = (jti: string) => aToken({ jti, iat: 1 });
const accept = (mode: (typeof MODES)[number]) =>
  ({ mode, maxStalenessSeconds: mode === 'strict' ? 0 : BOUND, onUnavailable: 'accept' }) as const;

describe('what is known to be revoked is let in by no doubt', () => {
  let store: ModelStore;
  let bench: Bench;
  /** What the reader answers instead of the store. */
  let broken: RevocationReader['read'] | undefined;

  beforeEach(() => {
    store = new ModelStore();
    broken = undefined;
    const clock = () => store.now;
    const { feed } = store;
    const following = {
      ...feed,
      changesSince: (...args: Parameters<typeof feed.changesSince>) =>
        broken ? Promise.resolve(err('timeout')) : feed.changesSince(...args),
    };
    const reader: RevocationReader = {
      read: (keys, timeoutMs) => (broken ?? store.reader.read)(keys, timeoutMs),
    };
    bench = aBench(
      createRevocation({ reader, replica: replicaOf({ feed: following, clock }), clock }),
      clock,
    );
  });

  const DOUBTS: readonly (readonly [string, () => void])[] = [
    ['an outage', () => (store.down = true)],
    ['a store that lost its memory', () => store.lose()],
    ['a timeout', () => (broken = async () => err('timeout'))],
    ['a short answer', () => (broken = async () => ({ ok: true, value: { epoch: 'epoch-1', values: [] } }))],
  ];
  const cases = DOUBTS.flatMap(([name, harm]) =>
    MODES.flatMap((told) => MODES.map((asked) => ({ name, harm, told, asked }))),
  );

  it.each(cases)('$name: told to a $told route, asked by a $asked one', async ({ harm, told, asked }) => {
    store.revoke(keyOf('a'), 1, store.now + 1_000);
    if (told === 'replicated') store.takeSnapshot();
    // The replica alone knows of it where it is not asked for.
    await bench.outcome(token(told === 'replicated' ? 'c' : 'a'), accept(told));
    await bench.settle();
    harm();
    store.now += 10 * BOUND;
    expect(await bench.outcome(token('a'), accept(asked))).toMatch(/^revo(ked jti|cation_unavailable \w+)$/);
    expect(await bench.outcome(token('b'), accept(asked))).toBe('accepted_on_doubt');
    store.now += 1_000;
    const ended = await bench.outcome(token('a'), accept(asked));
    expect(ended).toMatch(
      told === 'replicated' ? /^accepted|^revocation_unavailable/ : /^accepted_on_doubt$/,
    );
  });

  it.each(MODES)('%s: a revocation without an end is a doubt that nothing accepts', async (mode) => {
    broken = async () => ({
      ok: true,
      value: { epoch: 'epoch-1', values: [{ issuedBefore: 1, expiresAt: undefined }, undefined] },
    });
    expect(await bench.outcome(token('a'), accept('strict'))).toBe('revoked jti');
    broken = async () => err('refused');
    store.now += 1e6;
    expect(await bench.outcome(token('a'), accept(mode))).toBe('revocation_unavailable refused');
    expect(await bench.outcome(token('b'), accept(mode))).toBe('accepted_on_doubt');
  });

  it.each(MODES)('%s: a watermark that cannot be read is no doubt to accept', async (mode) => {
    const user = aToken({ sub: 'user', iat: 1 });
    const unreadable = { issuedBefore: undefined, expiresAt: undefined };
    broken = async (keys) => ({
      ok: true,
      value: {
        epoch: 'epoch-1',
        values: keys.map((key) => (key.startsWith('sub:') ? unreadable : undefined)),
      },
    });
    expect(await bench.outcome(user, accept(mode))).toBe('revocation_unavailable malformed');
    broken = async () => err('refused');
    store.now += BOUND + 1;
    expect(await bench.outcome(user, accept(mode))).toBe('revocation_unavailable refused');
  });

  it.each(MODES)('%s: what was taken off the list since is forgotten', async (mode) => {
    store.revoke(keyOf('a'), 1, store.now + 1_000);
    expect(await bench.outcome(token('a'), accept('strict'))).toBe('revoked jti');
    store.unrevoke(keyOf('a'));
    store.now += BOUND + 1;
    expect(await bench.outcome(token('a'), accept(mode))).toBe('active');
    store.down = true;
    store.now += BOUND + 1;
    expect(await bench.outcome(token('a'), accept('strict'))).toBe('accepted_on_doubt');
  });

  it('does not count a watermark against a token that was issued after it', async () => {
    const issued = (iat: number) => aToken({ sub: 'user', iat });
    store.revoke(revocationKey('sub', ISSUER, 'user'), 500, store.now + 1_000);
    expect(await bench.outcome(issued(500), accept('strict'))).toBe('revoked sub');
    store.down = true;
    expect(await bench.outcome(issued(500), accept('strict'))).toBe('revoked sub');
    expect(await bench.outcome(issued(501), accept('strict'))).toBe('accepted_on_doubt');
  });

  it('a store that lost its memory does not make the isolate lose its own', async () => {
    store.revoke(keyOf('a'), 1, store.now + 1_000);
    await bench.outcome(token('a'), accept('strict'));
    store.lose();
    for (let request = 0; request < 3; request++) {
      expect(await bench.outcome(token('a'), accept('strict'))).toBe('revoked jti');
    }
  });
});
