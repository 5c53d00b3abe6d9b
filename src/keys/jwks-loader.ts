import type { RequestContext } from '../core/context.ts';
import { before, withTimer } from '../core/deadline.ts';
import type { KeyProvider } from '../core/policy.ts';
import type { NumericDate } from '../core/time.ts';
import { emitStoreFailed } from './events.ts';
import type { Failure } from './fetch-document.ts';
import { lifetimeOf, stateAt } from './freshness.ts';
import type { HeldJwks } from './held-jwks.ts';
import type { ReadJwks } from './jwks.ts';
import { JwksOrigin, type RemoteKeysPolicy } from './jwks-origin.ts';
import { importKeySet, type KeySet } from './key-set.ts';
import type { FetchDocument } from './port.ts';
import type { JwksArchive } from './stored-jwks.ts';
import { findWanted, type Wanted } from './wanted.ts';

/** `held`: a set to put in place of the one before. With a `failure` it is merely the best that could be had. */
export interface Loaded {
  readonly held: HeldJwks | undefined;
  readonly source: 'issuer' | 'store';
  /** False: the issuer said that what it gave before still stands. */
  readonly modified: boolean;
  readonly failure: Failure | undefined;
}

export interface LoaderPorts {
  readonly fetch: FetchDocument;
  /** The second level; undefined: memory only. */
  readonly archive: JwksArchive | undefined;
  /** A number from 0 to 1 that differs between isolates: spreads their refreshes. */
  readonly jitter: () => number;
}

/** A cache in the same building answers in a few milliseconds; a fetch is better than waiting for more. */
const STORE_TIMEOUT_MS = 250;

/** Gets an issuer's set: from the second level when what is there will do, else from the issuer. */
export class JwksLoader {
  readonly #provider: KeyProvider;
  readonly #policy: RemoteKeysPolicy;
  readonly #ports: LoaderPorts;
  readonly #origin: JwksOrigin;
  /** Distinguishes sets in the store: configurations that differ in it share nothing. */
  readonly #source: string;

  constructor(provider: KeyProvider, policy: RemoteKeysPolicy, ports: LoaderPorts) {
    this.#provider = provider;
    this.#policy = policy;
    this.#ports = ports;
    this.#origin = new JwksOrigin(provider, policy, ports.fetch, ports.jitter);
    this.#source = JSON.stringify([provider.issuer, policy.jwksUri ?? policy.discovery]);
  }

  /**
   * @param wanted the key that a request waits for; undefined: the refresh runs behind a request
   * @param now when this load begins: what it confirms is confirmed as of then
   */
  async load(
    held: HeldJwks | undefined,
    wanted: Wanted | undefined,
    context: RequestContext,
    now: NumericDate,
  ): Promise<Loaded> {
    const stored = await this.#readStore(held, context, now);
    if (stored !== undefined && this.#willDo(stored, wanted, now)) {
      return { held: stored, source: 'store', modified: true, failure: undefined };
    }
    const base = stored ?? held;
    const given = await withTimer(this.#policy.cache.timeoutMs, (signal) =>
      this.#origin.load(base, now, signal),
    );
    if (!given.ok) return { held: stored, source: 'store', modified: true, failure: given.error };
    const { jwksUri, etag } = given.value;
    const modified = given.value.jwks !== undefined;
    // RFC 9111 §4.3.4: what a 304 does not say stays as it was.
    const freshSeconds = given.value.freshSeconds ?? (modified ? undefined : base?.freshSeconds);
    const jwks = given.value.jwks ?? base?.jwks;
    if (jwks === undefined) throw new TypeError('a 304 was accepted without a set to confirm');
    const keys = modified || base === undefined ? await this.#import(jwks, held) : base.keys;
    const missed = wanted !== undefined && findWanted(keys, wanted) === undefined;
    const loaded: HeldJwks = {
      jwks,
      keys,
      jwksUri,
      etag,
      freshSeconds,
      confirmedAt: now,
      missedAt: missed ? now : base?.missedAt,
      metadata: this.#origin.metadata,
      lifetime: lifetimeOf(now, freshSeconds, this.#policy.cache, this.#ports.jitter()),
    };
    this.#writeStore(loaded, context, now);
    return { held: loaded, source: 'issuer', modified, failure: undefined };
  }

  /** A stored set is as good as a fetch when it is fresh and answers what the request asks. */
  #willDo(stored: HeldJwks, wanted: Wanted | undefined, now: NumericDate): boolean {
    if (stateAt(stored.lifetime, now) !== 'fresh') return false;
    if (wanted === undefined) return now < stored.lifetime.refreshAt;
    if (findWanted(stored.keys, wanted) !== undefined) return true;
    return stored.missedAt !== undefined && now - stored.missedAt < this.#policy.cache.cooldownSeconds;
  }

  /** What the store has, if it is newer than `held` and can still be used. */
  async #readStore(
    held: HeldJwks | undefined,
    context: RequestContext,
    now: NumericDate,
  ): Promise<HeldJwks | undefined> {
    const { archive } = this.#ports;
    if (archive === undefined) return undefined;
    const { cache } = this.#policy;
    const reading = () => archive.read(this.#source, cache.maxKeys, now);
    const read = await withTimer(STORE_TIMEOUT_MS, (signal) => before(signal, reading())).catch(faultName);
    if (typeof read === 'string') emitStoreFailed(context.emit, this.#provider.name, 'read', read);
    if (read === undefined || typeof read === 'string') return undefined;
    if (held !== undefined && read.confirmedAt <= held.confirmedAt) return undefined;
    const lifetime = lifetimeOf(read.confirmedAt, read.freshSeconds, cache, this.#ports.jitter());
    if (stateAt(lifetime, now) === 'expired') return undefined;
    if (read.metadata !== undefined) this.#origin.learn(read.metadata);
    return { ...read, lifetime, keys: await this.#import(read.jwks, held) };
  }

  /** Behind the request: nobody waits for the store to have it. */
  #writeStore(loaded: HeldJwks, context: RequestContext, now: NumericDate): void {
    const { archive } = this.#ports;
    if (archive === undefined) return;
    const ttlSeconds = loaded.lifetime.usableUntil - now;
    const writing = archive.write(this.#source, loaded, ttlSeconds).catch((cause: unknown) => {
      emitStoreFailed(context.emit, this.#provider.name, 'write', faultName(cause));
    });
    context.waitUntil(writing);
  }

  #import(jwks: ReadJwks, held: HeldJwks | undefined): Promise<KeySet> {
    const { algorithms } = this.#provider;
    return importKeySet(jwks, { algorithms, pins: this.#policy.pins }, held?.keys);
  }
}

const faultName = (cause: unknown): string => (cause instanceof Error ? cause.name : 'unknown');
