import { compileIssuer } from '../../config/compile-issuer.ts';
import { deepFreeze } from '../../config/freeze.ts';
import { checkOwnSecret, twinOf } from '../../config/own-secret.ts';
import { required, secretBound } from '../../config/place.ts';
import { type ConfigProblem, problem } from '../../config/problem.ts';
import { readTable } from '../../config/table.ts';
import { type Bindings, readFamily, readJson, readVariables } from '../../config/variables.ts';
import { checkWritingStore } from '../../config/writing-store.ts';
import type { TokenProfile } from '../../core/policy.ts';
import { err, ok, type Result } from '../../core/result.ts';
import { adminAccess } from '../../decision/admin-access.ts';
import type { SealingSecret } from '../../signing-keys/sealed-key.ts';
import type { Client, Resource, ServicePolicy, Upstream } from '../policy.ts';
import { compileAdmins } from './compile-admin.ts';
import { compileClient } from './compile-client.ts';
import { compileResource } from './compile-resource.ts';
import { compileSession } from './compile-session.ts';
import { checkSubjects, compileUpstream } from './compile-upstream.ts';
import { SERVICE_DEFAULTS } from './defaults.ts';
import { serviceTable } from './schema.ts';

export interface CompiledService {
  /** Deeply frozen; shares nothing with the variables. */
  readonly policy: ServicePolicy;
  readonly warnings: readonly ConfigProblem[];
}

/**
 * Checks the variables of the token service (`TOKEN_SERVICE`, `CLIENTS*`, `RESOURCES*`, `UPSTREAMS*`, `ISSUERS*`) and compiles them,
 * or says everything that is wrong with them. Never throws.
 * Does NOT check anything that needs the network.
 */
export function compileService(variables: Bindings): Result<CompiledService, readonly ConfigProblem[]> {
  const problems: ConfigProblem[] = [];
  const warnings: ConfigProblem[] = [];
  const issuers = new Map<string, TokenProfile | undefined>();
  for (const table of readVariables(variables, problems, warnings).issuers) {
    issuers.set(table.name, compileIssuer(table, variables, problems));
  }
  const path = ['TOKEN_SERVICE'];
  const raw = readJson('TOKEN_SERVICE', variables.TOKEN_SERVICE ?? {}, problems, warnings);
  const read = raw && readTable(serviceTable, raw, path, problems);
  if (read === undefined) return err(problems);
  const { value: table, faulty } = read;
  const place = { path, faulty, variables, problems };
  const issuer = required(table.issuer, 'issuer', 'the URL this Worker is reached at', place);
  const named = required(table.sealing_keys, 'sealing_keys', 'a list of secret bindings', place) ?? [];
  const [sealing, ...olderSealing] = named.flatMap((name, index): SealingSecret[] => {
    const secret = secretBound(name, ['sealing_keys', index], place);
    const twin = secret === undefined ? undefined : twinOf(variables, name);
    if (twin !== undefined) {
      const allowed = 'a secret made for sealing, that nobody else is given';
      problems.push(problem([...path, 'sealing_keys', index], twin, allowed));
    }
    return secret === undefined ? [] : [{ name, secret }];
  });
  if (new Set(named).size < named.length) {
    problems.push(problem([...path, 'sealing_keys'], 'a name twice', 'each binding once'));
  }
  const forbiddenClaims = new Set([...SERVICE_DEFAULTS.forbiddenClaims, ...(table.forbidden_claims ?? [])]);
  const seconds = (given: number | undefined, otherwise: number) => (given ?? otherwise) / 1_000;
  const lifetimeSeconds = seconds(table.access_token_lifetime, SERVICE_DEFAULTS.accessTokenLifetime);
  const toleranceSeconds = seconds(table.clock_tolerance, SERVICE_DEFAULTS.clockTolerance);
  const absoluteSeconds = seconds(table.absolute_lifetime, SERVICE_DEFAULTS.absoluteLifetime);
  const idleSeconds = seconds(table.idle_lifetime, SERVICE_DEFAULTS.idleLifetime);
  if (idleSeconds > absoluteSeconds) {
    problems.push(problem([...path, 'idle_lifetime'], 'more than absolute_lifetime', 'at most as much'));
  }
  if (table.revocation !== 'off') checkWritingStore(variables, STORES, problems);
  const resources = new Map<string, Resource | undefined>();
  for (const each of readFamily('RESOURCES', variables, problems, warnings)) {
    resources.set(each.name, compileResource(each, forbiddenClaims, variables, problems));
  }
  const upstreams = new Map<string, Upstream | undefined>();
  for (const each of readFamily('UPSTREAMS', variables, problems, warnings)) {
    upstreams.set(each.name, compileUpstream(each, { variables, resources, problems }));
  }
  checkSubjects(
    [...upstreams.values()].filter((each) => each !== undefined),
    problems,
  );
  const clientTables = readFamily('CLIENTS', variables, problems, warnings);
  const around = {
    variables,
    issuer,
    resources,
    issuerNames: new Set(issuers.keys()),
    upstreamNames: new Set(upstreams.keys()),
    problems,
  };
  const clients = clientTables.flatMap((each) => compileClient(each, around) ?? []);
  const maxTokenBytes = table.max_access_token_bytes ?? SERVICE_DEFAULTS.maxAccessTokenBytes;
  const session =
    table.session &&
    compileSession(
      table.session,
      { issuer, resources, upstreams, clients, maxTokenBytes },
      { ...place, path: [...path, 'session'], faulty: (...at) => faulty('session', ...at) },
    );
  const admins = compileAdmins(
    table.admins ?? {},
    { issuer, issuers, withoutDenyList: table.admins !== undefined && table.revocation === 'off' },
    { ...place, path: [...path, 'admins'], faulty: (...at) => faulty('admins', ...at) },
  );
  checkOwnSecret(variables, 'AUDIT_SECRET', problems);
  if (resources.size === 0) problems.push(problem(['RESOURCES'], 'no resource', 'at least one table'));
  if (clientTables.length === 0 && table.session === undefined) {
    problems.push(problem(['CLIENTS'], 'no client', 'at least one table, or TOKEN_SERVICE.session'));
  }
  const byAudience = uniquely(
    [...resources.values()],
    { family: 'RESOURCES', key: 'audience' },
    ({ audience }) => audience,
    problems,
  );
  const byClientId = uniquely<Client>(
    clients,
    { family: 'CLIENTS', key: 'client_id' },
    ({ clientId }) => clientId,
    problems,
  );
  if (problems.length > 0 || issuer === undefined || sealing === undefined) return err(problems);
  const policy: ServicePolicy = {
    issuer,
    sealing: [sealing, ...olderSealing],
    algorithm: table.algorithm ?? SERVICE_DEFAULTS.algorithm,
    keys: {
      publishSeconds: seconds(table.jwks_freshness, SERVICE_DEFAULTS.jwksFreshness),
      rotateSeconds: seconds(table.key_rotation, SERVICE_DEFAULTS.keyRotation),
      retainSeconds: lifetimeSeconds + toleranceSeconds,
    },
    accessToken: {
      lifetimeSeconds,
      toleranceSeconds,
      maxBytes: maxTokenBytes,
      forbiddenClaims,
    },
    family: {
      reuseIntervalSeconds: seconds(table.reuse_interval, SERVICE_DEFAULTS.reuseInterval),
      absoluteSeconds,
      idleSeconds,
      codeSeconds: seconds(table.code_lifetime, SERVICE_DEFAULTS.codeLifetime),
    },
    loginSeconds: seconds(table.login_lifetime, SERVICE_DEFAULTS.loginLifetime),
    upstreams: new Map([...upstreams].flatMap(([name, each]) => (each ? [[name, each]] : []))),
    session,
    clients: byClientId,
    resources: byAudience,
    admins,
    adminAccess: {
      read: adminAccess(admins, ({ readScope }) => readScope),
      write: adminAccess(admins, ({ writeScope }) => writeScope),
    },
    issuers: new Map([...issuers].flatMap(([name, each]) => (each ? [[name, each]] : []))),
  };
  return ok(deepFreeze({ policy, warnings }));
}

/** Without a deny-list the end of a grant leaves its access tokens good until they expire: that has to be said. */
const STORES =
  'the secrets UPSTASH_REDIS_REST_URL and UPSTASH_REDIS_REST_TOKEN, the binding REVOCATIONS of the gateway, or revocation = "off" in TOKEN_SERVICE';

function uniquely<T extends { readonly name: string }>(
  tables: readonly (T | undefined)[],
  { family, key }: { readonly family: string; readonly key: string },
  keyOf: (table: T) => string,
  problems: ConfigProblem[],
): ReadonlyMap<string, T> {
  const found = new Map<string, T>();
  for (const table of tables) {
    if (table === undefined) continue;
    const other = found.get(keyOf(table));
    if (other !== undefined) {
      const allowed = 'one of its own';
      problems.push(problem([family, table.name, key], `the same as in ${family}.${other.name}`, allowed));
    }
    found.set(keyOf(table), table);
  }
  return found;
}
