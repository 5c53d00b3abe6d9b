import type { JsonValue } from '../core/jose.ts';
import type { EndpointGuard, Policy, Route, TokenProfile } from '../core/policy.ts';
import { compileCanary } from './compile-canary.ts';
import { compileEvents } from './compile-events.ts';
import { compileFailedLimit } from './compile-rate-limit.ts';
import { compileSigning } from './compile-signed-identity.ts';
import { GATEWAY_DEFAULTS } from './defaults.ts';
import { type ConfigProblem, didYouMean, problem, problemAt, quoted } from './problem.ts';
import { type GatewayTable, gatewayTable } from './schema.ts';
import { type ReadTable, readTable } from './table.ts';
import type { Bindings } from './variables.ts';

/** Checks the optional `[vars.GATEWAY]` table. Mistakes are added to `problems`. */
export function compileGateway(
  raw: JsonValue | undefined,
  issuers: ReadonlyMap<string, TokenProfile | undefined>,
  { bindings, routes }: { readonly bindings: Bindings; readonly routes: readonly Route[] },
  problems: ConfigProblem[],
): { readonly candidateShare: number | undefined } & Pick<
  Policy,
  | 'signing'
  | 'maxTokenBytes'
  | 'tokenCache'
  | 'status'
  | 'explain'
  | 'serverTiming'
  | 'canary'
  | 'revocationEpoch'
  | 'realm'
  | 'logClientAddress'
  | 'makeTraceparent'
  | 'events'
  | 'failedAuthenticationLimit'
> {
  const read = readTable(gatewayTable, raw ?? {}, ['GATEWAY'], problems);
  const table: GatewayTable = read?.value ?? {};
  const faulty = read?.faulty ?? (() => false);
  return {
    maxTokenBytes: table.max_token_bytes ?? GATEWAY_DEFAULTS.maxTokenBytes,
    tokenCache: {
      entries: table.token_cache?.entries ?? GATEWAY_DEFAULTS.tokenCacheEntries,
      bytes: table.token_cache?.bytes ?? GATEWAY_DEFAULTS.tokenCacheBytes,
    },
    realm: table.realm ?? GATEWAY_DEFAULTS.realm,
    logClientAddress: table.log_client_address ?? GATEWAY_DEFAULTS.logClientAddress,
    makeTraceparent: table.make_traceparent ?? GATEWAY_DEFAULTS.makeTraceparent,
    events: compileEvents(table.events, faulty('events'), problems),
    revocationEpoch: table.revocation_epoch,
    candidateShare: table.candidate_share,
    failedAuthenticationLimit: compileFailedLimit(table, bindings, { faulty, problems }),
    signing: compileSigning(
      table.signed_identity,
      { isUsed: routes.some(({ upstream }) => upstream.signedIdentity !== undefined), bindings },
      { path: ['GATEWAY'], faulty, problems },
    ),
    status: compileGuard('status', table, { faulty, issuers }, problems),
    explain: compileGuard('explain', table, { faulty, issuers }, problems),
    serverTiming: compileGuard('server_timing', table, { faulty, issuers }, problems),
    canary: compileCanary(table, routes, bindings, problems),
  };
}

interface GuardSources {
  readonly faulty: ReadTable<GatewayTable>['faulty'];
  readonly issuers: ReadonlyMap<string, TokenProfile | undefined>;
}

/** Who may use an endpoint of the gateway's own, or see what others do not. */
function compileGuard(
  endpoint: 'status' | 'explain' | 'server_timing',
  { [endpoint]: table }: GatewayTable,
  { faulty, issuers }: GuardSources,
  problems: ConfigProblem[],
): EndpointGuard | undefined {
  if (table === undefined) return undefined;
  const path = ['GATEWAY', endpoint];
  const { issuer: name, scope } = table;
  if (name === undefined) {
    if (!faulty(endpoint, 'issuer'))
      problems.push(problem([...path, 'issuer'], 'nothing', 'the name of an ISSUERS table'));
  } else if (!issuers.has(name)) {
    const hint = didYouMean(name, issuers.keys());
    problems.push(problemAt([...path, 'issuer'], name, quoted(issuers.keys()) || 'an ISSUERS table', hint));
  }
  if (scope === undefined && !faulty(endpoint, 'scope')) {
    problems.push(problem([...path, 'scope'], 'nothing', 'a list of scopes, at least one: who may read it'));
  }
  const profile = name === undefined ? undefined : issuers.get(name);
  if (profile?.template !== undefined) {
    const found = `${quoted([profile.name])}, the issuers of many tenants`;
    problems.push(problem([...path, 'issuer'], found, 'a table with the "iss" of one tenant'));
  }
  return profile && scope && { profile, scope };
}
