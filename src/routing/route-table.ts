import type { Brand } from '../core/brand.ts';
import type { Route } from '../core/policy.ts';
import { err, ok, type Result } from '../core/result.ts';
import type { CanonicalTarget } from './canonical-path.ts';
import { type MethodTable, methodsTie, methodTable, routeForMethod } from './method-table.ts';
import { RouteIndex } from './route-index.ts';
import { foldSpelling, routeSpelling, withoutNeedlessEscapes } from './spelling.ts';

/** Leave to go on with one route. Minted by `matchRoute` alone. */
export type RouteMatch = Brand<
  {
    readonly route: Route;
    readonly target: CanonicalTarget;
    /** A CORS preflight that goes to the origin without credentials: no verification, no identity. */
    readonly preflight: boolean;
  },
  'RouteMatch'
>;

/** One host and path of the configuration. Paths that differ only in spelling share `spelling`. */
interface RouteGroup {
  readonly routes: Route[];
  readonly spelling: object;
  methods: MethodTable;
}

export interface RouteTable {
  readonly groups: RouteIndex<RouteGroup>;
  readonly spellings: RouteIndex<object>;
  /** No route's path contains what folding would change. */
  readonly folded: boolean;
}

/** Compiles the routes of a checked configuration. Throws on a tie or a path that no request can have: a bug by then. */
export function buildRouteTable(routes: readonly Route[]): RouteTable {
  const groups = new RouteIndex<RouteGroup>();
  const spellings = new RouteIndex<object>();
  const all = new Set<RouteGroup>();
  let folded = true;
  for (const route of routes) {
    const { host } = route;
    const { kind } = route.path;
    const path = routeSpelling(route.path);
    const fold = foldSpelling(path);
    folded &&= fold === path;
    const spelling = spellings.entry(host, kind, fold, () => ({}));
    const group = groups.entry(host, kind, path, () => ({ routes: [], spelling, methods: methodTable([]) }));
    group.routes.push(route);
    all.add(group);
  }
  for (const group of all) group.methods = methodTable(group.routes);
  return { groups, spellings, folded };
}

/**
 * The route of a request: host (exact, longest wildcard, any), then exact path, then longest prefix, then method.
 * The most specific host and path decide alone: when no method fits there, `method_not_allowed` with the `Allow` list
 * (RFC 9110 §15.5.6), never a less specific route.
 *
 * A path that matches one route while another spelling of it (letter case, needless escapes, Unicode
 * compatibility forms, a trailing slash, `%3F` or `%23` read as delimiters) belongs to a more specific one is refused
 * as `path_ambiguous`: an origin that is lax about spelling would serve the second under the policy of the first.
 *
 * Not checked: a method named in the query or the body (`_method`), which some frameworks let win over the real one.
 *
 * `preflightMethod` is what `preflight.ts` found. A preflight belongs to the route naming OPTIONS, else to the route of
 * the method it asks about; where that route sends preflights to the origin, the match has `preflight: true`.
 * Otherwise it is an OPTIONS request like any other.
 */
export function matchRoute(
  table: RouteTable,
  method: string,
  target: CanonicalTarget,
  preflightMethod?: string,
): Result<RouteMatch> {
  const group = table.groups.find(target.host, target.path);
  if (group === undefined) return err({ reason: 'route_not_found' });
  const fold = foldSpelling(target.path);
  if (!(table.folded && fold === target.path) && table.spellings.find(target.host, fold) !== group.spelling) {
    return err({ reason: 'path_ambiguous', evidence: 'spelling_of_another_route' });
  }
  const { methods } = group;
  if (preflightMethod !== undefined) {
    const route = methods.named.get('OPTIONS') ?? routeForMethod(methods, preflightMethod);
    if (route?.preflight === 'origin') return ok({ route, target, preflight: true } as RouteMatch);
  }
  const route = routeForMethod(methods, method);
  return route === undefined
    ? err({ reason: 'method_not_allowed', allow: methods.allow })
    : ok({ route, target, preflight: false } as RouteMatch);
}

/**
 * Pairs of routes that no rule of precedence tells apart: same host, same path in any escaping, and either both for
 * every method or both naming one method. Throws on a path that no request can have.
 */
export function conflictingRoutes(routes: readonly Route[]): readonly (readonly [Route, Route])[] {
  const groups = new RouteIndex<Route[]>();
  const conflicts: [Route, Route][] = [];
  for (const route of routes) {
    const path = withoutNeedlessEscapes(routeSpelling(route.path));
    const group = groups.entry(route.host, route.path.kind, path, () => []);
    for (const other of group) if (methodsTie(other, route)) conflicts.push([other, route]);
    group.push(route);
  }
  return conflicts;
}
