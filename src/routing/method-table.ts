import type { Route } from '../core/policy.ts';

/** Never covered by a route for "every method": nothing behind the gateway may be tunnelled to or echo credentials. */
const ONLY_BY_NAME: ReadonlySet<string> = new Set(['CONNECT', 'TRACE']);

/** What `Allow` lists for a route without a method list, which takes unlisted methods as well. */
const COMMON_METHODS = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'] as const;

/** The routes of one host and path, told apart by method. */
export interface MethodTable {
  /** Routes naming a method; `HEAD` is here for every route naming `GET` (RFC 9110 §9.1, §9.3.2). */
  readonly named: ReadonlyMap<string, Route>;
  /** The route for every other method. */
  readonly rest: Route | undefined;
  /** RFC 9110 §10.2.1, in order of configuration. */
  readonly allow: readonly string[];
  /** The first route that answers CORS: a 405 there is read by the pages that may read the rest. */
  readonly cors: string | undefined;
}

/**
 * Tells the routes of one host and path apart. `HEAD` goes to the route naming it, else to the one naming `GET`, so
 * that a resource's HEAD never follows a laxer policy than its GET; only then to the route for every method.
 * Throws on a tie (see `conflictingRoutes`): such a configuration is refused before.
 */
export function methodTable(routes: readonly Route[]): MethodTable {
  const named = new Map<string, Route>();
  let rest: Route | undefined;
  for (const route of routes) {
    const { methods } = route.match;
    if (methods === undefined) {
      if (rest !== undefined) throw tie(rest, route);
      rest = route;
    }
    for (const method of new Set(methods)) {
      const other = named.get(method);
      if (other !== undefined) throw tie(other, route);
      named.set(method, route);
    }
  }
  const get = named.get('GET');
  if (get !== undefined && !named.has('HEAD')) named.set('HEAD', get);
  const allow = new Set(rest === undefined ? named.keys() : [...named.keys(), ...COMMON_METHODS]);
  return { named, rest, allow: [...allow], cors: routes.find(({ cors }) => cors)?.name };
}

export function routeForMethod(table: MethodTable, method: string): Route | undefined {
  return table.named.get(method) ?? (ONLY_BY_NAME.has(method) ? undefined : table.rest);
}

/** Whether two routes of the same host and path tie on some method. */
export function methodsTie(a: Route, b: Route): boolean {
  const ofA = a.match.methods;
  const ofB = b.match.methods;
  if (ofA === undefined || ofB === undefined) return ofA === ofB;
  return ofA.some((method) => ofB.includes(method));
}

const tie = (a: Route, b: Route): Error => new Error(`routes ${a.name} and ${b.name} tie`);
