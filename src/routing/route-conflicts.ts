import type { Route } from '../core/policy.ts';
import { methodsTie } from './method-table.ts';
import { spellingsOf } from './readings.ts';
import { RouteIndex } from './route-index.ts';
import { differInCaseOrSlash, routeSpelling } from './spelling.ts';

/**
 * Pairs of routes that no rule of precedence tells apart: same host, paths that some reader takes for one another
 * (letter case and a trailing slash apart, which an operator may tell apart), and either both for
 * every method or both naming one method. Throws on a path that no request can have.
 */
export function conflictingRoutes(routes: readonly Route[]): readonly (readonly [Route, Route])[] {
  const groups = new RouteIndex<{ route: Route; path: string }[]>();
  const conflicts: [Route, Route][] = [];
  for (const route of routes) {
    const { host, path: pattern } = route.match;
    const path = routeSpelling(pattern);
    const group = groups.entryBelow(host, pattern.kind, spellingsOf(path)[0] ?? [], () => []);
    for (const other of group) {
      if (!differInCaseOrSlash(other.path, path) && methodsTie(other.route, route)) {
        conflicts.push([other.route, route]);
      }
    }
    group.push({ route, path });
  }
  return conflicts;
}

/** Two routes of one host that some path matches both, neither of them the more specific. */
export interface Overlap {
  readonly routes: readonly [Route, Route];
  /** The path of the route that would decide, written as paths are; undefined: too many overlap. */
  readonly meet: string | undefined;
}

interface Pattern {
  readonly route: Route;
  readonly names: readonly string[];
  readonly prefix: boolean;
}

/**
 * Pairs of routes whose parameters overlap: `/users/me/*` and `/users/:id/profile` both match `/users/me/profile`, and
 * neither matches all that the other does. Harmless where a route has just the paths that both match, since that is more
 * specific than either. Methods do not matter: the path decides before them. Throws on a path that no request can have.
 */
export function overlappingRoutes(routes: readonly Route[]): readonly Overlap[] {
  const overlaps: Overlap[] = [];
  const hosts = new Map<string, Pattern[]>();
  for (const route of routes) {
    const { host, path } = route.match;
    const spelling = routeSpelling(path);
    const names = spelling === '' ? [] : spelling.slice(1).split('/');
    const key = host.kind === 'any' ? '' : `${host.kind} ${host.value}`;
    hosts.set(key, [...(hosts.get(key) ?? []), { route, names, prefix: path.kind === 'prefix' }]);
  }
  for (const patterns of hosts.values()) {
    if (!patterns.some(({ names }) => names.includes(':'))) continue;
    const known = new Set(patterns.map(textOf));
    for (const [index, a] of patterns.entries()) {
      for (const b of patterns.slice(0, index)) {
        const meet = meetOf(a, b);
        if (meet !== undefined && !known.has(meet)) overlaps.push({ routes: [b.route, a.route], meet });
      }
    }
    if (overlaps.length === 0 && !fitsTable(patterns)) {
      const [first, last] = [patterns[0], patterns.at(-1)];
      if (first && last) overlaps.push({ routes: [first.route, last.route], meet: undefined });
    }
  }
  return overlaps;
}

/** The text of the paths that two patterns both match; undefined where there are none. */
function meetOf(a: Pattern, b: Pattern): string | undefined {
  const [long, short] = a.names.length >= b.names.length ? [a, b] : [b, a];
  if (long.names.length > short.names.length && !short.prefix) return undefined;
  const names: string[] = [];
  for (const [index, name] of long.names.entries()) {
    const other = short.names[index] ?? ':';
    if (name !== other && name !== ':' && other !== ':') return undefined;
    if ((name === '' || other === '') && name !== other && index < short.names.length) return undefined;
    names.push(index >= short.names.length || other === ':' ? name : other);
  }
  const prefix = long.names.length === short.names.length ? long.prefix && short.prefix : long.prefix;
  return textOf({ names, prefix });
}

const textOf = ({ names, prefix }: Pick<Pattern, 'names' | 'prefix'>): string =>
  `/${[...names, ...(prefix ? ['*'] : [])].join('/')}`;

function fitsTable(patterns: readonly Pattern[]): boolean {
  const index = new RouteIndex<object>();
  for (const { route } of patterns) {
    const names = spellingsOf(routeSpelling(route.match.path))[1] ?? [];
    index.entryBelow({ kind: 'any' }, route.match.path.kind, names, () => ({}));
  }
  return index.seal();
}
