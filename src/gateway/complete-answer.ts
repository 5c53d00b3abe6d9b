import type { Route } from '../core/policy.ts';
import type { ReceivedRequest } from '../core/received-request.ts';
import type { Result } from '../core/result.ts';
import { removeCorsHeaders, setCorsHeaders } from '../cors/answer-headers.ts';
import { setRateHeaders } from '../rate-limit/answer-headers.ts';
import type { Turn } from '../rate-limit/port.ts';

/** The routes whose answers, the origin's and our own, say more by the policy; undefined: there are none. */
export function completedRoutes(routes: readonly Route[]): ReadonlyMap<string, Route> | undefined {
  const completed = routes.filter(
    ({ cors, resource, rateLimit }) => (cors ?? resource ?? rateLimit) !== undefined,
  );
  return completed.length === 0 ? undefined : new Map(completed.map((route) => [route.name, route]));
}

/** The route whose answer this is; of a 405, one of the path's. @param name null where none matched */
export function completedRoute(
  completed: ReadonlyMap<string, Route>,
  name: string | null,
  result: Result<unknown>,
): Route | undefined {
  const found =
    name ?? (!result.ok && result.error.reason === 'method_not_allowed' ? result.error.route : null);
  return found === null || found === undefined ? undefined : completed.get(found);
}

/**
 * The origin's answer, ready for what the policy adds: headers that can be changed, without what the origin says of CORS
 * where the gateway does, and with what is left of the caller's limit. A handshake passes as it is.
 */
export function toComplete(response: Response, { cors, rateLimit }: Route, turn: Turn | undefined): Response {
  if (response.webSocket !== null) return response;
  const answer = new Response(response.body, response);
  if (cors !== undefined) removeCorsHeaders(answer.headers);
  if (rateLimit !== undefined) {
    const { remaining, resetSeconds } = turn ?? {};
    const isKnown = remaining !== undefined && resetSeconds !== undefined;
    setRateHeaders(answer.headers, rateLimit, isKnown ? { remaining, resetSeconds } : undefined);
  }
  return answer;
}

export interface Answered {
  readonly received: ReceivedRequest;
  readonly result: Result<unknown>;
  /** No route takes the method. */
  readonly unmatched: boolean;
}

/** Adds what the policy says to an answer: one of our own, or one of the origin's that `toComplete` has made ready. */
export function completeAnswer(
  response: Response,
  { received, result, unmatched }: Answered,
  { cors, rateLimit }: Route,
): void {
  if (response.webSocket !== null) return;
  if (rateLimit !== undefined && !result.ok && !unmatched) {
    const { error } = result;
    const resetSeconds = error.reason === 'rate_limited' ? error.retryAfterSeconds : undefined;
    setRateHeaders(
      response.headers,
      rateLimit,
      resetSeconds === undefined ? undefined : { remaining: 0, resetSeconds },
    );
  }
  if (cors !== undefined) {
    const method = unmatched ? undefined : received.method;
    setCorsHeaders(response.headers, { method, headers: received.headers }, cors);
  }
}
