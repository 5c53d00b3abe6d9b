import type { Route, RouteHost, TokenProfile, TokenProfiles } from '../core/policy.ts';
import type { Requirement } from '../core/requirement.ts';
import { compileClaims } from './compile-claims.ts';
import { compileCors } from './compile-cors.ts';
import { compileHeaders, compileKeptHeaders } from './compile-headers.ts';
import { compileLogin } from './compile-login.ts';
import { compileOrigin } from './compile-origin.ts';
import { compileOriginMessages } from './compile-origin-messages.ts';
import { compilePath } from './compile-path.ts';
import { compileRateLimit } from './compile-rate-limit.ts';
import { compileRequire } from './compile-require.ts';
import { compileResourceMetadata } from './compile-resource-metadata.ts';
import { compileRevocation } from './compile-revocation.ts';
import { compileTokenSources } from './compile-token-sources.ts';
import { ROUTE_DEFAULTS } from './defaults.ts';
import { checkDistinct } from './distinct-profiles.ts';
import { compileEnforcement } from './enforcement.ts';
import type { RouteVariant } from './expand-route.ts';
import { IDENTITY_KEYS } from './layers.ts';
import { type ConfigProblem, didYouMean, type PathSegment, problem, problemAt, quoted } from './problem.ts';
import type { RequestRules } from './request-rules.ts';
import { type RouteTable, routeTable } from './schema.ts';
import { readTable, valueAt } from './table.ts';
import type { Bindings } from './variables.ts';

/** What a route may refer to. An issuer that is declared but faulty has no value: its mistake is told once. */
export interface RouteSurroundings {
  readonly bindings: Bindings;
  readonly issuers: ReadonlyMap<string, TokenProfile | undefined>;
  readonly rules: RequestRules;
}

const OWN_NAMES = 'portcullis-';
const ANY_HOST: RouteHost = { kind: 'any' };
/** Checks one `[vars.ROUTES.<name>]` table. Mistakes are added to `problems`; with any there, the result serves only to find more. */
export function compileRoute(
  { variable, name, raw, hosts, index }: RouteVariant,
  surroundings: RouteSurroundings,
  problems: ConfigProblem[],
): Route | undefined {
  const at = [variable, name];
  // What events and answers know an endpoint of our own by must not be a route's.
  if (name.startsWith(OWN_NAMES)) {
    problems.push(
      problem(at, 'a name of the gateway itself', `a name that does not begin with "${OWN_NAMES}"`),
    );
  }
  const read = readTable(routeTable, raw, at, problems);
  if (read === undefined) return undefined;
  const { host, path: text, ...others } = read.value;
  // `expand-route.ts` has left one of each.
  const table: RouteTable = { ...others, host: [host].flat()[0], path: [text].flat()[0] };
  const { faulty } = read;
  const authentication = table.authentication ?? ROUTE_DEFAULTS.authentication;
  const required = authentication !== 'none';
  const reading = { path: at, faulty, problems };
  const path = compilePath(table, surroundings.rules, reading);
  const origin = compileOrigin(table, path, surroundings, reading);
  const profiles: TokenProfiles = required
    ? compileProfiles(table, surroundings, [...at, 'issuers'], problems)
    : new Map();
  if (!required) refuseIdentity(table, at, problems);
  if (table.scope === undefined && table.scope_match !== undefined && required && !faulty('scope')) {
    problems.push(
      problem([...at, 'scope_match'], 'scope_match without scope', 'scope_match beside a scope list'),
    );
  }
  const claims = compileClaims(table.claims ?? [], reading);
  const around = {
    issuers: (table.issuers ?? [...surroundings.issuers.keys()]).filter((each) =>
      surroundings.issuers.has(each),
    ),
    methods: table.methods,
    hosts,
    parameters: path && (path.parameters ?? []).map((parameter) => parameter.name),
  };
  const require = required && table.require && compileRequire(table.require, around, reading);
  const headers = compileHeaders(
    table.headers ?? {},
    table.headers === undefined ? [] : Object.keys(Object(valueAt(raw, ['headers']))),
    surroundings.rules,
    reading,
  );
  const { sources, multipleTokens } = required
    ? compileTokenSources(table, surroundings.rules, reading)
    : { sources: [], multipleTokens: undefined };
  const consumes = sources.filter(({ kind }) => kind !== 'bearer');
  const login = compileLogin(table, reading);
  const revocation = compileRevocation(table.revocation ?? {}, required, reading);
  const cors = compileCors(table, reading);
  if (path === undefined || origin === undefined || faulty('host') || faulty('methods')) return undefined;
  const route: Omit<Route, 'resource' | 'rateLimit' | 'enforce'> = {
    name,
    match: {
      host: table.host ?? ANY_HOST,
      path,
      methods: table.methods && [...new Set(table.methods)],
    },
    access: {
      name,
      authentication,
      sources,
      multipleTokens,
      profiles,
      requirement: { kind: 'all', of: [...compileScope(table), ...claims, ...(require ? [require] : [])] },
      revocation,
    },
    upstream: {
      name,
      ...origin,
      ...compileOriginMessages(table, surroundings, headers, reading),
      timeoutMs: table.timeout ?? ROUTE_DEFAULTS.timeout,
      headers,
      keepHeaders: compileKeptHeaders(table.keep_headers ?? [], surroundings.rules, reading),
      forwardToken: table.forward_token ?? ROUTE_DEFAULTS.forwardToken,
      preflight: table.preflight ?? ROUTE_DEFAULTS.preflight,
      consumes: consumes.length === 0 ? undefined : consumes,
      tellAuthenticated: authentication === 'optional' ? true : undefined,
    },
    cors,
    login,
  };
  return {
    ...route,
    enforce: compileEnforcement(table, route.access, reading),
    resource: compileResourceMetadata(
      table,
      { ...route, hosts, isOneOfPaths: index.path !== undefined },
      reading,
    ),
    rateLimit: compileRateLimit(table, route, surroundings.bindings, reading),
  };
}

const compileScope = ({ scope, scope_match: match }: RouteTable): readonly Requirement[] =>
  scope === undefined
    ? []
    : [{ kind: 'scope', values: [...new Set(scope)], match: match ?? ROUTE_DEFAULTS.scopeMatch }];

function compileProfiles(
  table: RouteTable,
  { issuers }: RouteSurroundings,
  at: readonly PathSegment[],
  problems: ConfigProblem[],
): TokenProfiles {
  const byIss = new Map<string, readonly TokenProfile[]>();
  (table.issuers ?? [...issuers.keys()]).forEach((name, index) => {
    if (!issuers.has(name)) {
      const allowed = issuers.size === 0 ? 'an ISSUERS table; there is none' : quoted(issuers.keys());
      problems.push(problemAt([...at, index], name, allowed, didYouMean(name, issuers.keys())));
    }
    const profile = issuers.get(name);
    if (profile === undefined) return;
    const others = byIss.get(profile.issuer) ?? [];
    if (!others.includes(profile)) byIss.set(profile.issuer, [...others, profile]);
  });
  checkDistinct([...byIss.values()].flat(), at, problems);
  return byIss;
}

function refuseIdentity(table: RouteTable, at: readonly PathSegment[], problems: ConfigProblem[]): void {
  for (const key of IDENTITY_KEYS) {
    if (table[key] === undefined) continue;
    problems.push(
      problem(
        [...at, key],
        `${key} beside authentication = "none"`,
        `no ${key}: nobody is known on this route`,
      ),
    );
  }
}
