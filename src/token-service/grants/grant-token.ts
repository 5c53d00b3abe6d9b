import type { KeyShape } from '../../signing-keys/sealing.ts';

/**
 * Codes and refresh tokens: opaque to clients, 256 bits of HMAC-SHA-256 (RFC 2104) that only the grant's own secret can
 * make, in front of them the grant they belong to. A token is derived, so none is stored, in no form at all, and the
 * successor of one can be given again.
 */
export type GrantToken =
  | { readonly kind: 'code'; readonly grantId: string; readonly mac: Uint8Array }
  | {
      readonly kind: 'refresh';
      readonly grantId: string;
      readonly generation: number;
      readonly mac: Uint8Array;
    };

/** What a grant's secret is, at rest and open. */
export const GRANT_SECRET: KeyShape = {
  format: 'raw',
  algorithm: { name: 'HMAC', hash: 'SHA-256' },
  usages: ['sign'],
};

/** Prefixes that a search for leaked secrets can find. */
const PREFIXES = { code: 'pac_', refresh: 'prt_' } as const;
const ID_BYTES = 16;
const MAC_BYTES = 32;
const GENERATION_BYTES = 4;
const LENGTHS = { code: ID_BYTES + MAC_BYTES, refresh: ID_BYTES + GENERATION_BYTES + MAC_BYTES } as const;

/** 128 random bits: the `sid` of access tokens, and no secret. */
export const newGrantId = (): string => encoded(crypto.getRandomValues(new Uint8Array(ID_BYTES)));

/** Whether a text can be a grant's identifier: it has one spelling. */
export function isGrantId(text: string): boolean {
  const bytes = /^[\w-]{22}$/.test(text) ? decodedBytes(text) : undefined;
  return bytes?.length === ID_BYTES && encoded(bytes) === text;
}

/** The identifier of the one grant that these texts open together. */
export async function grantIdOf(...texts: readonly string[]): Promise<string> {
  const bytes = new TextEncoder().encode(JSON.stringify(texts));
  return encoded(new Uint8Array(await crypto.subtle.digest('SHA-256', bytes)).subarray(0, ID_BYTES));
}

export async function makeGrantSecret(): Promise<CryptoKey> {
  const key = await crypto.subtle.generateKey({ name: 'HMAC', hash: 'SHA-256', length: 256 }, true, ['sign']);
  if (!(key instanceof CryptoKey)) throw new TypeError('an HMAC key is one key');
  return key;
}

export async function writeCode(grantId: string, secret: CryptoKey): Promise<string> {
  const mac = await macOf('code', grantId, undefined, secret);
  return PREFIXES.code + encoded(concatenated(decodedId(grantId), mac));
}

export async function writeRefreshToken(
  grantId: string,
  generation: number,
  secret: CryptoKey,
): Promise<string> {
  const mac = await macOf('refresh', grantId, generation, secret);
  return PREFIXES.refresh + encoded(concatenated(decodedId(grantId), generationBytes(generation), mac));
}

/** Takes a code or refresh token apart; undefined for anything else. There is one spelling of each. Proves nothing. */
export function readGrantToken(text: string): GrantToken | undefined {
  const kind = (['code', 'refresh'] as const).find((each) => text.startsWith(PREFIXES[each]));
  if (kind === undefined) return undefined;
  const body = text.slice(PREFIXES[kind].length);
  if (!/^[\w-]{64,70}$/.test(body)) return undefined;
  const bytes = decodedBytes(body);
  if (bytes === undefined || bytes.length !== LENGTHS[kind] || encoded(bytes) !== body) return undefined;
  const grantId = encoded(bytes.subarray(0, ID_BYTES));
  const mac = bytes.subarray(bytes.length - MAC_BYTES);
  if (kind === 'code') return { kind, grantId, mac };
  const generation = new DataView(bytes.buffer, bytes.byteOffset).getUint32(ID_BYTES);
  return { kind, grantId, generation, mac };
}

/** Whether the grant with this secret has made the token, in a time that does not tell how nearly. */
export async function isAuthentic(token: GrantToken, secret: CryptoKey): Promise<boolean> {
  const generation = token.kind === 'refresh' ? token.generation : undefined;
  const expected = await macOf(token.kind, token.grantId, generation, secret);
  return crypto.subtle.timingSafeEqual(expected, token.mac);
}

async function macOf(
  kind: GrantToken['kind'],
  grantId: string,
  generation: number | undefined,
  secret: CryptoKey,
): Promise<Uint8Array> {
  const input = new TextEncoder().encode(JSON.stringify([kind, grantId, generation ?? null]));
  return new Uint8Array(await crypto.subtle.sign('HMAC', secret, input));
}

function generationBytes(generation: number): Uint8Array {
  const bytes = new Uint8Array(GENERATION_BYTES);
  new DataView(bytes.buffer).setUint32(0, generation);
  return bytes;
}

function concatenated(...parts: readonly Uint8Array[]): Uint8Array {
  const whole = new Uint8Array(parts.reduce((length, part) => length + part.length, 0));
  let offset = 0;
  for (const part of parts) {
    whole.set(part, offset);
    offset += part.length;
  }
  return whole;
}

const encoded = (bytes: Uint8Array): string => bytes.toBase64({ alphabet: 'base64url', omitPadding: true });

function decodedId(grantId: string): Uint8Array {
  const bytes = decodedBytes(grantId);
  if (bytes === undefined) throw new TypeError('not a grant identifier');
  return bytes;
}

function decodedBytes(text: string): Uint8Array | undefined {
  try {
    return Uint8Array.fromBase64(text, { alphabet: 'base64url' });
  } catch {
    return undefined;
  }
}
