import type { Route } from '../core/policy.ts';
import type { ReceivedRequest } from '../core/received-request.ts';
import type { Result } from '../core/result.ts';
import { setCorsHeaders } from '../cors/answer-headers.ts';

/** The routes whose answers, the origin's and our own, say more by the policy; undefined: there are none. */
export function completedRoutes(routes: readonly Route[]): ReadonlyMap<string, Route> | undefined {
  const completed = routes.filter(({ cors, resource }) => cors !== undefined || resource !== undefined);
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

/** Adds what the policy says to an answer, whose headers can be changed. @param unmatched no route takes the method */
export function completeAnswer(
  response: Response,
  received: ReceivedRequest,
  { cors }: Route,
  unmatched: boolean,
): void {
  if (cors !== undefined && response.webSocket === null) {
    const method = unmatched ? undefined : received.method;
    setCorsHeaders(response.headers, { method, headers: received.headers }, cors);
  }
}

/** The same response with headers that can be changed; what `fetch` returns has others. */
export const modifiable = (response: Response): Response => new Response(response.body, response);
