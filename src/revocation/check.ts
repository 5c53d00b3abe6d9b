import type { RequestContext } from '../core/context.ts';
import type { Access, RevocationMode } from '../core/policy.ts';
import type { LiveToken } from '../core/principal.ts';
import { err, ok, type Result } from '../core/result.ts';
import type { RevocationStatus } from '../core/revocation.ts';
import type { Clock } from '../core/time.ts';
import type { VerifiedToken } from '../core/verified-token.ts';
import { AnswerCache } from './answer-cache.ts';
import { type CacheLookups, createCached } from './cached.ts';
import { EpochWatch, type StoreDoubt } from './epoch-watch.ts';
import { createInquiry } from './inquiry.ts';
import { KeptWatch } from './kept-watch.ts';
import { MAX_CACHED_ANSWERS, RETRY_AFTER_SECONDS } from './limits.ts';
import type { ReplicaStatus, RevocationReader, RevocationReplica } from './port.ts';
import { lookupsOf } from './predicates.ts';
import { type Recalled, recall } from './recall.ts';
import { createReplicated } from './replicated.ts';
import { checkRevocable } from './revocable.ts';
import { createStrict, type StatusOf } from './strict.ts';

export interface RevocationOptions {
  readonly reader: RevocationReader;
  readonly clock: Clock;
  /** Which store it is, for people to compare with the writer's. */
  readonly storeName?: string;
  /** Whose life the store must be in; undefined: the one this isolate sees first. */
  readonly epochs?: EpochWatch | undefined;
  /** Makes the copy that `replicated` asks; undefined: those routes ask the store, as `cached` does. */
  readonly replica?: ((epochs: EpochWatch) => RevocationReplica) | undefined;
  /** Counts the tokens that `cached` decides, by whether it had to ask. */
  readonly lookups?: CacheLookups | undefined;
  /** Answers that `cached` may remember. */
  readonly cachedAnswers?: number;
}

/** What the status endpoint shows of this isolate. */
export interface RevocationRoomStatus {
  readonly cachedAnswers: number;
  readonly store: {
    readonly name: string | undefined;
    /** As of the last answer, as is all that follows. */
    readonly doubt: StoreDoubt | undefined;
    readonly epoch: string | undefined;
    readonly position: number;
    readonly keptSeconds: Readonly<Record<string, number>> | undefined;
  };
  /** undefined where none is made. */
  readonly replica: ReplicaStatus | undefined;
}

export interface RevocationCheck {
  /**
   * Whether the token may pass: `revoked` when the deny-list names it, `revocation_unavailable` when that cannot be
   * told and the policy does not accept the doubt; `claim_missing` or `claim_invalid` when no revocation could hold it
   * (see `revocable.ts`). Answers at once where the mode allows it.
   * Does NOT verify the token.
   */
  check(
    token: VerifiedToken,
    access: Pick<Access, 'name' | 'revocation'>,
    context: RequestContext,
  ): Result<LiveToken> | Promise<Result<LiveToken>>;
  /** Age of this isolate's replica; undefined when it has none. */
  replicaAgeSeconds(): number | undefined;
}

export interface Revocation extends RevocationCheck {
  status(): RevocationRoomStatus;
}

/** One per isolate: it holds the caches. */
export function createRevocation(options: RevocationOptions): Revocation {
  const { reader, clock } = options;
  const epochs = options.epochs ?? new EpochWatch(undefined);
  const cache = new AnswerCache(options.cachedAnswers ?? MAX_CACHED_ANSWERS);
  const inquiry = createInquiry(reader, epochs, cache, clock);
  const replica = options.replica?.(epochs);
  const kept = new KeptWatch(epochs);
  const strict = createStrict(inquiry);
  const cached = createCached(inquiry, cache, options.lookups ?? { hits: 0, misses: 0 }, clock);
  const modes: Readonly<Record<Exclude<RevocationMode, 'off'>, StatusOf>> = {
    strict,
    cached,
    replicated: replica ? createReplicated(replica, cached, clock) : cached,
  };

  return {
    check(token, access, context) {
      const policy = access.revocation;
      if (policy.mode === 'off') return ok(mint(token, 'off'));
      const fault = checkRevocable(token);
      if (fault) return err(fault);
      const lookups = lookupsOf(token);
      const status = modes[policy.mode](lookups, policy, context);
      if (!(status instanceof Promise) && status.state === 'active' && !kept.isTooShortFor(token, context)) {
        return ok(mint(token, 'checked'));
      }
      const judged = (told: RevocationStatus): Result<LiveToken> => {
        if (told.state === 'revoked') return err({ reason: 'revoked', evidence: told.by });
        const cause = told.state === 'unknown' ? told.cause : 'kept_too_short';
        if (told.state === 'active' && !kept.isTooShortFor(token, context)) return ok(mint(token, 'checked'));
        return doubted({ token, access, context }, cause, recall(lookups, cache, replica, clock()));
      };
      return status instanceof Promise ? status.then(judged) : judged(status);
    },
    status: () => ({
      cachedAnswers: cache.size,
      store: {
        name: options.storeName,
        doubt: epochs.doubt,
        epoch: epochs.epoch,
        position: epochs.position,
        keptSeconds: epochs.keptSeconds && Object.fromEntries(epochs.keptSeconds),
      },
      replica: replica?.status(clock()),
    }),
    replicaAgeSeconds: () => replica?.age(clock()),
  };
}

interface Asked {
  readonly token: VerifiedToken;
  readonly access: Pick<Access, 'name' | 'revocation'>;
  readonly context: RequestContext;
}

/** What is known to be revoked, or suspected of it, is let in by no posture. */
function doubted({ token, access, context }: Asked, cause: string, recalled: Recalled): Result<LiveToken> {
  if (recalled.known === 'revoked') return err({ reason: 'revoked', evidence: recalled.by });
  if (access.revocation.onUnavailable === 'reject' || recalled.known === 'suspected') {
    return err({
      reason: 'revocation_unavailable',
      evidence: cause,
      retryAfterSeconds: RETRY_AFTER_SECONDS,
    });
  }
  context.emit({
    event: 'revocation_accepted_on_doubt',
    level: 'warn',
    route: access.name,
    issuer: token.profile.name,
    cause,
  });
  return ok(mint(token, 'accepted_on_doubt'));
}

/** The only place that makes a `LiveToken`. */
const mint = (token: VerifiedToken, revocation: LiveToken['revocation']): LiveToken =>
  ({ token, revocation }) as LiveToken;
