import type { RateLimitPolicy } from '../core/answer-policy.ts';
import { withinDeadline } from '../core/deadline.ts';
import type { OperationalEvent } from '../core/event.ts';
import { err, ok, type Result } from '../core/result.ts';
import type { RateCounter, Turn } from './port.ts';

const UNKNOWN: Turn = { remaining: undefined, resetSeconds: undefined };

/**
 * Counts one request and says whether it is within the limit. Rejects with `rate_limited` where it is not. A counter
 * that does not answer in time: the request passes, with an event, or `rate_limit_unavailable`, as the policy has it.
 * Never throws.
 */
export async function takeTurn(
  policy: RateLimitPolicy,
  key: string,
  counter: RateCounter | undefined,
  emit: (event: OperationalEvent) => void,
): Promise<Result<Turn>> {
  try {
    if (counter === undefined) throw new Error('no counter');
    const turn = await withinDeadline(policy.timeoutMs, () => counter.take(key, policy));
    if (turn.within) return ok(turn);
    return err({
      reason: 'rate_limited',
      evidence: policy.by,
      retryAfterSeconds: turn.resetSeconds ?? policy.periodSeconds,
    });
  } catch {
    if (policy.onUnavailable === 'reject') {
      return err({ reason: 'rate_limit_unavailable', evidence: policy.by, retryAfterSeconds: 1 });
    }
    emit({ event: 'rate_limit_failed', level: 'warn', route: policy.name });
    return ok(UNKNOWN);
  }
}
