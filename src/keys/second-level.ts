import type { RequestContext } from '../core/context.ts';
import { before, withTimer } from '../core/deadline.ts';
import type { KeyProvider } from '../core/policy.ts';
import type { NumericDate } from '../core/time.ts';
import { emitStoreFailed } from './events.ts';
import type { RemoteKeysPolicy } from './jwks-origin.ts';
import type { JwksArchive, StoredJwks } from './stored-jwks.ts';

/** A cache in the same building answers in a few milliseconds; a fetch is better than waiting for more. */
const STORE_TIMEOUT_MS = 250;

/** One issuer's set as the isolates of a place share it. Whatever goes wrong with it is told, and is a miss. */
export class SecondLevel {
  readonly #archive: JwksArchive;
  readonly #issuer: string;
  readonly #maxKeys: number;
  /** Distinguishes sets in the store: configurations that differ in it share nothing. */
  readonly #source: string;

  constructor(archive: JwksArchive, provider: KeyProvider, policy: RemoteKeysPolicy) {
    this.#archive = archive;
    this.#issuer = provider.name;
    this.#maxKeys = policy.cache.maxKeys;
    this.#source = JSON.stringify([provider.issuer, policy.jwksUri ?? policy.discovery]);
  }

  async read({ emit }: RequestContext, now: NumericDate): Promise<StoredJwks | undefined> {
    const reading = () => this.#archive.read(this.#source, this.#maxKeys, now);
    const read = await withTimer(STORE_TIMEOUT_MS, (signal) => before(signal, reading())).catch(faultName);
    if (read === undefined) return undefined;
    if (typeof read === 'string') {
      emitStoreFailed({ issuer: this.#issuer, emit }, 'read', read);
      return undefined;
    }
    // The clock of the isolate that wrote it may be ahead.
    return { ...read, confirmedAt: Math.min(read.confirmedAt, now), asOf: Math.min(read.asOf, now) };
  }

  /** Behind the request: nobody waits for the store to have it. */
  write(record: StoredJwks, ttlSeconds: number, { emit, waitUntil }: RequestContext): void {
    const writing = this.#archive.write(this.#source, record, ttlSeconds).catch((cause: unknown) => {
      emitStoreFailed({ issuer: this.#issuer, emit }, 'write', faultName(cause));
    });
    waitUntil(writing);
  }
}

const faultName = (cause: unknown): string => (cause instanceof Error ? cause.name : 'unknown');
