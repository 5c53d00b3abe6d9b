import { beforeEach, describe, expect, it } from 'vitest';
import { createRevocation } from '../../../src/revocation/check.ts';
import { type ColoCache, createColoCache, type ResponseCache } from '../../../src/revocation/colo-cache.ts';
import { revocationKey } from '../../../src/revocation/key-names.ts';
import { ISSUER } from '../../fixtures/policies.ts';
import { aBench, aToken } from '../../fixtures/revocation.ts';
import { ModelStore } from '../../fixtures/revocation-model.ts';

const policy = { mode: 'replicated', maxStalenessSeconds: 10 } as const;
const token = (jti: string) => aToken({ jti, iat: 1 });
const open = (): Promise<ResponseCache> => caches.open('test');
const facts = { word: 'x' };
const bytes = new Uint8Array([1, 2, 3]);

/** A cache that can be told to forget, and to refuse. */
class MemoryCache implements ResponseCache {
  readonly entries = new Map<string, Uint8Array<ArrayBuffer>>();
  full = false;

  async match(url: string): Promise<Response | undefined> {
    const body = this.entries.get(url);
    return body && new Response(body);
  }

  async put(url: string, response: Response): Promise<void> {
    if (this.full) throw new Error('full');
    this.entries.set(url, new Uint8Array(await response.arrayBuffer()));
  }

  forget(name: string): void {
    for (const url of this.entries.keys()) if (url.includes(`/${name}/`)) this.entries.delete(url);
  }
}

/** A store of its own for each test, so that entries of another one are never met. */
let store: string;
const cacheOf = (overrides: Partial<Parameters<typeof createColoCache>[0]> = {}): ColoCache =>
  createColoCache({ open, secret: 'secret', store, ...overrides });

beforeEach(() => {
  store = crypto.randomUUID();
});

describe('createColoCache', () => {
  it('gives back what another isolate put', async () => {
    await cacheOf().put('a/b', { facts, bytes }, 60);
    expect(await cacheOf().get('a/b')).toEqual({ facts, bytes });
    expect(await cacheOf().get('a/c')).toBeUndefined();
  });

  it('does not take an entry of another secret, another store, another place, or one that was altered', async () => {
    const kept: { url: string; body: Uint8Array }[] = [];
    const recording = async (): Promise<ResponseCache> => {
      const cache = await open();
      return {
        match: (url) => cache.match(url),
        async put(url, response) {
          kept.push({ url, body: new Uint8Array(await response.clone().arrayBuffer()) });
          await cache.put(url, response);
        },
      };
    };
    await cacheOf({ open: recording }).put('a', { facts, bytes }, 60);
    expect(await cacheOf({ secret: 'other' }).get('a')).toBeUndefined();
    expect(await cacheOf({ store: 'other' }).get('a')).toBeUndefined();
    const [entry] = kept;
    expect(entry).toBeDefined();
    if (!entry) return;
    const headers = { 'Cache-Control': 'max-age=60' };
    const raw = await caches.open('test');
    await raw.put(entry.url.replace(/a$/, 'b'), new Response(entry.body, { headers }));
    expect(await cacheOf().get('b')).toBeUndefined();
    for (let index = 0; index < entry.body.length; index += 7) {
      const altered = entry.body.slice();
      altered[index] = (altered[index] ?? 0) ^ 1;
      await raw.put(entry.url, new Response(altered, { headers }));
      expect(await cacheOf().get('a')).toBeUndefined();
    }
    for (const body of ['', 'x', '<html>']) {
      await raw.put(entry.url, new Response(body, { headers }));
      expect(await cacheOf().get('a')).toBeUndefined();
    }
    await raw.put(entry.url, new Response(entry.body, { headers }));
    expect(await cacheOf().get('a')).toEqual({ facts, bytes });
  });

  it('is as if empty where there is no cache', async () => {
    const none = cacheOf({ open: () => Promise.reject(new Error('No Cache was configured')) });
    await none.put('a', { facts, bytes }, 60);
    expect(await none.get('a')).toBeUndefined();
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
      const revocation = createRevocation({ reader: model.reader, feed: model.feed, clock, colo: colo() });
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
    const [reading, waiting] = isolates(model, 2, () => cacheOf({ open: async () => colo }));
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
