import type { Route } from '../core/policy.ts';
import { canonicalTarget } from './canonical-path.ts';
import { buildRouteTable, matchRoute } from './route-table.ts';

/** A route by which one gets to what another guards, at one origin. */
export interface MappedAround {
  readonly by: Route;
  readonly around: Route;
  /** A path that clients may send, and the one at the origin that it becomes. */
  readonly sent: string;
  readonly reached: string;
}

/**
 * Routes for a prefix that, by their mapping of paths or by another's, lead to what a stricter route of the same origin
 * leads to: one for each. Stricter is what requires a token where none is required, or something of a token where nothing
 * is. Does NOT compare two requirements (`portcullis audit --assert` does), nor two origins that are one server.
 */
export function mappedAround(routes: readonly Route[]): readonly MappedAround[] {
  if (routes.every(({ upstream }) => upstream.path === undefined)) return [];
  const table = buildRouteTable(routes);
  const byOrigin = new Map<string, Route[]>();
  for (const route of routes) {
    const origin = originOf(route);
    byOrigin.set(origin, [...(byOrigin.get(origin) ?? []), route]);
  }
  return routes.flatMap((by): MappedAround[] => {
    if (by.match.path.kind !== 'prefix') return [];
    for (const around of byOrigin.get(originOf(by)) ?? []) {
      const found = isLooser(by, around) ? wayAround(by, around) : undefined;
      if (found !== undefined && servedBy(table, by, around, found.sent) === by)
        return [{ by, around, ...found }];
    }
    return [];
  });
}

const originOf = ({ upstream: { origin } }: Route): string =>
  origin.kind === 'url' ? origin.origin : `service:${origin.binding}`;

const isOpen = ({ access, enforce }: Route): boolean =>
  access.authentication !== 'required' || enforce === 'report';

const requiresNothing = ({ access: { requirement } }: Route): boolean =>
  requirement.kind === 'all' && requirement.of.length === 0;

function isLooser(by: Route, around: Route): boolean {
  if (isOpen(around)) return false;
  return isOpen(by) || (requiresNothing(by) && !requiresNothing(around));
}

/** Of a path's segments; undefined stands for any. */
type Segments = readonly (string | undefined)[];

const ANY = 'x';

const ownSegments = ({ match: { path } }: Route): Segments =>
  path.value
    .split('/')
    .slice(1)
    .map((name) => (name.startsWith(':') ? undefined : name));

/** What of the origin's paths the route's own become. */
function reachedSegments(route: Route): Segments {
  const own = ownSegments(route);
  const mapping = route.upstream.path;
  if (mapping === undefined) return own;
  return [
    ...mapping.base.split('/').slice(1),
    ...mapping.segments.map((segment) => (typeof segment === 'number' ? undefined : segment)),
    ...own.slice(mapping.replaced),
  ];
}

function wayAround(by: Route, around: Route): { sent: string; reached: string } | undefined {
  if (by.upstream.path === undefined && around.upstream.path === undefined) return undefined;
  const [wide, narrow] = [reachedSegments(by), reachedSegments(around)];
  const within = wide.every((name, index) => {
    const there = narrow[index];
    return index < narrow.length && (name === undefined || there === undefined || name === there);
  });
  if (!within) return undefined;
  const rest = narrow.slice(wide.length);
  const pathOf = (segments: Segments) => `/${segments.map((name) => name ?? ANY).join('/')}`;
  const start = wide.map((name, index) => name ?? narrow[index]);
  return { sent: pathOf([...ownSegments(by), ...rest]), reached: pathOf([...start, ...rest]) };
}

/** Which route a client's request for the path has, with a method that both routes take. */
function servedBy(
  table: ReturnType<typeof buildRouteTable>,
  by: Route,
  around: Route,
  path: string,
): Route | undefined {
  const method = (by.match.methods ?? around.match.methods ?? ['GET']).find(
    (name) => around.match.methods?.includes(name) ?? true,
  );
  if (method === undefined) return undefined;
  const { host } = by.match;
  const name =
    host.kind === 'any' ? 'gateway.example' : host.kind === 'exact' ? host.value : `any.${host.value}`;
  const target = canonicalTarget({ url: `https://${name}${path}`, headers: new Headers() });
  const match = target.ok ? matchRoute(table, method, target.value) : target;
  return match.ok ? match.value.route : undefined;
}
