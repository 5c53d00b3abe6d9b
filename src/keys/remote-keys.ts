import type { RequestContext } from '../core/context.ts';
import type { JwsHeader, VerificationKey } from '../core/jose.ts';
import type { KeyProvider } from '../core/policy.ts';
import { err, type Result } from '../core/result.ts';
import type { Clock, NumericDate } from '../core/time.ts';
import { emitFailed, emitRefreshed, emitRejected, emitState, type Listener } from './events.ts';
import { type FreshnessState, stateAt } from './freshness.ts';
import type { HeldJwks } from './held-jwks.ts';
import { JwksLoader, type LoaderPorts, type LoadFailure, type Taken } from './jwks-loader.ts';
import type { RemoteKeysPolicy } from './jwks-origin.ts';
import { LastFailure } from './last-failure.ts';
import type { Candidates, IssuerKeysStatus, MissingAsOf } from './port.ts';
import { remoteStatus } from './remote-status.ts';
import { SingleFlight } from './single-flight.ts';
import { UnknownKeys } from './unknown-keys.ts';
import { findWanted, missing, type Wanted } from './wanted.ts';

/** Why a refresh runs. */
type Cause = 'cold' | 'ahead' | 'stale' | 'expired' | 'unknown_key';

type Answer = Result<Candidates>;

export interface RemotePorts extends LoaderPorts {
  readonly clock: Clock;
  readonly missingAsOf: MissingAsOf;
}

/** The keys of one issuer, fetched from it and held in this isolate: the state machine of docs/keys.md. */
export class RemoteKeys {
  readonly #provider: KeyProvider;
  readonly #policy: RemoteKeysPolicy;
  readonly #clock: Clock;
  readonly #missingAsOf: MissingAsOf;
  readonly #loader: JwksLoader;
  readonly #flight: SingleFlight;
  readonly #unknown: UnknownKeys;
  readonly #failure: LastFailure;
  #held: HeldJwks | undefined;
  #announced: FreshnessState = 'fresh';
  /** How many refreshes have begun, and which of them was the last to count. */
  #begun = 0;
  #ended = 0;

  constructor(provider: KeyProvider, policy: RemoteKeysPolicy, ports: RemotePorts) {
    this.#provider = provider;
    this.#policy = policy;
    this.#clock = ports.clock;
    this.#missingAsOf = ports.missingAsOf;
    this.#loader = new JwksLoader(provider, policy, ports);
    this.#flight = new SingleFlight(ports.clock, policy.cache.timeoutMs);
    this.#unknown = new UnknownKeys(policy.cache.cooldownSeconds);
    this.#failure = new LastFailure(policy.cache);
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
    if (state === 'stale_if_error' && !this.#failure.isRecent(now)) {
      return this.#awaitRefresh(wanted, context, 'stale');
    }
    if (now >= held.lifetime.refreshAt && !this.#failure.isCoolingDown(now)) {
      const cause = state === 'fresh' ? 'ahead' : 'stale';
      this.#flight.start(context, () => this.#refresh(context, cause, undefined));
    }
    const found = findWanted(held.keys, wanted);
    if (found?.ok) {
      if (state !== 'fresh') this.#announce(state, held, now, context);
      return found;
    }
    if (found !== undefined && state === 'fresh') return missing(wanted, found.error);
    return now < this.#unknown.mayFetchFrom(header)
      ? this.#missing(wanted, held, context)
      : this.#awaitRefresh(wanted, context, 'unknown_key');
  }

  async #awaitRefresh(wanted: Wanted, context: RequestContext, cause: Cause): Promise<Answer> {
    let refreshed = await this.#refreshed(wanted, context, cause);
    if (refreshed && this.#isUnasked(wanted, context)) {
      refreshed = await this.#refreshed(wanted, context, 'unknown_key');
    }
    return this.#answer(wanted, context, refreshed);
  }

  /** Whether a refresh was waited for until its end. */
  async #refreshed(wanted: Wanted, context: RequestContext, cause: Cause): Promise<boolean> {
    if (this.#failure.isCoolingDown(this.#clock()) && !this.#flight.running) return false;
    const end = await this.#flight.wait(context, () => this.#refresh(context, cause, wanted));
    return end !== 'gave_up';
  }

  /** What was waited for had begun before the request arrived, so nobody has asked for its key yet; it may be done. */
  #isUnasked(wanted: Wanted, { now }: RequestContext): boolean {
    const held = this.#held;
    if (held === undefined || this.#failure.retryAt !== undefined || held.confirmedAt >= now) return false;
    if (findWanted(held.keys, wanted) !== undefined) return false;
    return this.#clock() >= this.#unknown.mayFetchFrom(wanted.header);
  }

  /** What the set at hand says, after a refresh was awaited or could not be had. */
  #answer(wanted: Wanted, context: RequestContext, refreshed: boolean): Answer {
    const held = this.#held;
    const now = this.#clock();
    const state = held === undefined ? 'expired' : stateAt(held.lifetime, now);
    const known = refreshed && this.#failure.retryAt === undefined;
    if (held !== undefined && state !== 'expired') {
      const found = findWanted(held.keys, wanted);
      if (found?.ok) {
        this.#announce(state, held, now, context);
        return found;
      }
      if (known) return found ? missing(wanted, found.error) : this.#missing(wanted, held, context);
    }
    const refused = this.#failure.refused.find(({ kid }) => kid !== undefined && kid === wanted.header.kid);
    if (refused !== undefined) return missing(wanted, `the key is refused: ${refused.why}`);
    const retryAt = this.#failure.retryAt ?? now;
    if (held === undefined) return this.#unavailable('no set yet', retryAt);
    if (state === 'expired') return this.#unavailable('the set has expired', retryAt);
    return this.#unavailable('not in the set held, and the issuer cannot be asked', retryAt);
  }

  /** The set lacks the key, and the issuer was asked or need not be. */
  #missing(wanted: Wanted, held: HeldJwks, { now }: RequestContext): Answer {
    return this.#missingAsOf === 'cooldown' || held.asOf >= now
      ? missing(wanted)
      : this.#unavailable('not in a set from before the request', this.#unknown.mayFetchFrom(wanted.header));
  }

  /** `Retry-After` counts from now, however long the request has waited. */
  #unavailable(evidence: string, retryAt: NumericDate): Answer {
    const retryAfterSeconds = Math.max(1, Math.ceil(retryAt - this.#clock()));
    return err({ reason: 'keys_unavailable', evidence, retryAfterSeconds });
  }

  /** @param wanted what the request that runs this waits for; undefined: nobody does */
  async #refresh(context: RequestContext, cause: Cause, wanted: Wanted | undefined): Promise<void> {
    this.#begun += 1;
    const turn = this.#begun;
    const { taken, failure } = await this.#loader.load(this.#held, wanted, context, this.#clock());
    // Overtaken by one that began later, as when the request that ran this was thought lost.
    if (turn < this.#ended) return;
    this.#ended = turn;
    if (taken !== undefined) this.#adopt(taken, context, cause);
    if (failure !== undefined) return this.#fail(failure, context, cause);
    if (wanted === undefined) return;
    const { keys, confirmedAt } = taken.held;
    if (findWanted(keys, wanted) === undefined) this.#unknown.missed(wanted.header, confirmedAt);
    else if (cause === 'unknown_key') this.#unknown.found(wanted.header, confirmedAt);
  }

  #adopt({ held, source, modified }: Taken, context: RequestContext, cause: Cause): void {
    const previous = this.#held;
    this.#held = held;
    this.#failure.clear();
    this.#announced = 'fresh';
    emitRefreshed(this.#listener(context), { cause, source, modified }, held, previous?.keys);
  }

  #fail(failure: LoadFailure, context: RequestContext, cause: Cause): void {
    const at = this.#clock();
    const to = this.#listener(context);
    emitRejected(to, failure.refused, [...this.#failure.refused, ...(this.#held?.keys.rejected ?? [])]);
    this.#failure.record(failure, at);
    emitFailed(to, cause, failure, this.#failure.retryAt ?? at);
  }

  #announce(state: FreshnessState, held: HeldJwks, now: NumericDate, context: RequestContext): void {
    if (this.#announced === state) return;
    this.#announced = state;
    emitState(this.#listener(context), state, now - held.confirmedAt);
  }

  #listener({ emit }: RequestContext): Listener {
    return { issuer: this.#provider.name, emit };
  }

  status(now: NumericDate): IssuerKeysStatus {
    return remoteStatus(
      {
        issuer: this.#provider.name,
        held: this.#held,
        jwksUri: this.#policy.jwksUri,
        lastError: this.#failure.error,
        retryAt: this.#failure.retryAt,
        refreshing: this.#flight.running,
      },
      now,
    );
  }
}

const NONE_TRIED: readonly VerificationKey[] = [];
