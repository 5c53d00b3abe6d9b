import type { SealedKey, SealingSecret } from './sealed-key.ts';

export type { SealedKey, SealingSecret } from './sealed-key.ts';

/** What a key is once it is open. */
export interface KeyShape {
  readonly format: 'pkcs8' | 'raw';
  readonly algorithm: SubtleCryptoImportKeyAlgorithm;
  readonly usages: string[];
}

/**
 * Seals keys for storage: AES-256-GCM (NIST SP 800-38D) under a key derived from the secret by HKDF (RFC 5869) for
 * one purpose. `context` names the record a key belongs to and is authenticated with it, so that a sealed key put into
 * another record does not open. The bytes of a key never reach JavaScript.
 */
export interface Sealer {
  /** With the first secret. The key must be extractable; drop it and open the sealed one for use. */
  seal(key: CryptoKey, format: KeyShape['format'], context: string): Promise<SealedKey>;
  /** A key that cannot be exported. Throws `SealBroken`. */
  open(sealed: SealedKey, shape: KeyShape, context: string): Promise<CryptoKey>;
  /** The same key sealed with the first secret. Throws `SealBroken`. */
  reseal(sealed: SealedKey, shape: KeyShape, context: string): Promise<SealedKey>;
  /** Sealed with the first secret. */
  isCurrent(sealed: SealedKey): boolean;
}

/** Sealed with a secret that is no longer configured, or changed at rest. */
export class SealBroken extends Error {
  override readonly name = 'SealBroken';
}

/** SP 800-38D §8.2.2: random, 96 bits. */
const IV_BYTES = 12;

/** `secrets`: the first seals, all open. At least one. */
export function createSealer(secrets: readonly [SealingSecret, ...SealingSecret[]], purpose: string): Sealer {
  const keyOf = sealingKeys(purpose, ['wrapKey', 'unwrapKey']);
  const [first] = secrets;
  const unwrap = async (sealed: SealedKey, shape: KeyShape, context: string, extractable: boolean) => {
    const secret = secrets.find(({ name }) => name === sealed.by);
    if (secret === undefined) throw new SealBroken('no secret of that name');
    const parameters = gcm(decoded(sealed.iv), sealed.by, context);
    const { format, algorithm, usages } = shape;
    try {
      return await crypto.subtle.unwrapKey(
        format,
        decoded(sealed.bytes),
        await keyOf(secret),
        parameters,
        algorithm,
        extractable,
        usages,
      );
    } catch {
      throw new SealBroken('not as it was sealed');
    }
  };
  const seal: Sealer['seal'] = async (key, format, context) => {
    const iv = crypto.getRandomValues(new Uint8Array(IV_BYTES));
    const parameters = gcm(iv, first.name, context);
    const bytes = await crypto.subtle.wrapKey(format, key, await keyOf(first), parameters);
    if (!(bytes instanceof ArrayBuffer)) throw new TypeError('a wrapped key is bytes');
    return { by: first.name, iv: encoded(iv), bytes: encoded(new Uint8Array(bytes)) };
  };
  return {
    seal,
    open: (sealed, shape, context) => unwrap(sealed, shape, context, false),
    reseal: async (sealed, shape, context) =>
      seal(await unwrap(sealed, shape, context, true), shape.format, context),
    isCurrent: ({ by }) => by === first.name,
  };
}

/** The keys that secrets have for one purpose, each derived once. */
export function sealingKeys(
  purpose: string,
  usages: readonly string[],
): (secret: SealingSecret) => Promise<CryptoKey> {
  const derived = new Map<string, Promise<CryptoKey>>();
  return ({ name, secret }) => {
    const key = derived.get(name) ?? deriveSealingKey(secret, purpose, usages);
    derived.set(name, key);
    return key;
  };
}

/**
 * An AES-256-GCM key for one purpose and no other. The input is high-entropy text of at least 32 characters, so HKDF needs
 * no salt (RFC 5869 §3.1).
 */
async function deriveSealingKey(
  secret: string,
  purpose: string,
  usages: readonly string[],
): Promise<CryptoKey> {
  const encoder = new TextEncoder();
  const material = await crypto.subtle.importKey('raw', encoder.encode(secret), 'HKDF', false, ['deriveKey']);
  return await crypto.subtle.deriveKey(
    {
      name: 'HKDF',
      hash: 'SHA-256',
      salt: new Uint8Array(),
      info: encoder.encode(`portcullis token service v1 ${purpose}`),
    },
    material,
    { name: 'AES-GCM', length: 256 },
    false,
    [...usages],
  );
}

const gcm = (iv: Uint8Array, name: string, context: string) => ({
  name: 'AES-GCM',
  iv,
  additionalData: new TextEncoder().encode(JSON.stringify([name, context])),
});

const encoded = (bytes: Uint8Array): string => bytes.toBase64({ alphabet: 'base64url', omitPadding: true });

function decoded(text: string): Uint8Array {
  try {
    return Uint8Array.fromBase64(text, { alphabet: 'base64url' });
  } catch {
    throw new SealBroken('not base64url');
  }
}

/** The secrets that these bindings hold, in their order. Throws without any: the configuration check has seen to it. */
export function sealingSecrets(
  names: readonly string[],
  bindings: Readonly<Record<string, unknown>>,
): readonly [SealingSecret, ...SealingSecret[]] {
  const [first, ...others] = names.flatMap((name): SealingSecret[] => {
    const secret = bindings[name];
    return typeof secret === 'string' ? [{ name, secret }] : [];
  });
  if (first === undefined) throw new TypeError('no sealing secret');
  return [first, ...others];
}
