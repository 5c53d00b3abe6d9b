import type { Route, RouteHost, RoutePath } from '../../core/policy.ts';
import type { CanonicalTarget } from '../../routing/canonical-path.ts';
import { methodTable, routeForMethod } from '../../routing/method-table.ts';
import { RouteIndex } from '../../routing/route-index.ts';
import { routeSpelling } from '../../routing/spelling.ts';
import type { NearRoute } from '../../telemetry/explanation.ts';

const NEAREST = 2;

/**
 * The two routes that a request comes nearest to, beside the one that matched, and what keeps it from them. Each is
 * looked up by itself, by the rules of the whole table; a path that its readers take for different ones is compared
 * as it was sent.
 */
export function nearRoutes(
  routes: readonly Route[],
  method: string,
  { host, path }: Pick<CanonicalTarget, 'host' | 'path'>,
  matched: Route | undefined,
): readonly NearRoute[] {
  const seen = routes
    .filter(({ name }) => name !== matched?.name)
    .map((route) => {
      const fits = {
        host: isFound(route.match.host, WHOLE, { host, path: '/' }),
        path: isFound(ANY_HOST, route.match.path, { host, path }),
        method: routeForMethod(methodTable([route]), method) !== undefined,
      };
      const [sharedLabels, sharedSegments] = [
        labelsShared(route.match.host, host),
        segmentsShared(route, path),
      ];
      const rank =
        (fits.host ? 400 : 40 * sharedLabels) +
        (fits.path ? 400 : 40 * sharedSegments) +
        (fits.method ? 20 : 0);
      return { route, fits, rank };
    })
    .toSorted((a, b) => b.rank - a.rank);
  return seen.slice(0, NEAREST).map(({ route, fits }) => {
    const { name, match } = route;
    const because = (['host', 'path', 'method'] as const).filter((part) => !fits[part]);
    return {
      route: name,
      host: hostText(match.host),
      path: pathText(match.path),
      methods: match.methods ?? null,
      because: because.length === 0 ? ['less_specific'] : because,
    };
  });
}

const ANY_HOST: RouteHost = { kind: 'any' };
const WHOLE: RoutePath = { kind: 'prefix', value: '' };

/** Whether a look-up among this host and path alone finds it. */
function isFound(host: RouteHost, path: RoutePath, target: { host: string; path: string }): boolean {
  const index = new RouteIndex<true>();
  index.entry(host, path.kind, routeSpelling(path), () => true);
  index.seal();
  return index.find(target.host, target.path) === true;
}

const labelsShared = (pattern: RouteHost, host: string): number => {
  if (pattern.kind === 'any') return 0;
  return Math.min(9, shared(pattern.value.split('.').reverse(), host.split('.').reverse()));
};

const segmentsShared = ({ match }: Route, path: string): number =>
  Math.min(9, shared(match.path.value.split('/').slice(1), path.split('/').slice(1)));

function shared(one: readonly string[], other: readonly string[]): number {
  const end = one.findIndex(
    (name, index) => !name.startsWith(':') && name.toLowerCase() !== other[index]?.toLowerCase(),
  );
  return end < 0 ? one.length : end;
}

export const hostText = (host: RouteHost): string =>
  host.kind === 'any' ? 'any' : host.kind === 'wildcard' ? `*.${host.value}` : host.value;

export const pathText = ({ kind, value }: RoutePath): string => (kind === 'prefix' ? `${value}/*` : value);
