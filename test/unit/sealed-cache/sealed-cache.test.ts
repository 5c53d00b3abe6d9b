import { beforeEach, describe, expect, it } from 'vitest';
import { createCacheApiStore } from '../../../src/sealed-cache/cache-api-store.ts';
import type { SealedCache, SharedStore } from '../../../src/sealed-cache/port.ts';
import { createSealedCache, type SealedCacheOptions } from '../../../src/sealed-cache/sealed-cache.ts';

const content = new Uint8Array([1, 2, 3, 250]);
const entries = new Map<string, Uint8Array>();
const store: SharedStore = {
  read: async (name) => entries.get(name),
  write: async (name, bytes) => void entries.set(name, bytes),
};
const cacheOf = (overrides: Partial<SealedCacheOptions> = {}): SealedCache =>
  createSealedCache({ store, secret: 'secret', purpose: 'test', ...overrides });

const only = (): readonly [string, Uint8Array] => {
  const [entry, ...more] = entries;
  if (entry === undefined || more.length > 0) throw new Error(`${entries.size} entries`);
  return entry;
};

beforeEach(() => entries.clear());

describe('createSealedCache', () => {
  it('gives back what another isolate of the deployment wrote under that name', async () => {
    await cacheOf().write('a/b', content, 60);
    expect(await cacheOf().read('a/b')).toEqual(content);
    expect(await cacheOf().read('a/c')).toBeUndefined();
    await cacheOf().write('empty', new Uint8Array(0), 60);
    expect(await cacheOf().read('empty')).toEqual(new Uint8Array(0));
  });

  it('shows the cache beneath a name that tells nothing and is another one for each secret and purpose', async () => {
    for (const other of [{}, { secret: 'other' }, { purpose: 'other' }]) {
      await cacheOf(other).write('https://issuer.example/', content, 60);
    }
    expect(entries.size).toBe(3);
    for (const name of entries.keys()) expect(name).toMatch(/^[A-Za-z0-9_-]{43}$/);
  });

  it.each([{ secret: 'other' }, { purpose: 'other' }])('does not find an entry of %o', async (other) => {
    await cacheOf(other).write('a', content, 60);
    expect(await cacheOf().read('a')).toBeUndefined();
  });

  it.each([{ secret: 'other' }, { purpose: 'other' }])(
    'does not take an entry of %o that was put in the place of its own',
    async (other) => {
      await cacheOf(other).write('a', content, 60);
      const [, foreign] = only();
      entries.clear();
      await cacheOf().write('a', content, 60);
      entries.set(only()[0], foreign);
      expect(await cacheOf().read('a')).toBe('not_authentic');
    },
  );

  it('does not take an entry that was written under another name', async () => {
    await cacheOf().write('a', content, 60);
    const [, other] = only();
    entries.clear();
    await cacheOf().write('b', content, 60);
    entries.set(only()[0], other);
    expect(await cacheOf().read('b')).toBe('not_authentic');
  });

  it('does not take an entry of which one byte differs, or one that is shorter or longer', async () => {
    await cacheOf().write('a', content, 60);
    const [name, bytes] = only();
    expect(bytes).toHaveLength(32 + content.length);
    const altered = bytes.keys().map((at) => bytes.with(at, (bytes[at] ?? 0) ^ 1));
    const cut = bytes.keys().map((length) => bytes.slice(0, length));
    for (const other of [...altered, ...cut, new Uint8Array([...bytes, 0]), new Uint8Array(32)]) {
      entries.set(name, other);
      expect(await cacheOf().read('a')).toBe('not_authentic');
    }
    entries.set(name, bytes);
    expect(await cacheOf().read('a')).toEqual(content);
  });

  it('rejects as the cache beneath does', async () => {
    const fail = () => Promise.reject(new TypeError('No Cache was configured'));
    const broken = cacheOf({ store: { read: fail, write: fail } });
    await expect(broken.read('a')).rejects.toThrow(TypeError);
    await expect(broken.write('a', content, 60)).rejects.toThrow(TypeError);
  });
});

describe('the Cache API', () => {
  it('gives back what was put, in a cache of its own', async () => {
    const shared = createCacheApiStore(caches);
    expect(await shared.read('nothing')).toBeUndefined();
    await shared.write('name', content, 60.7);
    expect(await shared.read('name')).toEqual(content);
    expect(await caches.default.match('https://portcullis.invalid/name')).toBeUndefined();
  });

  it('keeps an entry for whole seconds, and for one at least', async () => {
    const lifetimes: (string | null)[] = [];
    const cache: Pick<Cache, 'put'> = {
      put: async (_, response) => void lifetimes.push(response.headers.get('cache-control')),
    };
    const opened: Pick<CacheStorage, 'open'> = { open: async () => cache as Cache };
    const shared = createCacheApiStore(opened as CacheStorage);
    for (const seconds of [0, 0.9, 1, 60.7]) await shared.write('name', content, seconds);
    expect(lifetimes).toEqual([1, 1, 1, 60].map((seconds) => `public, max-age=${seconds}`));
  });
});
