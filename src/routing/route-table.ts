import type { Brand } from '../core/brand.ts';
import { OWN_PATH } from '../core/own-paths.ts';
import type { PathParameters } from '../core/path-parameter.ts';
import type { Route } from '../core/policy.ts';
import { err, ok, type Result } from '../core/result.ts';
import { type CanonicalTarget, upperCaseEscapes } from './canonical-path.ts';
import { type MethodTable, methodTable, routeForMethod } from './method-table.ts';
import { parametersOf } from './path-parameter.ts';
import { readingsOf, spellingsOf } from './readings.ts';
import { RouteIndex } from './route-index.ts';
import { hasOneReading, routeSpelling } from './spelling.ts';

/** Leave to go on with one route. Minted by `matchRoute` alone. */
export type RouteMatch = Brand<
  {
    readonly route: Route;
    readonly target: CanonicalTarget;
    /**
     * A CORS preflight: answered from the route's `cors`, else it goes to the origin without credentials. No verification,
     * no identity.
     */
    readonly preflight: boolean;
    /** undefined: the route's path has none. */
    readonly parameters: PathParameters | undefined;
  },
  'RouteMatch'
>;

/** One host and path of the configuration. */
interface RouteGroup {
  readonly routes: Route[];
  methods: MethodTable;
}

export interface RouteTable {
  readonly groups: RouteIndex<RouteGroup>;
  /** Those that some reader takes a path for: several where they differ in what that reader drops or folds alone. */
  readonly spellings: RouteIndex<Set<RouteGroup>>;
  /** Every route's path has one reading, so that a request whose path has one needs no other look-up. */
  readonly plain: boolean;
}

/** What the gateway answers itself: no origin gets a path that some reader takes for it. */
const OWN = new Set<RouteGroup>();

/** Compiles the routes of a checked configuration. Throws on a tie or a path that no request can have: a bug by then. */
export function buildRouteTable(routes: readonly Route[]): RouteTable {
  const groups = new RouteIndex<RouteGroup>();
  const spellings = new RouteIndex<Set<RouteGroup>>();
  const all = new Set<RouteGroup>();
  let plain = true;
  for (const route of routes) {
    const { host } = route.match;
    const { kind } = route.match.path;
    const path = routeSpelling(route.match.path);
    plain &&= hasOneReading(path.replace(/\/:(?=\/|$)/g, '/x'));
    const group = groups.entry(host, kind, path, () => ({ routes: [], methods: methodTable([]) }));
    group.routes.push(route);
    for (const names of spellingsOf(path))
      spellings.entryBelow(host, kind, names, () => new Set()).add(group);
    spellings.close(host, OWN_PATH, OWN);
    all.add(group);
  }
  for (const group of all) group.methods = methodTable(group.routes);
  if (!groups.seal() || !spellings.seal()) throw new Error('parameters overlap in too many ways');
  return { groups, spellings, plain };
}

/**
 * The route of a request: host (exact, longest wildcard, any), then exact path, then longest prefix, a name before a
 * parameter, then method.
 * The most specific host and path decide alone: when no method fits there, `method_not_allowed` with the `Allow` list
 * (RFC 9110 §15.5.6), never a less specific route.
 *
 * A path of which any reading (`readings.ts`; listed in docs/routing.md) belongs to another route, to none or to the
 * gateway's own endpoints is refused as `path_ambiguous`: an origin that reads it so would serve one route's resource
 * under the policy of another.
 *
 * Not checked: a method named in the query or the body (`_method`), which some frameworks let win over the real one.
 *
 * `preflightMethod` is what `preflight.ts` found. Where the route of the method it asks about answers CORS, a preflight
 * is that route's. Otherwise it belongs to the route naming OPTIONS, else to the route of the method it asks about; where
 * that route sends preflights to the origin, the match has `preflight: true`.
 * Otherwise it is an OPTIONS request like any other.
 */
export function matchRoute(
  table: RouteTable,
  method: string,
  target: CanonicalTarget,
  preflightMethod?: string,
): Result<RouteMatch> {
  const { path } = target;
  const group = table.groups.find(target.host, path.includes('%') ? upperCaseEscapes(path) : path);
  if (group === undefined) return err({ reason: 'route_not_found' });
  if (!(table.plain && hasOneReading(path)) && !allReadingsAre(group, table, target)) {
    return err({ reason: 'path_ambiguous', evidence: 'spelling_of_another_route' });
  }
  const { methods } = group;
  if (preflightMethod !== undefined) {
    const asked = routeForMethod(methods, preflightMethod);
    if (asked?.cors !== undefined) return ok(matchOf(asked, target, true));
    const route = methods.named.get('OPTIONS') ?? asked;
    if (route?.upstream.preflight === 'origin') return ok(matchOf(route, target, true));
  }
  const route = routeForMethod(methods, method);
  return route === undefined
    ? err({ reason: 'method_not_allowed', allow: methods.allow, route: methods.cors })
    : ok(matchOf(route, target, false));
}

function matchOf(route: Route, target: CanonicalTarget, preflight: boolean): RouteMatch {
  const { parameters } = route.match.path;
  return {
    route,
    target,
    preflight,
    parameters: parameters && parametersOf(parameters, target.path),
  } as RouteMatch;
}

function allReadingsAre(group: RouteGroup, table: RouteTable, { host, path }: CanonicalTarget): boolean {
  const read = readingsOf(path);
  if ('fault' in read) return false;
  const found = table.spellings.findAll(host, read.segments);
  return [...found].every((groups) => groups?.has(group) === true);
}
