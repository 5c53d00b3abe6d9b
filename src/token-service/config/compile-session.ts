import type * as z from 'zod/mini';
import { type Place, required } from '../../config/place.ts';
import { problem, quoted } from '../../config/problem.ts';
import type { Client, Resource, SessionPolicy, Upstream } from '../policy.ts';
import { SERVICE_BOUNDS, SERVICE_DEFAULTS } from './defaults.ts';
import { knownNames } from './known-names.ts';
import type { sessionTable } from './schema.ts';

/** What a session may refer to. */
export interface SessionSurroundings {
  /** `iss` of the service. */
  readonly issuer: string | undefined;
  readonly resources: ReadonlyMap<string, Resource | undefined>;
  readonly upstreams: ReadonlyMap<string, Upstream | undefined>;
  readonly clients: readonly Client[];
  readonly maxTokenBytes: number;
}

/** Checks `[vars.TOKEN_SERVICE.session]`; `place` is that table's. */
export function compileSession(
  table: z.output<typeof sessionTable>,
  around: SessionSurroundings,
  place: Place,
): SessionPolicy | undefined {
  const { path, problems, faulty } = place;
  const named = required(table.resource, 'resource', 'the name of a RESOURCES table', place);
  const [known] = knownNames(named === undefined ? [] : [named], 'resource', around.resources, place);
  const resource = known === undefined ? undefined : around.resources.get(known);
  if (resource?.encryption !== undefined) {
    const allowed = 'one without encryption_jwk: who is logged in is read out of the token here';
    problems.push(problem([...path, 'resource'], 'a resource whose tokens are encrypted', allowed));
  }
  const strange = (table.scope ?? []).filter((each) => resource !== undefined && !resource.scope.has(each));
  if (strange.length > 0) {
    problems.push(problem([...path, 'scope'], quoted(strange), `of RESOURCES.${known}.scope`));
  }
  const clientId = table.client_id ?? SERVICE_DEFAULTS.sessionClientId;
  if (around.clients.some((client) => client.clientId === clientId)) {
    problems.push(problem([...path, 'client_id'], 'the client_id of a client', 'one of its own'));
  }
  if (around.upstreams.size === 0) {
    problems.push(problem(['UPSTREAMS'], 'no provider', 'at least one table, for the logins of sessions'));
  }
  const upstreams = knownNames(
    table.upstreams ?? [...around.upstreams.keys()],
    'upstreams',
    around.upstreams,
    place,
  );
  const { max } = SERVICE_BOUNDS.sessionTokenBytes;
  if (around.maxTokenBytes > max) {
    const at = [...path.slice(0, -1), 'max_access_token_bytes'];
    problems.push(
      problem(at, `${around.maxTokenBytes}`, `at most ${max} with sessions: a cookie holds no more`),
    );
  }
  const origin = table.origin ?? around.issuer;
  if (origin === undefined || resource === undefined || faulty('origin')) return undefined;
  return {
    origin,
    clientId,
    resource: resource.audience,
    scope: table.scope ?? [...resource.scope],
    upstreams,
    sameSite: table.same_site ?? 'strict',
  };
}
