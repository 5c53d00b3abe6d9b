import type { RequestContext } from '../core/context.ts';
import type { JwsHeader, VerificationKey } from '../core/jose.ts';
import type { Issuer } from '../core/policy.ts';
import { err, type Result } from '../core/result.ts';
import type { Clock, NumericDate } from '../core/time.ts';
import { before, DeadlineExceeded, withTimer } from './deadline.ts';
import { emitFailed, emitRefreshed, emitState } from './events.ts';
import type { Failure } from './fetch-document.ts';
import { type FreshnessState, type Lifetime, lifetimeOf, stateAt } from './freshness.ts';
import { JwksOrigin, type OriginJwks, type RemoteKeysPolicy } from './jwks-origin.ts';
import { importKeySet, type KeySet, listKeys } from './key-set.ts';
import type { FetchDocument, IssuerKeysStatus } from './port.ts';
import { SingleFlight } from './single-flight.ts';
import { UnknownKeys } from './unknown-keys.ts';

/** Why a refresh runs. */
type Cause = 'cold' | 'ahead' | 'stale' | 'expired' | 'unknown_key';

interface Held {
  readonly keys: KeySet;
  readonly lifetime: Lifetime;
  readonly jwksUri: string;
  readonly etag: string | undefined;
}

interface Failed extends Failure {
  readonly at: NumericDate;
}

type Answer = Result<VerificationKey>;

export interface RemoteKeysPorts {
  readonly fetch: FetchDocument;
  readonly clock: Clock;
  /** A number from 0 to 1 that differs between isolates. */
  readonly jitter: () => number;
}

/** The keys of one issuer, fetched from it and held in this isolate: the state machine of docs/keys.md. */
export class RemoteKeys {
  readonly #issuer: Issuer;
  readonly #policy: RemoteKeysPolicy;
  readonly #ports: RemoteKeysPorts;
  readonly #origin: JwksOrigin;
  readonly #flight: SingleFlight;
  readonly #unknown: UnknownKeys;
  #held: Held | undefined;
  /** The last attempt, when it failed. */
  #failed: Failed | undefined;
  #announced: FreshnessState = 'fresh';

  constructor(issuer: Issuer, policy: RemoteKeysPolicy, ports: RemoteKeysPorts) {
    const { cache } = policy;
    this.#issuer = issuer;
    this.#policy = policy;
    this.#ports = ports;
    this.#origin = new JwksOrigin(issuer, policy, ports.fetch, ports.jitter);
    this.#flight = new SingleFlight(ports.clock, cache.timeoutMs);
    this.#unknown = new UnknownKeys(cache.cooldownSeconds, cache.maxAgeSeconds);
  }

  keyFor(header: JwsHeader, context: RequestContext): Answer | Promise<Answer> {
    const held = this.#held;
    const { now } = context;
    if (held === undefined) return this.#awaitRefresh(header, context, 'cold');
    const state = stateAt(held.lifetime, now);
    if (state === 'expired') {
      this.#announce(state, held, context);
      return this.#awaitRefresh(header, context, 'expired');
    }
    if (state === 'stale_if_error' && !this.#failedLately(now)) {
      return this.#awaitRefresh(header, context, 'stale');
    }
    if (now >= held.lifetime.refreshAt && !this.#coolingDown(now)) {
      const cause = state === 'fresh' ? 'ahead' : 'stale';
      this.#flight.start(context, () => this.#refresh(context, cause));
    }
    const found = held.keys.find(header);
    if (found?.ok) {
      if (state !== 'fresh') this.#announce(state, held, context);
      return found;
    }
    if (found !== undefined && state === 'fresh') return notFound(found.error);
    // Without a fetch of its own, the set at hand says enough: see `UnknownKeys`.
    if (!this.#unknown.mayFetch(header, now)) return notFound(NOT_IN_SET);
    return this.#awaitRefresh(header, context, 'unknown_key');
  }

  async #awaitRefresh(header: JwsHeader, context: RequestContext, cause: Cause): Promise<Answer> {
    const barred = this.#coolingDown(context.now) && !this.#flight.running;
    const waited = barred ? 'barred' : await this.#flight.wait(context, () => this.#refresh(context, cause));
    const held = this.#held;
    if (waited === 'ran' && held !== undefined && this.#failed === undefined) {
      const fetchedAt = held.lifetime.confirmedAt;
      const found = held.keys.find(header);
      if (found === undefined) this.#unknown.missed(header, fetchedAt);
      else if (cause === 'unknown_key') this.#unknown.found(header, fetchedAt);
    }
    return this.#answer(header, context, waited === 'ran' || waited === 'joined');
  }

  /** What the set at hand says, after a refresh was awaited or could not be had. */
  #answer(header: JwsHeader, context: RequestContext, refreshed: boolean): Answer {
    const held = this.#held;
    if (held === undefined) return this.#unavailable(context.now, 'no set yet');
    const state = stateAt(held.lifetime, context.now);
    if (state === 'expired') return this.#unavailable(context.now, 'the set has expired');
    const found = held.keys.find(header);
    if (found?.ok) {
      this.#announce(state, held, context);
      return found;
    }
    if (!refreshed || this.#failed !== undefined) {
      return this.#unavailable(context.now, 'not in the set held, and the issuer cannot be asked');
    }
    return notFound(found?.error ?? NOT_IN_SET);
  }

  #unavailable(now: NumericDate, evidence: string): Answer {
    const waitSeconds = this.#failed === undefined ? 1 : this.#retryAt(this.#failed) - now;
    const retryAfterSeconds = Math.max(1, Math.ceil(waitSeconds));
    return err({ reason: 'keys_unavailable', evidence, retryAfterSeconds });
  }

  async #refresh(context: RequestContext, cause: Cause): Promise<void> {
    const { clock } = this.#ports;
    const { timeoutMs } = this.#policy.cache;
    const startedAt = clock();
    const held = this.#held;
    const loaded = await withTimer(timeoutMs, (signal) =>
      before(signal, this.#origin.load(held, startedAt, signal)),
    ).catch(unexpected);
    if (loaded.ok) await this.#adopt(loaded.value, startedAt, context, cause);
    else this.#fail(loaded.error, context, cause);
  }

  async #adopt(
    loaded: OriginJwks,
    startedAt: NumericDate,
    context: RequestContext,
    cause: Cause,
  ): Promise<void> {
    const { cache, pins } = this.#policy;
    const previous = this.#held;
    const keys =
      loaded.jwks === undefined
        ? previous?.keys
        : await importKeySet(loaded.jwks, { algorithms: this.#issuer.algorithms, pins }, previous?.keys);
    if (keys === undefined) return this.#fail({ why: 'not_modified_unasked', detail: '304' }, context, cause);
    const lifetime = lifetimeOf(startedAt, loaded.freshSeconds, cache, this.#ports.jitter());
    const { jwksUri, etag } = loaded;
    this.#held = { keys, lifetime, jwksUri, etag };
    this.#failed = undefined;
    this.#announced = 'fresh';
    emitRefreshed(
      context.emit,
      this.#issuer.name,
      {
        cause,
        source: 'issuer',
        modified: loaded.jwks !== undefined,
        jwksUri,
        confirmedAt: startedAt,
        freshUntil: lifetime.freshUntil,
      },
      keys,
      previous?.keys,
    );
  }

  #fail(failure: Failure, context: RequestContext, cause: Cause): void {
    const failed = { ...failure, at: this.#ports.clock() };
    this.#failed = failed;
    emitFailed(context.emit, this.#issuer.name, cause, failure, this.#retryAt(failed));
  }

  #retryAt(failed: Failed): NumericDate {
    return failed.at + this.#policy.cache.cooldownSeconds;
  }

  #coolingDown(now: NumericDate): boolean {
    return this.#failed !== undefined && now < this.#retryAt(this.#failed);
  }

  /** The issuer is known to fail, so nobody waits to learn it again: RFC 5861 §4. */
  #failedLately(now: NumericDate): boolean {
    const { cooldownSeconds, timeoutMs } = this.#policy.cache;
    return this.#failed !== undefined && now - this.#failed.at < 2 * cooldownSeconds + timeoutMs / 1_000;
  }

  #announce(state: FreshnessState, held: Held, context: RequestContext): void {
    if (this.#announced === state) return;
    this.#announced = state;
    emitState(context.emit, this.#issuer.name, state, context.now - held.lifetime.confirmedAt);
  }

  status(now: NumericDate): IssuerKeysStatus {
    const held = this.#held;
    const lifetime = held?.lifetime;
    const retryAt = this.#failed && this.#retryAt(this.#failed);
    return {
      issuer: this.#issuer.name,
      from: 'remote',
      state: lifetime === undefined ? 'cold' : stateAt(lifetime, now),
      jwksUri: this.#origin.jwksUri,
      ageSeconds: lifetime && now - lifetime.confirmedAt,
      freshUntil: lifetime?.freshUntil,
      usableUntil: lifetime?.usableUntil,
      nextRefreshAt: retryAt ?? lifetime?.refreshAt,
      refreshing: this.#flight.running,
      keys: held === undefined ? [] : listKeys(held.keys),
      rejected: held?.keys.rejected.map(({ kid, why }) => ({ kid: kid ?? null, why })) ?? [],
      lastError: this.#failed,
    };
  }
}

/** Whatever else goes wrong is a failed refresh like any other: told, and under the cooldown. */
const unexpected = (cause: unknown) =>
  err(
    cause instanceof DeadlineExceeded
      ? { why: 'timeout', detail: 'the deadline passed' }
      : { why: 'internal_error', detail: cause instanceof Error ? cause.name : 'unknown' },
  );

const NOT_IN_SET = "not in the issuer's set";

const notFound = (evidence: string): Answer => err({ reason: 'key_not_found', evidence });
