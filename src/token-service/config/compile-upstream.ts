import { compileIssuer } from '../../config/compile-issuer.ts';
import { ASSUMED_SECRET } from '../../config/named-secret.ts';
import { type Place, required, secretBound } from '../../config/place.ts';
import { type ConfigProblem, problem, quoted } from '../../config/problem.ts';
import { readTable } from '../../config/table.ts';
import type { Bindings, NamedTable } from '../../config/variables.ts';
import type { Algorithm, JsonObject } from '../../core/jose.ts';
import { parseJsonObject } from '../../core/json.ts';
import { logoutProfile } from '../../tokens/message-profiles.ts';
import { ASSERTION_ALGORITHMS, type Resource, type Upstream, type UpstreamCredential } from '../policy.ts';
import { SERVICE_DEFAULTS } from './defaults.ts';
import { upstreamTable } from './schema.ts';

/** What a provider's table may refer to. */
export interface UpstreamSurroundings {
  readonly variables: Bindings;
  readonly resources: ReadonlyMap<string, Resource | undefined>;
  readonly problems: ConfigProblem[];
}

/** Checks one `[vars.UPSTREAMS.<name>]` table. */
export function compileUpstream(
  { variable, name, raw }: NamedTable,
  { variables, resources, problems }: UpstreamSurroundings,
): Upstream | undefined {
  const path = [variable, name];
  const read = readTable(upstreamTable, raw, path, problems);
  if (read === undefined) return undefined;
  const { value: table, faulty } = read;
  const place = { path, faulty, variables, problems };
  const issuer = required(table.issuer, 'issuer', "the provider's issuer", place);
  const clientId = required(table.client_id, 'client_id', 'the client identifier there', place);
  const credential = credentialOf(table, place);
  const scope = table.scope ?? SERVICE_DEFAULTS.upstreamScope;
  if (!scope.includes('openid') && !faulty('scope')) {
    problems.push(
      problem([...path, 'scope'], quoted(scope), '"openid" among them: without it there is no login'),
    );
  }
  const wanted = new Set(
    [...resources.values()].flatMap((resource) => resource?.claims.map(({ path: [first] }) => first) ?? []),
  );
  for (const [index, claim] of (table.claims ?? []).entries()) {
    if (wanted.has(claim)) continue;
    problems.push(problem([...path, 'claims', index], quoted([claim]), 'a claim that some resource takes'));
  }
  if (table.claims_from !== undefined && table.claims === undefined && !faulty('claims')) {
    problems.push(problem([...path, 'claims_from'], 'a value', 'none without claims'));
  }
  if (issuer === undefined || clientId === undefined) return undefined;
  const { algorithms = ASSERTION_ALGORITHMS, clock_tolerance } = table;
  const tokens: JsonObject = {
    issuer,
    audience: clientId,
    algorithms,
    discovery: 'openid',
    types: ['JWT'],
    ...(clock_tolerance === undefined ? {} : { clock_tolerance }),
  };
  const compiled = compileIssuer({ variable, name, raw: tokens }, variables, problems);
  if (compiled === undefined || credential === undefined) return undefined;
  const keys = { ...compiled.keys, name: `upstream:${name}` };
  const profile = { ...compiled, name: `upstream:${name}`, keys };
  return {
    name,
    issuer,
    clientId,
    credential,
    scope,
    claims: new Set(table.claims),
    claimsFrom: table.claims_from ?? 'id_token',
    subject: table.subject ?? 'prefixed',
    idTokens: { ...profile, requiredClaims: ['sub', 'iat'] },
    logoutTokens: logoutProfile(profile, [clientId], false),
  };
}

/** A provider of `as_is` subjects says who anybody is: two of them could each name the other's users. */
export function checkSubjects(upstreams: readonly Upstream[], problems: ConfigProblem[]): void {
  const [first, ...others] = upstreams.filter(({ subject }) => subject === 'as_is');
  for (const { name } of others) {
    const allowed = `"prefixed": UPSTREAMS.${first?.name} has subjects of that form`;
    problems.push(problem(['UPSTREAMS', name, 'subject'], '"as_is" as well', allowed));
  }
}

function credentialOf(
  { client_secret, client_key }: { client_secret?: string | undefined; client_key?: string | undefined },
  place: Place,
): UpstreamCredential | undefined {
  const { path, problems, faulty } = place;
  if (client_secret !== undefined && client_key !== undefined) {
    problems.push(problem([...path, 'client_key'], 'a second credential', 'client_secret or client_key'));
    return undefined;
  }
  if (faulty('client_secret') || faulty('client_key')) return undefined;
  if (client_secret !== undefined) {
    const secret = secretBound(client_secret, ['client_secret'], place);
    return secret === undefined ? undefined : { method: 'client_secret', secret };
  }
  if (client_key === undefined) return { method: 'none' };
  const text = secretBound(client_key, ['client_key'], place);
  if (text === undefined) return undefined;
  // The checker of the command line, which cannot know it: a key that is set at deploy.
  if (text === ASSUMED_SECRET) return { method: 'private_key_jwt', jwk: {}, algorithm: 'ES256' };
  const parsed = parseJsonObject(new TextEncoder().encode(text));
  const jwk = parsed.ok ? parsed.value : {};
  const algorithm = ASSERTION_ALGORITHMS.find((each: Algorithm) => each === jwk.alg);
  if (algorithm !== undefined && typeof jwk.kty === 'string' && typeof jwk.d === 'string') {
    return { method: 'private_key_jwt', jwk, algorithm };
  }
  const allowed = `a private JWK, as JSON, with "alg" one of ${quoted(ASSERTION_ALGORITHMS)}`;
  problems.push(problem([...path, 'client_key'], 'a binding with something else', allowed));
  return undefined;
}
