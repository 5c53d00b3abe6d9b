import type { RequestContext } from '../core/context.ts';
import type { RevocationPolicy } from '../core/policy.ts';
import type { Result } from '../core/result.ts';
import type { RevocationStatus } from '../core/revocation.ts';
import type { Clock, NumericDate } from '../core/time.ts';
import type { AnswerCache, CachedAnswer } from './answer-cache.ts';
import { type Inquiry, type InquiryAnswer, statusOf } from './inquiry.ts';
import { KEEP_FOR_BOUNDS, MAX_REFRESH_KEYS, REFRESH_AT } from './limits.ts';
import { statusFrom, type TokenLookups } from './predicates.ts';
import type { StatusOf } from './strict.ts';

/** How often all that a token needed was known, and how often it was asked for. Only grow. */
export interface CacheLookups {
  hits: number;
  misses: number;
}

/**
 * `cached`: an answer, either way, serves for `max_staleness` from the moment it was asked for. Answers are kept
 * per predicate, so a subject's or a client's is shared by all its tokens, and the verdict is reached anew for
 * each token. Answers in use are renewed together, many in one round trip, behind a request and before they are due.
 */
export function createCached(
  inquiry: Inquiry,
  cache: AnswerCache,
  lookups: CacheLookups,
  clock: Clock,
): StatusOf {
  let refreshingUntil: NumericDate = 0;
  let longestBound = 0;

  async function read(
    keys: readonly string[],
    timeoutMs: number,
    context: RequestContext,
  ): Promise<Result<InquiryAnswer, string>> {
    const answer = await inquiry.ask(keys, timeoutMs, context);
    if (!answer.ok || answer.value.doubt) return answer;
    const { readAt, values } = answer.value;
    for (const [index, key] of keys.entries()) if (!values[index]) cache.put(key, undefined, readAt);
    return answer;
  }

  /** One refresh at a time; the mark lapses by itself, as the request that carries it may be cut off. */
  function refreshBehind(policy: RevocationPolicy, context: RequestContext, now: NumericDate): void {
    if (now < refreshingUntil && refreshingUntil - now <= policy.timeoutMs / 1000 + 1) return;
    const bound = policy.maxStalenessSeconds;
    const readBefore = now - (bound * REFRESH_AT) / 2;
    const usedAfter = now - longestBound * KEEP_FOR_BOUNDS;
    const due = cache.dueForRefresh(MAX_REFRESH_KEYS, readBefore, usedAfter, now);
    if (due.length === 0) return;
    refreshingUntil = now + policy.timeoutMs / 1000;
    const refresh = read(due, policy.timeoutMs, context).then(() => {
      refreshingUntil = 0;
    });
    context.waitUntil(refresh);
  }

  async function ask(
    token: TokenLookups,
    policy: RevocationPolicy,
    context: RequestContext,
  ): Promise<RevocationStatus> {
    const answer = await read(token.keys, policy.timeoutMs, context);
    return answer.ok ? statusOf(token, answer.value) : { state: 'unknown', cause: answer.error };
  }

  return (token, policy, context) => {
    const now = clock();
    const bound = policy.maxStalenessSeconds;
    longestBound = Math.max(longestBound, bound);
    let oldest = now;
    let named = false;
    for (const key of token.keys) {
      const answer = cache.get(key);
      if (answer === undefined || !isFresh(answer, now, bound)) {
        lookups.misses++;
        return ask(token, policy, context);
      }
      answer.usedAt = now;
      oldest = Math.min(oldest, answer.readAt);
      named ||= answer.value !== undefined;
    }
    lookups.hits++;
    // Most tokens are named by nothing: no list of answers is made for them.
    const status: RevocationStatus = named
      ? statusFrom(
          token,
          token.keys.map((key) => cache.get(key)?.value),
        )
      : ACTIVE;
    if (now - oldest > bound * REFRESH_AT) refreshBehind(policy, context, now);
    return status;
  };
}

const ACTIVE: RevocationStatus = { state: 'active' };

/**
 * Not from the future (the clock went back), not older than the bound, and not a revocation that has ended since:
 * it may have been extended, so its end is no proof that it is over.
 */
const isFresh = ({ readAt, value }: CachedAnswer, now: NumericDate, bound: number): boolean =>
  readAt <= now && now - readAt <= bound && !(value?.expiresAt !== undefined && value.expiresAt <= now);
