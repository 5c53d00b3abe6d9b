import { visibleText } from '../../core/visible-text.ts';
import { distance } from '../moment.ts';

/** `GET /v1/policy`. */
export interface PolicySeen {
  readonly routes: readonly RouteSeen[];
  readonly candidate: { readonly share: number; readonly routes: readonly RouteSeen[] } | null;
}

export interface RouteSeen {
  readonly name: string;
  readonly host: string;
  readonly path: string;
  readonly methods: readonly string[] | null;
  readonly authentication: string;
  readonly issuers: readonly string[];
  readonly sources: readonly string[];
  readonly requires: RequirementAsked;
  readonly revocation: {
    readonly mode: string;
    readonly maxStalenessSeconds: number;
    readonly onUnavailable: string;
  };
  readonly enforce: string;
  readonly limited: boolean;
}

export interface RequirementAsked {
  readonly kind: string;
  readonly asks: string;
  readonly of: readonly RequirementAsked[];
}

export const addressOf = ({ host, path }: Pick<RouteSeen, 'host' | 'path'>): string =>
  host === 'any' ? path : `${host}${path}`;

/** What a route requires besides a token that verifies, in one line; empty: nothing. */
export function requirementText({ kind, asks, of }: RequirementAsked): string {
  const parts = of.map(requirementText).filter((part) => part !== '');
  switch (kind) {
    case 'all':
      return parts.join(' and ');
    case 'any':
      return parts.length > 1 ? `(${parts.join(' or ')})` : parts.join('');
    case 'not':
      return `not (${parts.join('')})`;
    default:
      return visibleText(asks);
  }
}

export function requiresText({ authentication, requires }: RouteSeen): string {
  const asked = requirementText(requires);
  if (authentication === 'none') return 'nothing: it is public';
  const token = authentication === 'optional' ? 'nothing, but of who brings a token' : 'a token';
  return asked === '' ? token : `${token} with ${asked}`;
}

/** How soon a revocation bites on a route. */
export function boundText({ authentication, revocation: { mode, maxStalenessSeconds } }: RouteSeen): string {
  if (authentication === 'none') return 'no token is looked at';
  switch (mode) {
    case 'strict':
      return 'with the next request';
    case 'off':
      return 'never, until the token expires';
    default:
      return `within ${distance(maxStalenessSeconds)}`;
  }
}

/** A route with several hosts or paths stands once for each. */
export const rowOf = ({ name, host, path }: RouteSeen): string => `${name} ${host}${path}`;

/** Where the two policies differ: a route that is another, that the live policy has not, or the candidate has not. */
export interface ChangedRoute {
  readonly live: RouteSeen | undefined;
  readonly tried: RouteSeen | undefined;
}

export function changedRoutes({ routes, candidate }: PolicySeen): readonly ChangedRoute[] {
  if (candidate === null) return [];
  const byRow = (all: readonly RouteSeen[]) => new Map(all.map((route) => [rowOf(route), route]));
  const [live, tried] = [byRow(routes), byRow(candidate.routes)];
  return [...new Set([...tried.keys(), ...live.keys()])]
    .map((row) => ({ live: live.get(row), tried: tried.get(row) }))
    .filter((pair) => JSON.stringify(pair.live) !== JSON.stringify(pair.tried));
}
