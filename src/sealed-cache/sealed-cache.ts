import type { SealedCache, SharedStore } from './port.ts';

export interface SealedCacheOptions {
  readonly store: SharedStore;
  /** What all isolates of this deployment know and nobody else does; made for this and handed out for nothing else. */
  readonly secret: string;
  /** Keeps the entries of one use, and its keys, apart from those of any other. */
  readonly purpose: string;
}

const HMAC = { name: 'HMAC', hash: 'SHA-256', length: 256 } as const;
const MAC_BYTES = 32;
const NO_SALT = new Uint8Array(0);
const encoder = new TextEncoder();

/**
 * Seals each entry with HMAC-SHA-256 over its name and content. What the cache beneath sees as a name is an HMAC
 * too: it tells nothing of what it stands for, and differs between deployments and purposes. Both keys are derived
 * from the secret (HKDF, RFC 5869). Does NOT hide the content: what is shared must not be secret.
 */
export function createSealedCache({ store, secret, purpose }: SealedCacheOptions): SealedCache {
  let keys: Keys | undefined;
  const keysOf = async (): Promise<Keys> => {
    keys ??= await deriveKeys(secret, purpose);
    return keys;
  };
  const hidden = async (name: string, naming: CryptoKey): Promise<string> =>
    base64url(await crypto.subtle.sign(HMAC, naming, encoder.encode(name)));

  return {
    async read(name) {
      const { naming, sealing } = await keysOf();
      const stored = await hidden(name, naming);
      const sealed = await store.read(stored);
      if (sealed === undefined) return undefined;
      const mac = sealed.slice(0, MAC_BYTES);
      const content = sealed.slice(MAC_BYTES);
      const authentic = await crypto.subtle.verify(HMAC, sealing, mac, message(stored, content));
      return authentic ? content : 'not_authentic';
    },
    async write(name, content, ttlSeconds) {
      const { naming, sealing } = await keysOf();
      const stored = await hidden(name, naming);
      const mac = await crypto.subtle.sign(HMAC, sealing, message(stored, content));
      await store.write(stored, joined(new Uint8Array(mac), content), ttlSeconds);
    },
  };
}

interface Keys {
  readonly naming: CryptoKey;
  readonly sealing: CryptoKey;
}

async function deriveKeys(secret: string, purpose: string): Promise<Keys> {
  const base = await crypto.subtle.importKey('raw', encoder.encode(secret), 'HKDF', false, ['deriveKey']);
  const derive = (use: string, usages: readonly ('sign' | 'verify')[]) => {
    const info = encoder.encode(`portcullis sealed cache 1 ${purpose} ${use}`);
    return crypto.subtle.deriveKey(
      { name: 'HKDF', hash: 'SHA-256', salt: NO_SALT, info },
      base,
      HMAC,
      false,
      [...usages],
    );
  };
  const [naming, sealing] = await Promise.all([derive('name', ['sign']), derive('seal', ['sign', 'verify'])]);
  return { naming, sealing };
}

/** The stored name has one length, so nothing can pass from it to the content. */
const message = (name: string, content: Uint8Array) => joined(encoder.encode(name), content);

function joined(first: Uint8Array, second: Uint8Array): Uint8Array<ArrayBuffer> {
  const both = new Uint8Array(first.length + second.length);
  both.set(first);
  both.set(second, first.length);
  return both;
}

const base64url = (bytes: ArrayBuffer): string =>
  new Uint8Array(bytes).toBase64({ alphabet: 'base64url', omitPadding: true });
