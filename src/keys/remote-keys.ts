import type { RequestContext } from '../core/context.ts';
import type { JwsHeader, VerificationKey } from '../core/jose.ts';
import type { KeyProvider } from '../core/policy.ts';
import { err, type Result } from '../core/result.ts';
import type { Clock, NumericDate } from '../core/time.ts';
import { emitFailed, emitRefreshed, emitState } from './events.ts';
import type { Failure } from './fetch-document.ts';
import { type FreshnessState, stateAt } from './freshness.ts';
import type { HeldJwks } from './held-jwks.ts';
import { JwksLoader, type Loaded, type LoaderPorts } from './jwks-loader.ts';
import type { RemoteKeysPolicy } from './jwks-origin.ts';
import { listKeys } from './key-set.ts';
import type { Candidates, IssuerKeysStatus } from './port.ts';
import { shownUrl } from './shown-url.ts';
import { SingleFlight } from './single-flight.ts';
import { UnknownKeys } from './unknown-keys.ts';
import { findWanted, type Wanted } from './wanted.ts';

/** Why a refresh runs. */
type Cause = 'cold' | 'ahead' | 'stale' | 'expired' | 'unknown_key';

interface Failed extends Failure {
  readonly at: NumericDate;
}

type Answer = Result<Candidates>;

/** The keys of one issuer, fetched from it and held in this isolate: the state machine of docs/keys.md. */
export class RemoteKeys {
  readonly #provider: KeyProvider;
  readonly #policy: RemoteKeysPolicy;
  readonly #clock: Clock;
  readonly #loader: JwksLoader;
  readonly #flight: SingleFlight;
  readonly #unknown: UnknownKeys;
  #held: HeldJwks | undefined;
  /** The last attempt, when it failed. */
  #failed: Failed | undefined;
  #announced: FreshnessState = 'fresh';

  constructor(provider: KeyProvider, policy: RemoteKeysPolicy, clock: Clock, ports: LoaderPorts) {
    const { cooldownSeconds, timeoutMs } = policy.cache;
    this.#provider = provider;
    this.#policy = policy;
    this.#clock = clock;
    this.#loader = new JwksLoader(provider, policy, ports);
    this.#flight = new SingleFlight(clock, timeoutMs);
    this.#unknown = new UnknownKeys(cooldownSeconds);
  }

  keysFor(
    header: JwsHeader,
    context: RequestContext,
    tried: readonly VerificationKey[] = NONE_TRIED,
  ): Answer | Promise<Answer> {
    const held = this.#held;
    const { now } = context;
    const wanted = { header, tried };
    if (held === undefined) return this.#awaitRefresh(wanted, context, 'cold');
    const state = stateAt(held.lifetime, now);
    if (state === 'expired') {
      this.#announce(state, held, now, context);
      return this.#awaitRefresh(wanted, context, 'expired');
    }
    if (state === 'stale_if_error' && !this.#failedLately(now)) {
      return this.#awaitRefresh(wanted, context, 'stale');
    }
    if (now >= held.lifetime.refreshAt && !this.#coolingDown(now)) {
      const cause = state === 'fresh' ? 'ahead' : 'stale';
      this.#flight.start(context, () => this.#refresh(context, cause, undefined));
    }
    const found = findWanted(held.keys, wanted);
    if (found?.ok) {
      if (state !== 'fresh') this.#announce(state, held, now, context);
      return found;
    }
    if (found !== undefined && state === 'fresh') return notFound(wanted, found.error);
    // Without a fetch of its own, the set at hand says enough: see `UnknownKeys`.
    if (!this.#unknown.mayFetch(header, now)) return notFound(wanted);
    return this.#awaitRefresh(wanted, context, 'unknown_key');
  }

  async #awaitRefresh(wanted: Wanted, context: RequestContext, cause: Cause): Promise<Answer> {
    const barred = this.#coolingDown(context.now) && !this.#flight.running;
    const waited = barred
      ? 'barred'
      : await this.#flight.wait(context, () => this.#refresh(context, cause, wanted));
    return this.#answer(wanted, context, waited === 'ran' || waited === 'joined');
  }

  /** What the set at hand says, after a refresh was awaited or could not be had. */
  #answer(wanted: Wanted, context: RequestContext, refreshed: boolean): Answer {
    const held = this.#held;
    const { now } = context;
    if (held === undefined) return this.#unavailable(now, 'no set yet');
    const state = stateAt(held.lifetime, now);
    if (state === 'expired') return this.#unavailable(now, 'the set has expired');
    const found = findWanted(held.keys, wanted);
    if (found?.ok) {
      this.#announce(state, held, now, context);
      return found;
    }
    if (!refreshed || this.#failed !== undefined) {
      return this.#unavailable(now, 'not in the set held, and the issuer cannot be asked');
    }
    return notFound(wanted, found?.error);
  }

  #unavailable(now: NumericDate, evidence: string): Answer {
    const waitSeconds = this.#failed === undefined ? 1 : this.#retryAt(this.#failed) - now;
    const retryAfterSeconds = Math.max(1, Math.ceil(waitSeconds));
    return err({ reason: 'keys_unavailable', evidence, retryAfterSeconds });
  }

  /** @param wanted what the request that runs this waits for; undefined: nobody does */
  async #refresh(context: RequestContext, cause: Cause, wanted: Wanted | undefined): Promise<void> {
    const loaded = await this.#loader.load(this.#held, wanted, context, this.#clock()).catch(unexpected);
    const { held, failure } = loaded;
    if (held !== undefined) this.#adopt(held, loaded, context, cause);
    if (failure !== undefined) return this.#fail(failure, context, cause);
    if (held === undefined || wanted === undefined) return;
    if (findWanted(held.keys, wanted) === undefined) this.#unknown.missed(wanted.header, held.confirmedAt);
    else if (cause === 'unknown_key') this.#unknown.found(wanted.header, held.confirmedAt);
  }

  #adopt(held: HeldJwks, { source, modified }: Loaded, context: RequestContext, cause: Cause): void {
    const previous = this.#held;
    this.#held = held;
    this.#failed = undefined;
    this.#announced = 'fresh';
    emitRefreshed(context.emit, this.#provider.name, { cause, source, modified }, held, previous?.keys);
  }

  #fail(failure: Failure, context: RequestContext, cause: Cause): void {
    const failed = { ...failure, at: this.#clock() };
    this.#failed = failed;
    emitFailed(context.emit, this.#provider.name, cause, failure, this.#retryAt(failed));
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

  #announce(state: FreshnessState, held: HeldJwks, now: NumericDate, context: RequestContext): void {
    if (this.#announced === state) return;
    this.#announced = state;
    emitState(context.emit, this.#provider.name, state, now - held.confirmedAt);
  }

  status(now: NumericDate): IssuerKeysStatus {
    const held = this.#held;
    const lifetime = held?.lifetime;
    const retryAt = this.#failed && this.#retryAt(this.#failed);
    const jwksUri = held?.jwksUri ?? this.#policy.jwksUri;
    return {
      issuer: this.#provider.name,
      from: 'remote',
      state: lifetime === undefined ? 'cold' : stateAt(lifetime, now),
      jwksUri: jwksUri === undefined ? undefined : shownUrl(jwksUri),
      ageSeconds: held && now - held.confirmedAt,
      freshUntil: lifetime?.freshUntil,
      usableUntil: lifetime?.usableUntil,
      nextRefreshAt: retryAt ?? lifetime?.refreshAt,
      refreshing: this.#flight.running,
      keys: held === undefined ? [] : listKeys(held.keys.entries),
      rejected: held?.keys.rejected.map(({ kid, why }) => ({ kid: kid ?? null, why })) ?? [],
      lastError: this.#failed,
    };
  }
}

/** Whatever else goes wrong is a failed refresh like any other: told, and under the cooldown. */
const unexpected = (cause: unknown): Loaded => ({
  held: undefined,
  source: 'issuer',
  modified: false,
  failure: { why: 'internal_error', detail: cause instanceof Error ? cause.name : 'unknown' },
});

const NONE_TRIED: readonly VerificationKey[] = [];

const notFound = ({ header, tried }: Wanted, evidence = "not in the issuer's set"): Answer =>
  tried.length === 0
    ? err({ reason: 'key_not_found', evidence })
    : err({
        reason: 'signature_invalid',
        evidence: `${header.alg}, by none of ${tried.length} keys that fit`,
      });
