import { evictDurableObject, runDurableObjectAlarm, runInDurableObject } from 'cloudflare:test';
import { env } from 'cloudflare:workers';
import { describe, expect, it } from 'vitest';
import { revocationKey } from '../../../src/core/key-names.ts';
import { createRevocation } from '../../../src/revocation/check.ts';
import type { RevocationNamespace } from '../../../src/revocation-store/durable/call.ts';
import { createDurableFeed } from '../../../src/revocation-store/durable/feed.ts';
import type { RevocationObject } from '../../../src/revocation-store/durable/object.ts';
import { createDurableReader } from '../../../src/revocation-store/durable/reader.ts';
import { createDurableStore } from '../../../src/revocation-store/durable/store.ts';
import { replicaOf } from '../../../src/revocation-store/replica/replica.ts';
import { ISSUER } from '../../fixtures/policies.ts';
import { aBench, aRevocation, aToken } from '../../fixtures/revocation.ts';

const { REVOCATIONS } = env as { REVOCATIONS: RevocationNamespace };
const now = () => Date.now() / 1000;
const newObject = () => REVOCATIONS.getByName(crypto.randomUUID());
const row = (value: string, until: number) => ({
  key: revocationKey('jti', ISSUER, value),
  mark: 1,
  until,
  audit: '{}',
});
const countOf = (object: DurableObjectStub<RevocationObject>, table: string) =>
  runInDurableObject(
    object,
    (_, state) =>
      state.storage.sql.exec<{ rows: number }>(`SELECT count(*) AS rows FROM ${table}`).one().rows,
  );

describe('RevocationObject', () => {
  it('keeps everything, its epoch included, when it is evicted', async () => {
    const object = newObject();
    await object.revoke([row('a', now() + 60)]);
    const before = await object.read([row('a', 0).key]);
    await evictDurableObject(object);
    expect(await object.read([row('a', 0).key])).toEqual(before);
    expect(before.values).toHaveLength(1);
    expect(await object.claim('id', 'nonce', 60)).toBe(true);
    await evictDurableObject(object);
    expect(await object.claim('id', 'other', 60)).toBe(false);
    expect(await object.claim('id', 'nonce', 60)).toBe(true);
  });

  it('sweeps out what has ended and nothing else, and sleeps when nothing is left', async () => {
    const object = newObject();
    await object.revoke([row('ended', now() - 1), row('alive', now() + 600)]);
    await object.claim('ended', 'n', -1);
    expect(await countOf(object, 'revocation')).toBe(2);
    expect(await runDurableObjectAlarm(object)).toBe(true);
    expect(await countOf(object, 'revocation')).toBe(1);
    expect(await countOf(object, 'claim')).toBe(0);
    expect(await countOf(object, 'change')).toBe(2);
    await object.unrevoke(row('alive', 0).key, 'me');
    await runInDurableObject(object, (_, state) => state.storage.sql.exec('UPDATE change SET at = 0'));
    expect(await runDurableObjectAlarm(object)).toBe(true);
    expect(await countOf(object, 'change')).toBe(0);
    expect(await runDurableObjectAlarm(object)).toBe(false);
  });

  it('says of an entry that has ended that there was nothing to remove, swept or not', async () => {
    const object = newObject();
    await object.revoke([row('ended', now() - 1), row('alive', now() + 600)]);
    expect(await object.unrevoke(row('ended', 0).key, 'me')).toBe(false);
    expect(await object.unrevoke(row('alive', 0).key, 'me')).toBe(true);
    expect(await object.unrevoke(row('alive', 0).key, 'me')).toBe(false);
    expect(await countOf(object, 'revocation')).toBe(0);
  });

  it('keeps its epoch, its position and what its writer assumes over an eviction, and grows on', async () => {
    const object = newObject();
    await object.assume('{"kept":{"i":60}}');
    await object.revoke([row('a', now() + 60)]);
    const { epoch, previous } = await object.adopt();
    const before = await object.life();
    expect(before).toMatchObject({ epoch, assumptions: '{"kept":{"i":60}}' });
    expect(previous).not.toBe(epoch);
    await evictDurableObject(object);
    expect(await object.life()).toEqual(before);
    await object.revoke([row('b', now() + 60)]);
    expect((await object.life()).position).toBe(before.position + 1);
    expect(await object.changesAfter(before.position)).toMatchObject({
      held: true,
      seq: before.position + 1,
    });
  });

  it('writes all rows or none', async () => {
    const object = newObject();
    for (const bad of [
      { ...row('b', now() + 60), key: 'nonsense' },
      { ...row('b', Number.NaN) },
      { ...row('b', now() + 60), mark: Number.POSITIVE_INFINITY },
    ]) {
      const refused = await runInDurableObject(object, (instance) =>
        instance.revoke([row('a', now() + 60), bad]).then(
          () => 'stored',
          () => 'refused',
        ),
      );
      expect(refused).toBe('refused');
    }
    expect(await countOf(object, 'revocation')).toBe(0);
    expect(await countOf(object, 'change')).toBe(0);
  });

  it('tells a log that was swept past the reader from one where nothing happened', async () => {
    const object = newObject();
    const { seq: start } = await object.logState();
    expect((await object.changesAfter(start)).held).toBe(true);
    expect((await object.changesAfter(start + 1)).held).toBe(false);
    for (const value of ['a', 'b', 'c']) await object.revoke([row(value, now() + 60)]);
    expect((await object.changesAfter(start)).records).toHaveLength(3 * 4);
    await runInDurableObject(object, (_, state) =>
      state.storage.sql.exec('DELETE FROM change WHERE seq <= ?', start + 2),
    );
    expect((await object.changesAfter(start + 1)).held).toBe(false);
    expect((await object.changesAfter(start + 2)).held).toBe(true);
    await runInDurableObject(object, (_, state) => state.storage.sql.exec('DELETE FROM change'));
    expect((await object.changesAfter(start + 2)).held).toBe(false);
    const { seq: end } = await object.logState();
    expect(await object.changesAfter(end)).toMatchObject({ held: true, more: false, seq: end });
  });

  it('hands out a snapshot without what has ended', async () => {
    const object = newObject();
    await object.revoke([row('ended', now() - 1), row('alive', now() + 600)]);
    const { records, next } = await object.snapshotChunk(0);
    expect(records).toHaveLength(4);
    expect(next).toBeNull();
  });
});

describe('an object out of reach', () => {
  const failing = (call: () => Promise<never>): RevocationNamespace => {
    const methods = [
      'read',
      'revoke',
      'unrevoke',
      'lookup',
      'list',
      'claim',
      'logState',
      'changesAfter',
      'snapshotChunk',
    ];
    const stub = Object.create(null);
    for (const name of methods) stub[name] = call;
    return { getByName: () => stub } as Partial<RevocationNamespace> as RevocationNamespace;
  };
  it.each([
    ['fails', () => Promise.reject(new Error('jti:i:secret')), 'object_failed'],
    ['hangs', () => new Promise<never>(() => {}), 'timeout'],
  ] as const)('%s: in doubt, and no write is said to be stored', async (_, call, cause) => {
    const namespace = failing(call);
    const revocation = createRevocation({
      reader: createDurableReader(namespace),
      replica: replicaOf({ feed: createDurableFeed(namespace), clock: now }),
      clock: now,
    });
    const bench = aBench(revocation, now);
    const token = aToken({ jti: 'secret', iat: 1 });
    for (const mode of ['strict', 'cached', 'replicated'] as const) {
      const outcome = await bench.outcome(token, { mode, maxStalenessSeconds: 5, timeoutMs: 20 });
      expect(outcome).toBe(`revocation_unavailable ${cause}`);
    }
    const store = createDurableStore(namespace, { timeoutMs: 20 });
    const target = { kind: 'jti', issuer: ISSUER, value: 'secret' } as const;
    for (const attempt of await Promise.allSettled([
      store.revoke([aRevocation(target, now() + 60)]),
      store.unrevoke(target, 'me', now()),
      store.lookup(target, now()),
      store.list({ issuers: [ISSUER] }, undefined, 10, now()),
      store.claimOnce('id', 60),
    ])) {
      expect(attempt).toMatchObject({
        status: 'rejected',
        reason: { name: 'StoreUnavailable', message: cause },
      });
    }
  });
});
