import type { SharedStore } from './port.ts';

/**
 * A cache of its own: unlike the default one it is not what `fetch` and the zone's CDN read and fill, so no HTTP
 * request reaches it.
 */
const CACHE_NAME = 'portcullis-sealed';

/** Never looked up: only the key under which the entry is kept. `.invalid` names no host (RFC 6761 §6.4). */
const keyOf = (name: string): string => `https://portcullis.invalid/${name}`;

/**
 * The Cache API of the place the isolate runs in; opened anew for each use, as the handle belongs to a request.
 * Rejects where there is none (a bare workerd without a cache); on `workers.dev` hosts it forgets everything at
 * once, which is a miss.
 */
export const createCacheApiStore = (caches: CacheStorage): SharedStore => ({
  async read(name) {
    const cache = await caches.open(CACHE_NAME);
    const held = await cache.match(keyOf(name));
    return held && new Uint8Array(await held.arrayBuffer());
  },
  async write(name, bytes, ttlSeconds) {
    const cache = await caches.open(CACHE_NAME);
    const headers = {
      'cache-control': `public, max-age=${Math.max(1, Math.floor(ttlSeconds))}`,
      'content-type': 'application/octet-stream',
    };
    await cache.put(keyOf(name), new Response(bytes, { headers }));
  },
});
