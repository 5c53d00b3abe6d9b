import type { JsonObject } from '../../core/jose.ts';
import type { SealedCache } from '../../sealed-cache/port.ts';

export interface ColoEntry {
  readonly facts: JsonObject;
  readonly bytes: Uint8Array;
}

/** Short-lived entries shared by the isolates of one colo. Loses anything at any time; never throws. */
export interface ColoCache {
  get(path: string): Promise<ColoEntry | undefined>;
  put(path: string, entry: ColoEntry, ttlSeconds: number): Promise<void>;
}

/** A cache that fails, or holds what this deployment did not write, is an empty one: every isolate then asks for itself. */
export const createColoCache = (cache: SealedCache): ColoCache => ({
  async get(path) {
    try {
      const content = await cache.read(path);
      return content === undefined || content === 'not_authentic' ? undefined : unpack(content);
    } catch {
      return undefined;
    }
  },
  async put(path, entry, ttlSeconds) {
    try {
      await cache.write(path, pack(entry), ttlSeconds);
    } catch {
      // No cache, or one that is full.
    }
  },
});

/** Length of the facts, four bytes; the facts as JSON; the bytes. */
function pack({ facts, bytes }: ColoEntry): Uint8Array {
  const json = new TextEncoder().encode(JSON.stringify(facts));
  const content = new Uint8Array(4 + json.length + bytes.length);
  new DataView(content.buffer).setUint32(0, json.length);
  content.set(json, 4);
  content.set(bytes, 4 + json.length);
  return content;
}

function unpack(content: Uint8Array): ColoEntry {
  const length = new DataView(content.buffer, content.byteOffset).getUint32(0);
  const json = new TextDecoder().decode(content.subarray(4, 4 + length));
  return { facts: JSON.parse(json) as JsonObject, bytes: content.subarray(4 + length) };
}
