import { beforeEach, describe, expect, it } from 'vitest';
import { revocationKey } from '../../../src/core/key-names.ts';
import { createRevocation } from '../../../src/revocation/check.ts';
import {
  type ColoCache,
  type ColoEntry,
  createColoCache,
} from '../../../src/revocation-store/replica/colo-cache.ts';
import { replicaOf } from '../../../src/revocation-store/replica/replica.ts';
import { createCacheApiStore } from '../../../src/sealed-cache/cache-api-store.ts';
import { createSealedCache } from '../../../src/sealed-cache/sealed-cache.ts';
import { ISSUER } from '../../fixtures/policies.ts';
import { aBench, aToken } from '../../fixtures/revocation.ts';
import { ModelStore } from '../../fixtures/revocation-model.ts';

const policy = { mode: 'replicated', maxStalenessSeconds: 10 } as const;
const token = (jti: string) => aToken({ jti, iat: 1 });
const facts = { word: 'x' };
const bytes = new Uint8Array([1, 2, 3]);

/** A cache that can be told to forget, and to refuse. */
class MemoryCache implements ColoCache {
  readonly entries = new Map<string, ColoEntry>();
  full = false;

  async get(path: string): Promise<ColoEntry | undefined> {
    return this.entries.get(path);
  }

  async put(path: string, entry: ColoEntry): Promise<void> {
    if (!this.full) this.entries.set(path, entry);
  }

  forget(name: string): void {
    for (const path of this.entries.keys()) if (path.startsWith(`${name}/`)) this.entries.delete(path);
  }
}

/** A purpose of its own for each test, so that entries of another one are never met. */
let purpose: string;
const sealed = () => createSealedCache({ store: createCacheApiStore(caches), secret: 'secret', purpose });
const cacheOf = (): ColoCache => createColoCache(sealed());

beforeEach(() => {
  purpose = crypto.randomUUID();
});

describe('createColoCache', () => {
  it('gives back what another isolate put', async () => {
    await cacheOf().put('a/b', { facts, bytes }, 60);
    expect(await cacheOf().get('a/b')).toEqual({ facts, bytes });
    expect(await cacheOf().get('a/c')).toBeUndefined();
  });

  it.each([
    ['is not authentic', async () => 'not_authentic' as const],
    ['is empty', async () => new Uint8Array(0)],
    ['is no JSON', async () => new Uint8Array([0, 0, 0, 1, 0x7b])],
    ['promises more than there is', async () => new Uint8Array([0xff, 0, 0, 0, 0x7b, 0x7d, 0x7d])],
    ['cannot be read', () => Promise.reject(new Error('No Cache was configured'))],
  ])('is as if empty where what is there %s', async (_, read) => {
    const cache = createColoCache({ read, write: () => Promise.reject(new Error('full')) });
    await cache.put('a', { facts, bytes }, 60);
    expect(await cache.get('a')).toBeUndefined();
  });
});

describe('isolates of one colo', () => {
  const isolates = (
    model: ModelStore,
    count: number,
    colo: () => ColoCache | undefined = () => cacheOf(),
  ) => {
    const clock = () => model.now;
    return Array.from({ length: count }, () => {
      const revocation = createRevocation({
        reader: model.reader,
        replica: replicaOf({ feed: model.feed, clock, colo: colo() }),
        clock,
      });
      return { revocation, bench: aBench(revocation, clock) };
    });
  };
  const names = (model: ModelStore) => {
    for (let index = 0; index < 5; index++) {
      model.revoke(revocationKey('jti', ISSUER, `bad-${index}`), 1, model.now + 1_000);
    }
    model.takeSnapshot();
  };

  it('ask the store once for all of them, cold and warm', async () => {
    const model = new ModelStore();
    names(model);
    const colo = isolates(model, 10);
    for (const { bench } of colo) {
      await bench.outcome(token('good'), policy);
      await bench.settle();
    }
    const cold = model.feedReads;
    expect(cold).toBeLessThanOrEqual(1 + 3 + 1);
    model.feedReads = 0;
    model.reads = 0;
    for (let second = 0; second < 60; second++) {
      model.now++;
      for (const { bench } of colo) {
        expect(bench.outcomeNow(token('good'), policy)).toBe('active');
        await bench.settle();
      }
    }
    expect(model.reads).toBe(0);
    expect(model.feedReads).toBeLessThanOrEqual(60 / 5);
    model.revoke(revocationKey('jti', ISSUER, 'late'), 1, model.now + 1_000);
    model.now += 9;
    for (const { bench } of colo) {
      bench.outcomeNow(token('good'), policy);
      await bench.settle();
      expect(await bench.outcome(token('late'), policy)).toBe('revoked jti');
    }
    expect(colo.map(({ revocation }) => revocation.replicaAgeSeconds())).toEqual(colo.map(() => 0));
  });

  it('do not lean on one that does not come back', async () => {
    const model = new ModelStore();
    names(model);
    const [first, second] = isolates(model, 2);
    for (const each of [first, second]) {
      await each?.bench.outcome(token('good'), policy);
      await each?.bench.settle();
    }
    model.now += 6;
    model.slowDown();
    first?.bench.outcomeNow(token('good'), policy);
    model.speedUp();
    await new Promise((resolve) => setTimeout(resolve, 20));
    model.now += 3;
    second?.bench.outcomeNow(token('good'), policy);
    await second?.bench.settle();
    expect(second?.revocation.replicaAgeSeconds()).toBe(0);
    model.release();
    await first?.bench.settle();
  });

  it.each([
    ['was forgotten', (colo: MemoryCache) => colo.entries.clear()],
    ['could not be shared', (colo: MemoryCache) => (colo.full = true)],
  ])('miss no change although one in between %s', async (_, harm) => {
    const model = new ModelStore();
    names(model);
    const colo = new MemoryCache();
    const [reading, waiting] = isolates(model, 2, () => colo);
    for (const each of [reading, waiting]) {
      await each?.bench.outcome(token('good'), policy);
      await each?.bench.settle();
    }
    const change = async (jti: string) => {
      model.revoke(revocationKey('jti', ISSUER, jti), 1, model.now + 1_000);
      model.now += 3;
      colo.forget('claim');
      await reading?.bench.outcome(token('good'), { ...policy, maxStalenessSeconds: 5 });
      await reading?.bench.settle();
    };
    await change('first');
    harm(colo);
    await change('second');
    colo.full = false;
    await change('third');
    expect(waiting?.bench.outcomeNow(token('good'), policy)).toBe('active');
    await waiting?.bench.settle();
    for (const jti of ['first', 'second', 'third']) {
      expect(await waiting?.bench.outcome(token(jti), policy)).toBe('revoked jti');
    }
  });

  it('ignore what an isolate of a store before left behind', async () => {
    const old = new ModelStore();
    names(old);
    const [before] = isolates(old, 1);
    await before?.bench.outcome(token('good'), policy);
    await before?.bench.settle();
    const model = new ModelStore();
    model.epoch = 'epoch-2';
    model.revoke(revocationKey('jti', ISSUER, 'fresh'), 1, model.now + 1_000);
    model.takeSnapshot();
    const [after] = isolates(model, 1);
    for (let attempt = 0; attempt < 4; attempt++) {
      expect(await after?.bench.outcome(token('fresh'), policy)).toBe('revoked jti');
      await after?.bench.settle();
      model.now += 20;
    }
    expect(await after?.bench.outcome(token('bad-1'), policy)).toBe('active');
  });
});
