import type { Policy, Route, TokenProfile } from '../core/policy.ts';
import { err, ok, type Result } from '../core/result.ts';
import { compileCandidate } from './compile-candidate.ts';
import { checkPreflights } from './compile-cors.ts';
import { compileGateway } from './compile-gateway.ts';
import { checkKeptHeaders, writtenHeaders } from './compile-headers.ts';
import { compileIssuer } from './compile-issuer.ts';
import { checkOneRate } from './compile-rate-limit.ts';
import { compileRoute } from './compile-route.ts';
import { checkCountingBindings } from './counting-bindings.ts';
import { isBearerToken, parseEndpoint } from './endpoint.ts';
import { warnOfReports } from './enforcement.ts';
import { atElement, expandRoute } from './expand-route.ts';
import { deepFreeze } from './freeze.ts';
import { layerRoutes, warnOfOpenDefaults } from './layers.ts';
import { ASSUMED_SECRET } from './named-secret.ts';
import { checkOwnSecret } from './own-secret.ts';
import { type ConfigProblem, problem, quoted } from './problem.ts';
import { relocate } from './relocate.ts';
import type { RequestRules } from './request-rules.ts';
import { compileDocuments } from './resource-documents.ts';
import { valueAt } from './table.ts';
import { type Bindings, type NamedTable, readVariables, type Variables } from './variables.ts';
import { warnOfMappedPaths } from './warn-of-mapped-paths.ts';
import { warnOfRequirements } from './warn-of-requirements.ts';
import { warnOfTexts } from './warn-of-texts.ts';
import { warnOfTokenSources } from './warn-of-token-sources.ts';
import { warnOfAllowances, warnOfDottedClaims, warnOfRoutes, warnOfUnused } from './warnings.ts';

export interface CompiledConfig {
  /** Deeply frozen; shares nothing with `env`. */
  readonly policy: Policy;
  readonly warnings: readonly ConfigProblem[];
}

/**
 * Checks the variables of a Worker and compiles them into the policy, or says everything that is wrong with them.
 * Never throws, whatever `env` holds.
 * Does NOT check anything that needs the network: that issuers, origins and Redis exist, or that keys import.
 *
 * @param bindings the Worker's `env`, or what stands for it at the command line
 * @param rules what `routing/` and `credentials/` decide
 */
export function compilePolicy(
  bindings: Bindings,
  rules: RequestRules,
): Result<CompiledConfig, readonly ConfigProblem[]> {
  const problems: ConfigProblem[] = [];
  const warnings: ConfigProblem[] = [];
  const read = readVariables(bindings, problems, warnings);
  const variables = { ...read, routes: layerRoutes(read, problems) };

  const issuers = new Map<string, TokenProfile | undefined>();
  for (const table of variables.issuers) issuers.set(table.name, compileIssuer(table, bindings, problems));

  const routes: Route[] = [];
  for (const variant of variables.routes.flatMap(expandRoute)) {
    const own: ConfigProblem[] = [];
    const route = compileRoute(variant, { bindings, issuers, rules }, own);
    problems.push(...own.map((each) => atElement(each, variant)));
    if (route !== undefined) routes.push(route);
  }
  const variableOf = new Map(variables.routes.map(({ name, variable }) => [name, variable]));
  for (const [a, b] of rules.conflictingRoutes(routes)) {
    problems.push(
      problem(
        [variableOf.get(b.name) ?? 'ROUTES', b.name],
        `the same host, path and methods as ${variableOf.get(a.name)}.${a.name}`,
        'routes of which one is more specific: host, then path, then methods',
      ),
    );
  }
  for (const {
    routes: [a, b],
    meet,
  } of rules.overlappingRoutes(routes)) {
    problems.push(
      problem(
        [variableOf.get(b.name) ?? 'ROUTES', b.name, 'path'],
        `parameters that overlap with ${variableOf.get(a.name)}.${a.name}`,
        'routes of which one is more specific',
        meet === undefined ? undefined : `a route with just the paths of both: ${quoted([meet])}`,
      ),
    );
  }
  const mappedHeaders = new Set(
    routes.flatMap(({ upstream }) => writtenHeaders(upstream, rules)).map(rules.foldHeaderName),
  );
  const placed = routes.map((route) => ({ variable: variableOf.get(route.name) ?? 'ROUTES', route }));
  checkKeptHeaders(placed, mappedHeaders, rules, problems);
  checkPreflights(placed, problems);
  const resources = compileDocuments(placed, problems, warnings);
  checkPresence(variables, problems);
  checkRevocationStore(bindings, variables.routes, problems);
  checkOwnSecret(bindings, 'CACHE_SECRET', problems);
  checkCountingBindings(bindings, problems);
  const gateway = compileGateway(variables.gateway, issuers, { bindings, routes }, problems);
  checkOneRate(placed, gateway.failedAuthenticationLimit, problems);
  checkServerTiming(gateway.serverTiming, routes, problems);
  const { candidateShare: share, ...ofGateway } = gateway;
  const live = { issuers, variables: read, share };
  const candidate = compileCandidate(live, bindings, rules, { problems, warnings });
  warnOfOpenDefaults(variables.routes, warnings);
  warnOfReports(placed, warnings);
  warnOfUnused(variables.issuers, routes, [gateway.status?.profile, gateway.explain?.profile], warnings);
  warnOfRoutes(variables, routes, warnings);
  if (problems.length === 0) warnOfMappedPaths(variables.routes, routes, rules, warnings);
  warnOfTokenSources(variables.routes, routes, warnings);
  warnOfDottedClaims(variables, warnings);
  warnOfTexts(variables, bindings, warnings);
  warnOfAllowances(variables.issuers, warnings);
  warnOfAllowances(variables.routes, warnings);
  warnOfRequirements(variables.routes, routes, warnings);
  if (problems.length > 0) return err(relocate(problems, variables.routes));
  return ok(
    deepFreeze({
      policy: {
        issuers: [...issuers.values()].filter((issuer) => issuer !== undefined),
        routes,
        resources,
        candidate,
        mappedHeaders,
        ...ofGateway,
      },
      warnings: relocate(warnings, variables.routes),
    }),
  );
}

/** Timings are shown with the answer of a route, so to holders of tokens that some route takes. */
function checkServerTiming(
  guard: Policy['serverTiming'],
  routes: readonly Route[],
  problems: ConfigProblem[],
): void {
  if (guard === undefined) return;
  const { name } = guard.profile;
  const isTaken = ({ access }: Route) =>
    [...access.profiles.values()].some((those) => those.some((profile) => profile.name === name));
  if (routes.some(isTaken)) return;
  const found = `${quoted([name])}, of which no route takes a token`;
  problems.push(problem(['GATEWAY', 'server_timing', 'issuer'], found, 'an issuer of some route'));
}

function checkPresence({ issuers, routes }: Variables, problems: ConfigProblem[]): void {
  if (routes.length === 0) {
    problems.push(problem(['ROUTES'], 'no route', 'at least one [vars.ROUTES.<name>] table'));
  }
  const route = routes.find(({ raw }) => valueAt(raw, ['authentication']) !== 'none');
  if (issuers.length === 0 && route !== undefined) {
    const found = `no issuer, while the route ${quoted([route.name])} requires authentication`;
    problems.push(problem(['ISSUERS'], found, 'at least one [vars.ISSUERS.<name>] table'));
  }
}

/** A route with mistakes counts as one that asks, unless it says otherwise. */
function asksForRevocation({ raw }: NamedTable): boolean {
  return valueAt(raw, ['authentication']) !== 'none' && valueAt(raw, ['revocation', 'mode']) !== 'off';
}

function checkRevocationStore(
  bindings: Bindings,
  routes: readonly NamedTable[],
  problems: ConfigProblem[],
): void {
  const { UPSTASH_REDIS_REST_URL: url, UPSTASH_REDIS_REST_TOKEN: token, REVOCATIONS: objects } = bindings;
  if (url !== undefined || token !== undefined) {
    const complain = (name: string, value: unknown, allowed: string) =>
      problems.push(problem([name], value === undefined ? 'nothing' : 'a value that is none', allowed));
    if (typeof url !== 'string' || parseEndpoint(url) === undefined) {
      complain(
        'UPSTASH_REDIS_REST_URL',
        url,
        'an https URL without credentials and fragment (http only to localhost)',
      );
    }
    if (typeof token !== 'string' || (token !== ASSUMED_SECRET && !isBearerToken(token))) {
      complain(
        'UPSTASH_REDIS_REST_TOKEN',
        token,
        'the token of UPSTASH_REDIS_REST_URL; the read-only one is enough',
      );
    }
    return;
  }
  const route = routes.find(asksForRevocation);
  if (route === undefined || (typeof objects === 'object' && objects !== null)) return;
  problems.push(
    problem(
      ['REVOCATIONS'],
      `no revocation store, while the route ${quoted([route.name])} asks one`,
      'the secrets UPSTASH_REDIS_REST_URL and UPSTASH_REDIS_REST_TOKEN, or a Durable Object binding REVOCATIONS',
      'or revocation = { mode = "off" } on every route',
    ),
  );
}
