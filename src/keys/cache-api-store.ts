import type { JwksStore } from './port.ts';

/**
 * A cache of its own: unlike the default one it is not what `fetch` and the zone's CDN read and fill, so no HTTP
 * request reaches it.
 */
const CACHE_NAME = 'portcullis-jwks';

/** Never looked up: only the key under which the entry is kept. `.invalid` names no host (RFC 6761 §6.4). */
const keyOf = (name: string): string => `https://jwks.invalid/${name}`;

/**
 * The Cache API of the place the isolate runs in. Rejects where there is none (a bare workerd without a cache);
 * on `workers.dev` hosts it forgets everything at once, which is a miss.
 */
export const createCacheApiStore = (caches: CacheStorage): JwksStore => ({
  async read(name) {
    const cache = await caches.open(CACHE_NAME);
    return (await cache.match(keyOf(name)))?.text();
  },
  async write(name, text, ttlSeconds) {
    const cache = await caches.open(CACHE_NAME);
    const headers = {
      'cache-control': `public, max-age=${Math.max(1, Math.floor(ttlSeconds))}`,
      'content-type': 'application/json',
    };
    await cache.put(keyOf(name), new Response(text, { headers }));
  },
});
