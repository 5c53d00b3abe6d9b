import { describe, expect, it } from 'vitest';
import { revocationKey } from '../../../src/core/key-names.ts';
import { createRevocation } from '../../../src/revocation/check.ts';
import { EpochWatch } from '../../../src/revocation/epoch-watch.ts';
import { RETRY_AFTER_SECONDS } from '../../../src/revocation/limits.ts';
import { replicaOf } from '../../../src/revocation-store/replica/replica.ts';
import { anAccess, ISSUER } from '../../fixtures/policies.ts';
import { aBench, aPolicy, aToken, tokenWith } from '../../fixtures/revocation.ts';
import { ModelStore } from '../../fixtures/revocation-model.ts';

const token = aToken({ jti: 'secret', sub: 'user', iat: 1 });
const keyOf = (jti: string) => revocationKey('jti', ISSUER, jti);

function aWorld(epoch?: string) {
  const store = new ModelStore();
  const clock = () => store.now;
  const revocation = createRevocation({
    reader: store.reader,
    replica: replicaOf({ feed: store.feed, clock }),
    clock,
    epochs: new EpochWatch(epoch),
  });
  return { store, revocation, bench: aBench(revocation, clock) };
}

describe('check', () => {
  it('off: lets pass at once, and asks nothing, revoked or not', () => {
    const { store, bench } = aWorld();
    store.revoke(keyOf('secret'), 1, store.now + 60);
    expect(bench.outcomeNow(token, { mode: 'off' })).toBe('off');
    expect(store.reads + store.feedReads).toBe(0);
  });

  it('refuses a token that no revocation could hold, and asks nothing about it', () => {
    const { store, bench } = aWorld();
    for (const mode of ['strict', 'cached', 'replicated'] as const) {
      expect(bench.outcomeNow(tokenWith({ iat: 1 }), { mode })).toBe('claim_missing jti');
    }
    expect(bench.outcomeNow(tokenWith({ iat: 1 }), { mode: 'off' })).toBe('off');
    expect(store.reads).toBe(0);
  });

  it('strict: asks on every request', async () => {
    const { store, bench } = aWorld();
    for (let request = 0; request < 3; request++) expect(await bench.outcome(token)).toBe('active');
    expect(store.reads).toBe(3);
    store.revoke(keyOf('secret'), 1, store.now + 60);
    expect(await bench.outcome(token)).toBe('revoked jti');
  });

  it.each(['strict', 'cached', 'replicated'] as const)(
    '%s: doubt is 503 or let through with an event, as the route says',
    async (mode) => {
      const { store, revocation, bench } = aWorld();
      store.down = true;
      const ask = (onUnavailable: 'reject' | 'accept') =>
        revocation.check(token, anAccess({ name: 'orders', revocation: aPolicy({ mode, onUnavailable }) }), {
          now: store.now,
          waitUntil: () => {},
          emit: (event) => void bench.events.push(event),
        });
      expect(await ask('reject')).toEqual({
        ok: false,
        error: {
          reason: 'revocation_unavailable',
          evidence: 'refused',
          retryAfterSeconds: RETRY_AFTER_SECONDS,
        },
      });
      expect(await ask('accept')).toMatchObject({
        ok: true,
        value: { token, revocation: 'accepted_on_doubt' },
      });
      const accepted = bench.events.filter(({ event }) => event === 'revocation_accepted_on_doubt');
      expect(accepted).toEqual([
        {
          event: 'revocation_accepted_on_doubt',
          level: 'warn',
          route: 'orders',
          issuer: 'acme',
          cause: 'refused',
        },
      ]);
      expect(JSON.stringify(bench.events)).not.toContain('secret');
    },
  );

  it('accepts no doubt about a watermark that is there and cannot be read as "not revoked"', async () => {
    const { store, bench } = aWorld();
    const reader = {
      read: async () =>
        ({
          ok: true,
          value: { epoch: 'e', values: [undefined, { issuedBefore: undefined, expiresAt: undefined }] },
        }) as const,
    };
    const clock = () => store.now;
    const own = aBench(createRevocation({ reader, clock }), clock);
    expect(await own.outcome(token)).toBe('revocation_unavailable malformed');
    expect(bench.events).toEqual([]);
  });

  it('a reader that answers for fewer keys than asked is not believed', async () => {
    const clock = () => 1;
    const reader = { read: async () => ({ ok: true, value: { epoch: undefined, values: [] } }) as const };
    for (const mode of ['strict', 'cached', 'replicated'] as const) {
      const own = aBench(createRevocation({ reader, clock }), clock);
      expect(await own.outcome(token, { mode, maxStalenessSeconds: 5 })).toBe(
        'revocation_unavailable malformed',
      );
      expect(await own.outcome(token, { mode, maxStalenessSeconds: 5 })).toBe(
        'revocation_unavailable malformed',
      );
    }
  });
});

describe('a store’s epoch', () => {
  it('pinned: another store, or one without an epoch, is never believed to hold nothing', async () => {
    for (const epoch of ['epoch-2', undefined]) {
      const { store, bench } = aWorld('epoch-1');
      store.epoch = epoch;
      expect(await bench.outcome(token)).toBe('revocation_unavailable store_lost');
      store.revoke(keyOf('secret'), 1, store.now + 60);
      expect(await bench.outcome(token, { onUnavailable: 'accept' })).toBe('revoked jti');
      store.unrevoke(keyOf('secret'));
      store.epoch = 'epoch-1';
      expect(await bench.outcome(token)).toBe('active');
      expect(bench.events.map(({ event }) => event)).toEqual([
        'revocation_store_lost',
        'revocation_store_recovered',
      ]);
    }
  });

  it('pinned: a replica of another store is not built', async () => {
    const { store, revocation, bench } = aWorld('epoch-9');
    store.takeSnapshot();
    await bench.outcome(token, { mode: 'replicated', maxStalenessSeconds: 5 });
    await bench.settle();
    expect(revocation.status()).toMatchObject({
      store: { doubt: 'store_lost' },
      replica: { state: 'none', lastFault: 'store_lost' },
    });
  });

  it('not pinned: a store never marked is in doubt, a mark that goes is a loss, another mark is a new store', async () => {
    const { store, bench } = aWorld();
    store.epoch = undefined;
    expect(await bench.outcome(token)).toBe('revocation_unavailable store_unmarked');
    store.epoch = 'epoch-1';
    expect(await bench.outcome(token)).toBe('active');
    store.epoch = undefined;
    expect(await bench.outcome(token)).toBe('revocation_unavailable store_lost');
    store.epoch = 'epoch-2';
    expect(await bench.outcome(token)).toBe('active');
    expect(bench.events.map(({ event }) => event)).toEqual([
      'revocation_store_lost',
      'revocation_store_recovered',
      'revocation_store_lost',
      'revocation_store_replaced',
    ]);
  });
});
