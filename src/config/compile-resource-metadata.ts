import type { ProtectedResource } from '../core/answer-policy.ts';
import type { Route, RouteHost, TokenProfiles } from '../core/policy.ts';
import type { Requirement } from '../core/requirement.ts';
import type { TokenSource } from '../core/token-source.ts';
import { RESOURCE_METADATA_DEFAULTS } from './defaults.ts';
import type { Reading } from './place.ts';
import { problem, quoted } from './problem.ts';
import { isIssuerIdentifier } from './resource-metadata-table.ts';
import type { RouteTable } from './schema.ts';

/** RFC 9728 §3. */
export const WELL_KNOWN = '/.well-known/oauth-protected-resource';

interface ResourceRoute extends Pick<Route, 'match' | 'access'> {
  /** All of the route's. */
  readonly hosts: readonly RouteHost[];
  /** The resource is along another of the route's paths perhaps. */
  readonly isOneOfPaths: boolean;
}

/** Checks the `resource_metadata` table of a route. Mistakes are added to `problems`. */
export function compileResourceMetadata(
  table: RouteTable,
  { match, access, hosts, isOneOfPaths }: ResourceRoute,
  { path: route, faulty, problems }: Reading,
): ProtectedResource | undefined {
  const metadata = table.resource_metadata;
  if (metadata === undefined) return undefined;
  const at = [...route, 'resource_metadata'];
  if (access.authentication === 'none') {
    problems.push(
      problem(at, 'resource_metadata beside authentication = "none"', 'a route that asks for a token'),
    );
    return undefined;
  }
  if (metadata.resource === undefined) {
    if (!faulty('resource_metadata', 'resource')) {
      problems.push(problem([...at, 'resource'], 'nothing', 'the URL of what is protected (RFC 9728 §1.2)'));
    }
    return undefined;
  }
  const { identifier, url } = metadata.resource;
  const host = url.hostname.replace(/\.$/, '');
  if (!hosts.some((each) => isHostOf(each, host))) {
    problems.push(
      problem(
        [...at, 'resource'],
        quoted([identifier]),
        `a URL of the route's own host, ${hosts.map(hostText).join(', ')}`,
      ),
    );
  }
  const resourcePath = url.pathname === '/' ? '' : url.pathname;
  if (!isOneOfPaths && !isAlong(resourcePath.replace(/\/$/, ''), match.path.value)) {
    problems.push(
      problem(
        [...at, 'resource'],
        quoted([identifier]),
        `a URL whose path is that of the route, ${quoted([match.path.value || '/'])}, or above or below it`,
      ),
    );
  }
  const servers = metadata.authorization_servers ?? authorizationServers(access.profiles);
  if (servers.length === 0 && !faulty('resource_metadata', 'authorization_servers')) {
    problems.push(
      problem(
        [...at, 'authorization_servers'],
        'nothing, and no issuer of the route is an https URL that clients could ask',
        'a list of issuer identifiers, at least one: clients have to log in somewhere',
      ),
    );
  }
  const needed = scopesOf(access.requirement);
  return {
    identifier,
    host,
    path: `${WELL_KNOWN}${resourcePath}`,
    metadataUrl: `${url.origin}${WELL_KNOWN}${resourcePath}`,
    challengeScope: needed.always.join(' ') || undefined,
    authorizationServers: [...new Set(servers)],
    scopes: [...new Set(metadata.scopes_supported ?? needed.named)],
    bearerMethods: bearerMethods(access.sources),
    name: metadata.resource_name,
    documentation: metadata.resource_documentation,
    policyUri: metadata.resource_policy_uri,
    tosUri: metadata.resource_tos_uri,
    maxAgeSeconds: (metadata.max_age ?? RESOURCE_METADATA_DEFAULTS.maxAge) / 1_000,
  };
}

/** Issuers that a client can log in at: those that publish their keys under a URL of theirs. */
const authorizationServers = (profiles: TokenProfiles): readonly string[] =>
  [...profiles.values()]
    .flat()
    .filter(({ keys }) => keys.source.from !== 'secret')
    .map(({ issuer }) => issuer)
    .filter(isIssuerIdentifier);

/** A query parameter of another name, a cookie or a header of its own is none of RFC 6750's methods. */
const bearerMethods = (sources: readonly TokenSource[]): ProtectedResource['bearerMethods'] => [
  ...(sources.some(({ kind }) => kind === 'bearer') ? (['header'] as const) : []),
  ...(sources.some((source) => source.kind === 'query' && source.name === 'access_token')
    ? (['query'] as const)
    : []),
];

interface Scopes {
  /** Those without which no request passes. */
  readonly always: readonly string[];
  readonly named: readonly string[];
}

function scopesOf(requirement: Requirement): Scopes {
  switch (requirement.kind) {
    case 'scope': {
      const { values, match } = requirement;
      return { named: values, always: match === 'all' || values.length === 1 ? values : [] };
    }
    case 'all':
    case 'any': {
      const of = requirement.of.map(scopesOf);
      const everyOne = requirement.kind === 'all' || of.length === 1;
      return {
        named: of.flatMap(({ named }) => named),
        always: everyOne ? [...new Set(of.flatMap(({ always }) => always))] : [],
      };
    }
    default:
      return { always: [], named: [] };
  }
}

export const isHostOf = (pattern: RouteHost, host: string): boolean =>
  pattern.kind === 'any' ||
  (pattern.kind === 'exact' ? host === pattern.value : host.endsWith(`.${pattern.value}`));

const hostText = (host: RouteHost): string =>
  host.kind === 'any' ? '' : quoted([host.kind === 'exact' ? host.value : `*.${host.value}`]);

/** Whether one of two paths is the other or above it. */
const isAlong = (a: string, b: string): boolean => a === b || a.startsWith(`${b}/`) || b.startsWith(`${a}/`);
