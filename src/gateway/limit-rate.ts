import type { RateLimitPolicy } from '../core/answer-policy.ts';
import type { RequestContext } from '../core/context.ts';
import type { Policy } from '../core/policy.ts';
import type { Principal } from '../core/principal.ts';
import type { Result } from '../core/result.ts';
import { countedBy } from '../rate-limit/counted-by.ts';
import { Guesses } from '../rate-limit/guesses.ts';
import { bindingCounter, type RateCounter, type RateLimitBinding, type Turn } from '../rate-limit/port.ts';
import { takeTurn } from '../rate-limit/take-turn.ts';
import { createRedis } from '../redis/client.ts';
import { countInWindow } from '../redis/count.ts';

/** Where each route's requests are counted, by the route's name; undefined: no route has a limit. */
export type RateCounters = ReadonlyMap<string, RateCounter>;

export interface RateWorld {
  readonly counters: RateCounters | undefined;
  readonly guesses: Guesses | undefined;
}

/** Counters as the policy names them, out of the Worker's bindings and secrets. */
export function rateWorld(policy: Policy, bindings: Readonly<Record<string, unknown>>): RateWorld {
  const limits = policy.routes.flatMap(({ rateLimit }) => (rateLimit === undefined ? [] : [rateLimit]));
  const failed = policy.failedAuthenticationLimit;
  return {
    counters:
      limits.length === 0
        ? undefined
        : new Map(limits.map((limit) => [limit.name, counterOf(limit, bindings)])),
    guesses: failed && new Guesses(bindings[failed.binding] as RateLimitBinding, failed.periodSeconds),
  };
}

function counterOf({ binding }: RateLimitPolicy, bindings: Readonly<Record<string, unknown>>): RateCounter {
  if (binding !== undefined) return bindingCounter(bindings[binding] as RateLimitBinding);
  const redis = createRedis({
    url: String(bindings.RATE_LIMIT_REDIS_REST_URL),
    token: String(bindings.RATE_LIMIT_REDIS_REST_TOKEN),
  });
  return {
    take: async (name, { limit, periodSeconds, timeoutMs }) => {
      const key = `portcullis:v1:rate:${name}`;
      const { count, leftMs } = await countInWindow(redis, {
        key,
        periodMs: periodSeconds * 1_000,
        timeoutMs,
      });
      return { within: count <= limit, remaining: Math.max(0, limit - count), resetSeconds: leftMs / 1_000 };
    },
  };
}

export interface Caller {
  readonly principal: Principal | undefined;
  readonly clientAddress: string | undefined;
}

/** Counts a request of this caller. */
export async function limitRate(
  limit: RateLimitPolicy,
  { principal, clientAddress }: Caller,
  counters: RateCounters | undefined,
  { emit }: Pick<RequestContext, 'emit'>,
): Promise<Result<Turn>> {
  const key = await countedBy(limit, principal, clientAddress);
  return takeTurn(limit, key, counters?.get(limit.name), emit);
}
