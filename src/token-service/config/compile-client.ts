import { compileIssuer } from '../../config/compile-issuer.ts';
import { type Place, required, SECRET, secretBound } from '../../config/place.ts';
import { type ConfigProblem, problem, quoted } from '../../config/problem.ts';
import { readTable } from '../../config/table.ts';
import type { Bindings, NamedTable } from '../../config/variables.ts';
import type { JsonObject, JsonValue } from '../../core/jose.ts';
import type { ClientCredential } from '../../http/client-registration.ts';
import { ASSERTION_ALGORITHMS, type Client, type GrantName, type Resource } from '../policy.ts';
import { knownNames } from './known-names.ts';
import { CLIENT_TYPES, clientTable } from './schema.ts';

/** What a client's table may refer to. */
export interface ClientSurroundings {
  readonly variables: Bindings;
  /** `iss` of the service, the audience of client assertions; undefined when it is faulty itself. */
  readonly issuer: string | undefined;
  /** By table name; one that is faulty itself has no value. */
  readonly resources: ReadonlyMap<string, Resource | undefined>;
  readonly issuerNames: ReadonlySet<string>;
  readonly upstreamNames: ReadonlySet<string>;
  readonly problems: ConfigProblem[];
}

/** Checks one `[vars.CLIENTS.<name>]` table. */
export function compileClient(
  { variable, name, raw }: NamedTable,
  around: ClientSurroundings,
): Client | undefined {
  const path = [variable, name];
  const read = readTable(clientTable, raw, path, around.problems);
  if (read === undefined) return undefined;
  const { value: table, faulty } = read;
  const place = { ...around, path, faulty };
  const clientId = required(table.client_id, 'client_id', 'the client identifier', place);
  const type = required(table.type, 'type', quoted(CLIENT_TYPES), place);
  const grants = new Set(required(table.grants, 'grants', 'a list of grants, at least one', place));
  const resources = knownNames(
    required(table.resources, 'resources', 'a list of names of RESOURCES tables', place) ?? [],
    'resources',
    around.resources,
    place,
  );
  const authentication = clientId && type && authenticationOf({ clientId, type }, table, place, around);
  const client = {
    name,
    grants,
    redirectUris: new Set(table.redirect_uris),
    upstreams: grants.has('authorization_code')
      ? knownNames(table.upstreams ?? [...around.upstreamNames], 'upstreams', around.upstreamNames, place)
      : [],
    scope: new Set(table.scope),
    resources: resources.flatMap((each) => around.resources.get(each)?.audience ?? []),
    assertionIssuers: new Set(
      knownNames(table.assertion_issuers ?? [], 'assertion_issuers', around.issuerNames, place),
    ),
    subjectTokenIssuers: new Set(
      knownNames(table.subject_token_issuers ?? [], 'subject_token_issuers', around.issuerNames, place),
    ),
  };
  checkFit(type, grants, client, place);
  checkLogin(grants, table.upstreams !== undefined, around.upstreamNames, place);
  return clientId && authentication ? { ...client, clientId, authentication } : undefined;
}

/** The keys that only some grants give a meaning; without them, or with them alone, the table says nothing. */
function checkFit(
  type: (typeof CLIENT_TYPES)[number] | undefined,
  grants: ReadonlySet<GrantName>,
  client: Pick<Client, 'redirectUris' | 'assertionIssuers' | 'subjectTokenIssuers'>,
  { path, faulty, problems }: Place,
): void {
  const pairs = [
    ['redirect_uris', 'authorization_code', client.redirectUris],
    ['assertion_issuers', 'jwt_bearer', client.assertionIssuers],
    ['subject_token_issuers', 'token_exchange', client.subjectTokenIssuers],
  ] as const;
  for (const [key, grant, values] of pairs) {
    if (grants.has(grant) === values.size > 0 || faulty(key) || faulty('grants')) continue;
    problems.push(
      values.size > 0
        ? problem([...path, key], 'a list', `none without the grant "${grant}"`)
        : problem([...path, key], 'nothing', `a list, for the grant "${grant}"`),
    );
  }
  const confidential: readonly GrantName[] = ['client_credentials', 'jwt_bearer', 'token_exchange'];
  const refused = confidential.filter((grant) => grants.has(grant));
  // RFC 6749 §4.4: only confidential clients; an assertion or a token of another issuer is as good as a password.
  if (type === 'public' && refused.length > 0) {
    problems.push(problem([...path, 'grants'], quoted(refused), 'no such grants for a public client'));
  }
  const starts = grants.size > (grants.has('refresh_token') ? 1 : 0);
  if (!starts && grants.size > 0) {
    problems.push(
      problem([...path, 'grants'], '"refresh_token" alone', 'a grant that starts one, beside it'),
    );
  }
}

/** A code comes from a login, and a login from a provider. */
function checkLogin(
  grants: ReadonlySet<GrantName>,
  chooses: boolean,
  upstreamNames: ReadonlySet<string>,
  { path, faulty, problems }: Place,
): void {
  if (faulty('grants') || faulty('upstreams')) return;
  const logsIn = grants.has('authorization_code');
  if (chooses && !logsIn) {
    const allowed = 'none without the grant "authorization_code"';
    problems.push(problem([...path, 'upstreams'], 'a list', allowed));
  }
  if (logsIn && upstreamNames.size === 0) {
    const allowed = 'that grant where there is a table in UPSTREAMS: a provider that logs people in';
    problems.push(problem([...path, 'grants'], '"authorization_code"', allowed));
  }
}

function authenticationOf(
  { clientId, type }: { readonly clientId: string; readonly type: (typeof CLIENT_TYPES)[number] },
  table: {
    client_secret?: string | undefined;
    jwks?: JsonValue | undefined;
    jwks_uri?: JsonValue | undefined;
  },
  place: Place,
  { variables, issuer, problems }: ClientSurroundings,
): ClientCredential | undefined {
  const { client_secret: binding, jwks, jwks_uri } = table;
  const unused = [
    ...(type !== 'client_secret_basic' && binding !== undefined ? ['client_secret'] : []),
    ...(type !== 'private_key_jwt' && jwks !== undefined ? ['jwks'] : []),
    ...(type !== 'private_key_jwt' && jwks_uri !== undefined ? ['jwks_uri'] : []),
  ];
  for (const key of unused) {
    problems.push(problem([...place.path, key], 'a value', `none for a client of the type "${type}"`));
  }
  if (type === 'public') return { method: 'none' };
  if (type === 'client_secret_basic') {
    const named = required(binding, 'client_secret', SECRET, place);
    const secret = named === undefined ? undefined : secretBound(named, ['client_secret'], place);
    return secret === undefined ? undefined : { method: type, secret };
  }
  if (issuer === undefined) return undefined;
  const [variable = '', name = ''] = place.path.map(String);
  const raw: JsonObject = {
    issuer: clientId,
    // RFC 7523 §3 (3) lets the token endpoint's URL be the audience; newer clients send the issuer alone.
    audience: [issuer, `${issuer}/token`],
    algorithms: ASSERTION_ALGORITHMS,
    types: ['JWT', 'client-authentication+jwt'],
    required_claims: ['jti', 'sub'],
    ...(jwks === undefined ? {} : { jwks }),
    ...(jwks_uri === undefined ? {} : { jwks_uri }),
  };
  if (jwks === undefined && jwks_uri === undefined) {
    problems.push(problem([...place.path, 'jwks'], 'nothing', 'the public keys of the client, or jwks_uri'));
    return undefined;
  }
  const compiled = compileIssuer({ variable, name, raw }, variables, problems);
  return compiled && { method: type, profile: { ...compiled, name: `client:${name}` } };
}
