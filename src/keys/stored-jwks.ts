import { base64url } from 'jose';
import type { JsonObject, JsonValue } from '../core/jose.ts';
import { isObject } from '../core/json.ts';
import type { NumericDate } from '../core/time.ts';
import { KEY_FAULTS, type PublicJwk, type RejectedKey } from './jwk.ts';
import { type ReadJwks, readJwks } from './jwks.ts';
import type { Metadata } from './jwks-origin.ts';
import type { JwksStore } from './port.ts';

/** What one isolate fetched, for the others of its place. Holds public keys only. */
export interface StoredJwks {
  readonly jwks: ReadJwks;
  readonly jwksUri: string;
  readonly etag: string | undefined;
  /** As in the response, before the bounds of whoever reads it. */
  readonly freshSeconds: number | undefined;
  readonly confirmedAt: NumericDate;
  /** When the set was last fetched in vain for a key that is not in it. */
  readonly missedAt: NumericDate | undefined;
  /** The metadata document that named the URI, where it was discovered. */
  readonly metadata: Metadata | undefined;
}

export type StoreFault = 'not_authentic' | 'malformed' | 'from_the_future';

/** Clocks of one place agree better than this. */
const MAX_CLOCK_SKEW_SECONDS = 5;

/** Both uses of the secret are kept apart, and from any other use it may have, by these labels. */
const LABELS = { name: 'portcullis jwks name 1', content: 'portcullis jwks content 1' };

/**
 * The second level of the cache. A record is authenticated with HMAC-SHA-256 under a secret that only this
 * deployment has, together with the name it is stored under, so that nobody else who can write to the store can
 * plant keys or pass one issuer's off as another's. An old authentic record can be put back: it is used only while
 * it is fresh by its own times, and never over a newer set.
 */
export class JwksArchive {
  readonly #store: JwksStore;
  readonly #secret: string;
  #macKey: CryptoKey | undefined;

  constructor(store: JwksStore, secret: string) {
    this.#store = store;
    this.#secret = secret;
  }

  /** undefined: there is none. Rejects when the store does. */
  async read(
    source: string,
    maxKeys: number,
    now: NumericDate,
  ): Promise<StoredJwks | StoreFault | undefined> {
    const name = await this.#name(source);
    const text = await this.#store.read(name);
    if (text === undefined) return undefined;
    const dot = text.indexOf('.');
    const content = text.slice(dot + 1);
    if (!(await this.#isAuthentic(text.slice(0, dot), name, content))) return 'not_authentic';
    const record = parseRecord(content, maxKeys);
    if (record === undefined) return 'malformed';
    return record.confirmedAt > now + MAX_CLOCK_SKEW_SECONDS ? 'from_the_future' : record;
  }

  async write(source: string, record: StoredJwks, ttlSeconds: number): Promise<void> {
    const name = await this.#name(source);
    const content = JSON.stringify(toJson(record));
    const mac = await crypto.subtle.sign('HMAC', await this.#key(), message(LABELS.content, name, content));
    await this.#store.write(name, `${base64url.encode(new Uint8Array(mac))}.${content}`, ttlSeconds);
  }

  /** Tells nothing about the issuer to who sees it, and differs between deployments. */
  async #name(source: string): Promise<string> {
    const mac = await crypto.subtle.sign('HMAC', await this.#key(), message(LABELS.name, source));
    return base64url.encode(new Uint8Array(mac));
  }

  async #isAuthentic(mac: string, name: string, content: string): Promise<boolean> {
    if (!/^[A-Za-z0-9_-]{43}$/.test(mac)) return false;
    const signed = message(LABELS.content, name, content);
    return crypto.subtle.verify('HMAC', await this.#key(), new Uint8Array(base64url.decode(mac)), signed);
  }

  async #key(): Promise<CryptoKey> {
    this.#macKey ??= await crypto.subtle.importKey(
      'raw',
      new TextEncoder().encode(this.#secret),
      { name: 'HMAC', hash: 'SHA-256' },
      false,
      ['sign', 'verify'],
    );
    return this.#macKey;
  }
}

const message = (...parts: readonly string[]) => new TextEncoder().encode(JSON.stringify(parts));

const toJson = (record: StoredJwks): JsonObject => ({
  keys: record.jwks.keys.map(({ kid, alg, members }) => ({ ...members, kid, alg })),
  rejected: record.jwks.rejected.map(({ kid, why }) => ({ kid: kid ?? null, why })),
  jwks_uri: record.jwksUri,
  etag: record.etag ?? null,
  fresh_seconds: record.freshSeconds ?? null,
  confirmed_at: record.confirmedAt,
  missed_at: record.missedAt ?? null,
  metadata: record.metadata
    ? {
        jwks_uri: record.metadata.jwksUri,
        etag: record.metadata.etag ?? null,
        fresh_seconds: record.metadata.freshSeconds ?? null,
        confirmed_at: record.metadata.confirmedAt,
      }
    : null,
});

/** Every key is validated as if it came from the network; one that fails makes the whole record worthless. */
const parseRecord = (content: string, maxKeys: number): StoredJwks | undefined => {
  const record = parseJson(content);
  const origin = readProvenance(record);
  if (!isObject(record) || origin === undefined) return undefined;
  const keys = readKeys(record.keys, maxKeys);
  if (keys === undefined || !Array.isArray(record.rejected)) return undefined;
  return {
    ...origin,
    jwks: { keys, rejected: record.rejected.flatMap(readRejected) },
    missedAt: typeof record.missed_at === 'number' ? record.missed_at : undefined,
    metadata: readProvenance(record.metadata),
  };
};

const readProvenance = (record: JsonValue | undefined): Metadata | undefined => {
  if (!isObject(record)) return undefined;
  const { jwks_uri: jwksUri, confirmed_at: confirmedAt, etag, fresh_seconds: freshSeconds } = record;
  if (typeof jwksUri !== 'string' || typeof confirmedAt !== 'number') return undefined;
  return {
    jwksUri,
    confirmedAt,
    etag: typeof etag === 'string' ? etag : undefined,
    freshSeconds: typeof freshSeconds === 'number' ? freshSeconds : undefined,
  };
};

const readKeys = (keys: JsonValue | undefined, maxKeys: number): readonly PublicJwk[] | undefined => {
  if (Array.isArray(keys) && keys.length === 0) return [];
  const read = readJwks({ keys }, maxKeys);
  return read.ok && read.value.rejected.length === 0 ? read.value.keys : undefined;
};

const readRejected = (entry: JsonValue): readonly RejectedKey[] => {
  if (!isObject(entry)) return [];
  const why = KEY_FAULTS.find((fault) => fault === entry.why);
  return why === undefined ? [] : [{ kid: typeof entry.kid === 'string' ? entry.kid : undefined, why }];
};

const parseJson = (text: string): JsonValue | undefined => {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
};
