import type { Route } from '../core/policy.ts';
import type { ReceivedRequest } from '../core/received-request.ts';
import type { Result } from '../core/result.ts';
import { setCorsHeaders } from '../cors/answer-headers.ts';

/** The routes whose answers, the origin's and our own, get headers from the policy; undefined: there are none. */
export function completedRoutes(routes: readonly Route[]): ReadonlyMap<string, Route> | undefined {
  const completed = routes.filter(({ cors }) => cors !== undefined);
  return completed.length === 0 ? undefined : new Map(completed.map((route) => [route.name, route]));
}

export interface Answered {
  readonly received: ReceivedRequest;
  readonly result: Result<Response>;
  /** null where no route matched. */
  readonly routeName: string | null;
}

/** Adds what the policy says to the answer of a route. The headers of `response` can be changed. */
export function completeAnswer(
  response: Response,
  { received, result, routeName }: Answered,
  completed: ReadonlyMap<string, Route>,
): void {
  const name = routeName ?? (result.ok ? undefined : routeOf(result.error));
  const route = name === undefined ? undefined : completed.get(name);
  if (route?.cors !== undefined && response.webSocket === null) {
    const method = routeName === null ? undefined : received.method;
    setCorsHeaders(response.headers, { method, headers: received.headers }, route.cors);
  }
}

const routeOf = (rejection: object): string | undefined =>
  'route' in rejection && typeof rejection.route === 'string' ? rejection.route : undefined;

/** The same response with headers that can be changed; what `fetch` returns has others. */
export const modifiable = (response: Response): Response => new Response(response.body, response);
