import type { JsonObject } from '../core/jose.ts';

export interface ColoEntry {
  readonly facts: JsonObject;
  readonly bytes: Uint8Array;
}

/** Short-lived entries shared by the isolates of one colo. Loses anything at any time; never throws. */
export interface ColoCache {
  get(path: string): Promise<ColoEntry | undefined>;
  put(path: string, entry: ColoEntry, ttlSeconds: number): Promise<void>;
}

/** The part of the Cache API that is used. */
export interface ResponseCache {
  match(url: string): Promise<Response | undefined>;
  put(url: string, response: Response): Promise<void>;
}

export interface ColoCacheOptions {
  /** `() => caches.open('…')`: opened anew for each use, as the handle belongs to a request. May throw. */
  readonly open: () => Promise<ResponseCache>;
  /** What all isolates of this deployment know and nobody else does, such as the store's token. */
  readonly secret: string;
  /** Tells stores apart that share the colo, such as the store's URL. */
  readonly store: string;
}

/** A host that exists nowhere (RFC 6761 §6.4), so no request from outside can name these entries. */
const BASE = 'https://portcullis-revocation.invalid/v1/';
const MAC_BYTES = 32;
const HMAC = { name: 'HMAC', hash: 'SHA-256' } as const;
/** Keeps this use of the secret apart from any other. */
const LABEL = 'portcullis revocation colo cache v1\n';

/**
 * The Cache API with a seal: an entry counts only when its HMAC-SHA-256, over its path and content, fits. Other
 * code on the zone may reach the same cache; it can drop entries or bring back old ones, but not make any.
 * The caller must therefore judge age by what the entry itself says.
 */
export function createColoCache({ open, secret, store }: ColoCacheOptions): ColoCache {
  let key: CryptoKey | undefined;
  const encoder = new TextEncoder();

  async function sealKey(): Promise<CryptoKey> {
    key ??= await crypto.subtle.importKey('raw', encoder.encode(LABEL + secret), HMAC, false, [
      'sign',
      'verify',
    ]);
    return key;
  }
  const urlOf = async (path: string): Promise<string> => {
    const digest = await crypto.subtle.digest('SHA-256', encoder.encode(store));
    const name = [...new Uint8Array(digest, 0, 8)].map((byte) => byte.toString(16).padStart(2, '0')).join('');
    return `${BASE}${name}/${path}`;
  };
  return {
    async get(path) {
      try {
        const url = await urlOf(path);
        const response = await (await open()).match(url);
        if (!response) return undefined;
        const sealed = new Uint8Array(await response.arrayBuffer());
        const message = concatenate(encoder.encode(url), sealed.subarray(MAC_BYTES));
        const valid = await crypto.subtle.verify(
          HMAC,
          await sealKey(),
          sealed.subarray(0, MAC_BYTES),
          message,
        );
        return valid ? unpack(sealed.subarray(MAC_BYTES)) : undefined;
      } catch {
        return undefined;
      }
    },
    async put(path, entry, ttlSeconds) {
      try {
        const url = await urlOf(path);
        const content = pack(entry);
        const mac = await crypto.subtle.sign(
          HMAC,
          await sealKey(),
          concatenate(encoder.encode(url), content),
        );
        const headers = {
          'Cache-Control': `max-age=${ttlSeconds}`,
          'Content-Type': 'application/octet-stream',
        };
        const body = concatenate(new Uint8Array(mac), content);
        await (await open()).put(url, new Response(body, { headers }));
      } catch {
        // No cache, or one that is full: every isolate then asks for itself.
      }
    },
  };
}

/** Length of the facts, four bytes; the facts as JSON; the bytes. */
function pack({ facts, bytes }: ColoEntry): Uint8Array<ArrayBuffer> {
  const json = new TextEncoder().encode(JSON.stringify(facts));
  const length = new Uint8Array(4);
  new DataView(length.buffer).setUint32(0, json.length);
  return concatenate(length, concatenate(json, bytes));
}

function unpack(content: Uint8Array): ColoEntry {
  const length = new DataView(content.buffer, content.byteOffset).getUint32(0);
  const json = new TextDecoder().decode(content.subarray(4, 4 + length));
  return { facts: JSON.parse(json) as JsonObject, bytes: content.subarray(4 + length) };
}

function concatenate(first: Uint8Array, second: Uint8Array): Uint8Array<ArrayBuffer> {
  const joined = new Uint8Array(first.length + second.length);
  joined.set(first);
  joined.set(second, first.length);
  return joined;
}
