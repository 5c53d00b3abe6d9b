import type { JsonObject, JsonValue } from '../core/jose.ts';
import { isObject } from '../core/json.ts';
import type { NumericDate } from '../core/time.ts';
import type { SealedCache } from '../sealed-cache/port.ts';
import type { Dated } from './freshness.ts';
import { KEY_FAULTS, type PublicJwk, type RejectedKey } from './jwk.ts';
import { type ReadJwks, readJwks } from './jwks.ts';
import type { Metadata } from './jwks-origin.ts';

/**
 * What one isolate fetched, for the others of its place. Holds public keys only. Its times are those of the response,
 * before the bounds of whoever reads it.
 */
export interface StoredJwks extends Dated {
  readonly jwks: ReadJwks;
  readonly jwksUri: string;
  readonly etag: string | undefined;
  /** When the set was last fetched in vain for a key that is not in it. */
  readonly missedAt: NumericDate | undefined;
  /** The metadata document that named the URI, where it was discovered. */
  readonly metadata: Metadata | undefined;
}

export type StoreFault = 'not_authentic' | 'malformed' | 'from_the_future';

/** Clocks of one place agree better than this. */
const MAX_CLOCK_SKEW_SECONDS = 5;

/**
 * The second level of the cache. The seal keeps others from planting keys or passing one issuer's off as another's.
 * An old record can be put back: it is used only while it is fresh by its own times, and never over a newer set.
 */
export class JwksArchive {
  readonly #cache: SealedCache;

  constructor(cache: SealedCache) {
    this.#cache = cache;
  }

  /** undefined: there is none. Rejects when the cache does. */
  async read(
    source: string,
    maxKeys: number,
    now: NumericDate,
  ): Promise<StoredJwks | StoreFault | undefined> {
    const content = await this.#cache.read(source);
    if (content === undefined || content === 'not_authentic') return content;
    const record = await parseRecord(content, maxKeys);
    if (record === undefined) return 'malformed';
    return record.confirmedAt > now + MAX_CLOCK_SKEW_SECONDS ? 'from_the_future' : record;
  }

  async write(source: string, record: StoredJwks, ttlSeconds: number): Promise<void> {
    const content = new TextEncoder().encode(JSON.stringify(toJson(record)));
    await this.#cache.write(source, content, ttlSeconds);
  }
}

const toJson = (record: StoredJwks): JsonObject => ({
  keys: record.jwks.keys.map(({ kid, alg, certificate, issuer, members }) => ({
    ...members,
    kid,
    alg,
    x5t: certificate.x5t,
    'x5t#S256': certificate.x5tS256,
    issuer,
  })),
  rejected: record.jwks.rejected.map(({ kid, why }) => ({ kid: kid ?? null, why })),
  jwks_uri: record.jwksUri,
  etag: record.etag ?? null,
  fresh_seconds: record.freshSeconds ?? null,
  confirmed_at: record.confirmedAt,
  as_of: record.asOf,
  missed_at: record.missedAt ?? null,
  metadata: record.metadata
    ? {
        jwks_uri: record.metadata.jwksUri,
        etag: record.metadata.etag ?? null,
        fresh_seconds: record.metadata.freshSeconds ?? null,
        confirmed_at: record.metadata.confirmedAt,
        as_of: record.metadata.asOf,
      }
    : null,
});

/** Every key is validated as if it came from the network; one that fails makes the whole record worthless. */
const parseRecord = async (content: Uint8Array, maxKeys: number): Promise<StoredJwks | undefined> => {
  const record = parseJson(content);
  const origin = readProvenance(record);
  if (!isObject(record) || origin === undefined) return undefined;
  const keys = await readKeys(record.keys, maxKeys);
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
  const { jwks_uri: jwksUri, confirmed_at: confirmedAt, as_of: asOf, etag } = record;
  const { fresh_seconds: freshSeconds } = record;
  if (typeof jwksUri !== 'string' || typeof confirmedAt !== 'number') return undefined;
  return {
    jwksUri,
    confirmedAt,
    // Records of a version before have none.
    asOf: typeof asOf === 'number' ? Math.min(asOf, confirmedAt) : confirmedAt,
    etag: typeof etag === 'string' ? etag : undefined,
    freshSeconds: typeof freshSeconds === 'number' ? freshSeconds : undefined,
  };
};

const readKeys = async (
  keys: JsonValue | undefined,
  maxKeys: number,
): Promise<readonly PublicJwk[] | undefined> => {
  if (Array.isArray(keys) && keys.length === 0) return [];
  const read = await readJwks({ keys }, maxKeys);
  return read.ok && read.value.rejected.length === 0 ? read.value.keys : undefined;
};

const readRejected = (entry: JsonValue): readonly RejectedKey[] => {
  if (!isObject(entry)) return [];
  const why = KEY_FAULTS.find((fault) => fault === entry.why);
  return why === undefined ? [] : [{ kid: typeof entry.kid === 'string' ? entry.kid : undefined, why }];
};

const parseJson = (content: Uint8Array): JsonValue | undefined => {
  try {
    return JSON.parse(new TextDecoder().decode(content));
  } catch {
    return undefined;
  }
};
