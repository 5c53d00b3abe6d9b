import type { ProtectedResource, ResourceDocument } from '../core/answer-policy.ts';
import type { Route } from '../core/policy.ts';
import { isHostOf } from './compile-resource-metadata.ts';
import { type ConfigProblem, problem, quoted } from './problem.ts';

interface Placed {
  readonly variable: string;
  readonly route: Route;
}

/**
 * One document for each protected resource, whichever routes it is made of: their issuers and scopes together
 * (RFC 9728 §2). What they say of it besides must be the same.
 */
export function compileDocuments(
  routes: readonly Placed[],
  problems: ConfigProblem[],
  warnings: ConfigProblem[],
): readonly ResourceDocument[] {
  const byPlace = new Map<string, { first: Placed; parts: ProtectedResource[] }>();
  for (const placed of routes) {
    const { resource } = placed.route;
    if (resource === undefined) continue;
    warnOfAudience(placed, resource, warnings);
    const place = `${resource.host}${resource.path}`;
    const known = byPlace.get(place);
    if (known === undefined) {
      byPlace.set(place, { first: placed, parts: [resource] });
      continue;
    }
    const [same] = known.parts;
    if (same !== undefined && JSON.stringify(common(same)) !== JSON.stringify(common(resource))) {
      const other = `${known.first.variable}.${known.first.route.name}`;
      problems.push(
        problem(
          [placed.variable, placed.route.name, 'resource_metadata'],
          `another word on ${quoted([resource.identifier])} than in ${other}`,
          'the same on every route of a resource, but for authorization_servers and scopes_supported',
        ),
      );
    }
    known.parts.push(resource);
  }
  refuseShadows(routes, problems);
  return [...byPlace.values()].map(({ parts }) =>
    documentOf(parts as [ProtectedResource, ...ProtectedResource[]]),
  );
}

const common = ({ identifier, name, documentation, policyUri, tosUri, maxAgeSeconds }: ProtectedResource) => [
  identifier,
  name,
  documentation,
  policyUri,
  tosUri,
  maxAgeSeconds,
];

function documentOf(parts: readonly [ProtectedResource, ...ProtectedResource[]]): ResourceDocument {
  const [first] = parts;
  const scopes = new Set(parts.flatMap((part) => part.scopes));
  return {
    host: first.host,
    path: first.path,
    maxAgeSeconds: first.maxAgeSeconds,
    document: JSON.stringify({
      resource: first.identifier,
      authorization_servers: [...new Set(parts.flatMap((part) => part.authorizationServers))],
      scopes_supported: scopes.size === 0 ? undefined : [...scopes],
      bearer_methods_supported: [...new Set(parts.flatMap((part) => part.bearerMethods))],
      resource_name: first.name,
      resource_documentation: first.documentation,
      resource_policy_uri: first.policyUri,
      resource_tos_uri: first.tosUri,
    }),
  };
}

/** A client asks for a token for the resource (RFC 8707), and its audience is then the resource. */
function warnOfAudience(
  { variable, route }: Placed,
  { identifier }: ProtectedResource,
  warnings: ConfigProblem[],
): void {
  const audiences = [...route.access.profiles.values()].flat().map(({ audience }) => audience);
  if (audiences.some((audience) => audience === 'any' || audience.includes(identifier))) return;
  warnings.push(
    problem(
      [variable, route.name, 'resource_metadata', 'resource'],
      `${quoted([identifier])}, which is no audience of the issuers of this route`,
      'a resource that one of their tables has as audience: clients ask for tokens for it (RFC 8707)',
    ),
  );
}

/** The gateway answers at a document's path itself, so a route for that very path would never be asked. */
function refuseShadows(routes: readonly Placed[], problems: ConfigProblem[]): void {
  for (const { variable, route } of routes) {
    const { host, path } = route.match;
    const other = routes.find(
      ({ route: { resource } }) => resource?.path === path.value && isHostOf(host, resource.host),
    );
    if (other === undefined) continue;
    problems.push(
      problem(
        [variable, route.name, 'path'],
        quoted([path.kind === 'exact' ? path.value : `${path.value}/*`]),
        `another path: there the gateway answers with the resource_metadata of ${other.variable}.${other.route.name}`,
      ),
    );
  }
}
