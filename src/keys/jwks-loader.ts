import type { RequestContext } from '../core/context.ts';
import { withTimer } from '../core/deadline.ts';
import type { KeyProvider } from '../core/policy.ts';
import { err, type Result } from '../core/result.ts';
import type { NumericDate } from '../core/time.ts';
import type { Failure } from './fetch-document.ts';
import { lifetimeOf, stateAt } from './freshness.ts';
import type { HeldJwks } from './held-jwks.ts';
import { type PublicJwk, publicPartsOf, type RejectedKey } from './jwk.ts';
import type { ReadJwks } from './jwks.ts';
import { JwksOrigin, type OriginJwks, type RemoteKeysPolicy } from './jwks-origin.ts';
import { importKeySet, isUnusable, type KeySet } from './key-set.ts';
import type { FetchDocument } from './port.ts';
import { SecondLevel } from './second-level.ts';
import { shownUrl } from './shown-url.ts';
import type { JwksArchive } from './stored-jwks.ts';
import { findWanted, type Wanted } from './wanted.ts';

/** A set to put in place of the one before. */
export interface Taken {
  readonly held: HeldJwks;
  readonly source: 'issuer' | 'store';
  /** False: the issuer said that what it gave before still stands. */
  readonly modified: boolean;
}

/** With a failure, `taken` is merely the best that could be had. */
export type Loaded =
  | { readonly taken: Taken; readonly failure: undefined }
  | { readonly taken: Taken | undefined; readonly failure: LoadFailure };

export interface LoadFailure extends Failure {
  /** The keys of a set of which none is usable: of these it is known that they are refused. */
  readonly refused: readonly RejectedKey[];
}

export interface LoaderPorts {
  readonly fetch: FetchDocument;
  /** The second level; undefined: memory only. */
  readonly archive: JwksArchive | undefined;
  /** A number from 0 to 1 that differs between isolates: spreads their refreshes. */
  readonly jitter: () => number;
}

/** Gets an issuer's set: from the second level when what is there will do, else from the issuer. */
export class JwksLoader {
  readonly #provider: KeyProvider;
  readonly #policy: RemoteKeysPolicy;
  readonly #ports: LoaderPorts;
  readonly #origin: JwksOrigin;
  readonly #shared: SecondLevel | undefined;

  constructor(provider: KeyProvider, policy: RemoteKeysPolicy, ports: LoaderPorts) {
    this.#provider = provider;
    this.#policy = policy;
    this.#ports = ports;
    this.#origin = new JwksOrigin(provider, policy, ports.fetch, ports.jitter);
    this.#shared = ports.archive && new SecondLevel(ports.archive, provider, policy);
  }

  /**
   * @param wanted the key that a request waits for; undefined: the refresh runs behind a request
   * @param now when this load begins: what it confirms is confirmed as of then
   */
  load(
    held: HeldJwks | undefined,
    wanted: Wanted | undefined,
    context: RequestContext,
    now: NumericDate,
  ): Promise<Loaded> {
    return this.#load(held, wanted, context, now).catch(unexpected);
  }

  async #load(
    held: HeldJwks | undefined,
    wanted: Wanted | undefined,
    context: RequestContext,
    now: NumericDate,
  ): Promise<Loaded> {
    const stored = await this.#readStore(held, context, now);
    const taken = stored && ({ held: stored, source: 'store', modified: true } as const);
    if (taken !== undefined && this.#willDo(taken.held, wanted, now)) return { taken, failure: undefined };
    const base = stored ?? held;
    const given = await this.#ask(base, now, wanted !== undefined);
    if (!given.ok) return { taken, failure: { ...given.error, refused: [] } };
    const next = await this.#combine(given.value, base, now);
    if (isUnusable(next.keys)) {
      const rest = base && (await this.#withoutLeaked(base, given.value.jwks?.leaked));
      if (rest !== undefined) this.#writeStore(rest, context, now);
      const detail = shownUrl(next.jwksUri);
      const failure = { why: 'jwks_unusable', detail, refused: next.keys.rejected };
      return { taken: rest ? { held: rest, source: 'issuer', modified: true } : taken, failure };
    }
    const missed = wanted !== undefined && findWanted(next.keys, wanted) === undefined;
    const loaded = missed ? { ...next, missedAt: now } : next;
    this.#writeStore(loaded, context, now);
    const modified = given.value.jwks !== undefined;
    return { taken: { held: loaded, source: 'issuer', modified }, failure: undefined };
  }

  /** Once more past the caches on the way, where what lay in one of them is older than the set at hand. */
  #ask(base: HeldJwks | undefined, now: NumericDate, pastCaches: boolean) {
    return withTimer(this.#policy.cache.timeoutMs, async (signal): Promise<Result<OriginJwks, Failure>> => {
      const first = await this.#origin.load(base, { now, signal, pastCaches });
      if (!first.ok || !isOlder(first.value, base, now)) return first;
      const given = pastCaches ? first : await this.#origin.load(base, { now, signal, pastCaches: true });
      if (!given.ok || !isOlder(given.value, base, now)) return given;
      return err({ why: 'jwks_outdated', detail: shownUrl(given.value.jwksUri) });
    });
  }

  async #combine(
    { jwks: given, jwksUri, etag, ...said }: OriginJwks,
    base: HeldJwks | undefined,
    now: NumericDate,
  ): Promise<HeldJwks> {
    const jwks = given ?? base?.jwks;
    if (jwks === undefined) throw new TypeError('a 304 was accepted without a set to confirm');
    const stands = base !== undefined && (given === undefined || isSame(given, base.jwks));
    const dated = {
      confirmedAt: now,
      asOf: stands ? Math.max(said.asOf, base.asOf) : said.asOf,
      // RFC 9111 §4.3.4: what a 304 does not say stays as it was.
      freshSeconds: said.freshSeconds ?? (given === undefined ? base?.freshSeconds : undefined),
    };
    return {
      ...dated,
      jwks,
      jwksUri,
      etag,
      keys: given === undefined && base !== undefined ? base.keys : await this.#import(jwks, base),
      missedAt: base?.missedAt,
      metadata: this.#origin.metadata,
      lifetime: lifetimeOf(dated, this.#policy.cache, this.#ports.jitter()),
    };
  }

  /** A set that gives keys away is heard in that, whatever else it is good for; undefined: it gives none of these away. */
  async #withoutLeaked(
    base: HeldJwks,
    leaked: ReadonlySet<string> = new Set(),
  ): Promise<HeldJwks | undefined> {
    const isLeaked = ({ members }: PublicJwk) => publicPartsOf(members).some((part) => leaked.has(part));
    const lost = base.jwks.keys.filter(isLeaked);
    if (lost.length === 0) return undefined;
    const jwks = {
      keys: base.jwks.keys.filter((jwk) => !isLeaked(jwk)),
      rejected: [
        ...base.jwks.rejected,
        ...lost.map(({ kid }) => ({ kid, why: 'private_material' as const })),
      ],
    };
    return { ...base, jwks, keys: await this.#import(jwks, base) };
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
    const stored = await this.#shared?.read(context, now);
    if (stored === undefined) return undefined;
    if (held !== undefined && (stored.confirmedAt <= held.confirmedAt || stored.asOf < held.asOf))
      return undefined;
    const lifetime = lifetimeOf(stored, this.#policy.cache, this.#ports.jitter());
    if (stateAt(lifetime, now) === 'expired') return undefined;
    if (stored.metadata !== undefined) this.#origin.learn(stored.metadata);
    return { ...stored, lifetime, keys: await this.#import(stored.jwks, held) };
  }

  #writeStore(loaded: HeldJwks, context: RequestContext, now: NumericDate): void {
    this.#shared?.write(loaded, loaded.lifetime.usableUntil - now, context);
  }

  #import(jwks: ReadJwks, held: HeldJwks | undefined): Promise<KeySet> {
    const { algorithms } = this.#provider;
    return importKeySet(jwks, { algorithms, pins: this.#policy.pins }, held?.keys);
  }
}

/** Whatever else goes wrong is a failed refresh like any other: told, and under the cooldown. */
const unexpected = (cause: unknown): Loaded => {
  const detail = cause instanceof Error ? cause.name : 'unknown';
  return { taken: undefined, failure: { why: 'internal_error', detail, refused: [] } };
};

/**
 * An answer straight from the issuer never is: clocks are only compared where it lay in a cache (`Age`). Nor is one to
 * a set that is not used any more: it is better than none.
 */
const isOlder = (given: OriginJwks, base: HeldJwks | undefined, now: NumericDate): boolean =>
  given.jwks !== undefined &&
  base !== undefined &&
  stateAt(base.lifetime, now) !== 'expired' &&
  given.jwksUri === base.jwksUri &&
  given.asOf < Math.min(base.asOf, now) &&
  !isSame(given.jwks, base.jwks);

const isSame = (one: ReadJwks, other: ReadJwks): boolean =>
  JSON.stringify(one.keys) === JSON.stringify(other.keys);
