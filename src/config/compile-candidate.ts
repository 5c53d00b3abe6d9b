import type { CandidatePolicy, Route, TokenProfile } from '../core/policy.ts';
import { compileIssuer } from './compile-issuer.ts';
import { compileRoute } from './compile-route.ts';
import { CANDIDATE_DEFAULTS } from './defaults.ts';
import { atElement, expandRoute } from './expand-route.ts';
import { layerRoutes } from './layers.ts';
import { type ConfigProblem, problem } from './problem.ts';
import type { RequestRules } from './request-rules.ts';
import { type Bindings, readFamily, type Variables } from './variables.ts';

const ISSUERS = 'CANDIDATE_ISSUERS';
const ROUTES = 'CANDIDATE_ROUTES';

export interface LiveTables {
  readonly issuers: ReadonlyMap<string, TokenProfile | undefined>;
  readonly variables: Variables;
  /** Of 100 requests; undefined: not said. */
  readonly share: number | undefined;
}

interface Reports {
  readonly problems: ConfigProblem[];
  readonly warnings: ConfigProblem[];
}

/**
 * The candidate policy: the live tables, in which those of `CANDIDATE_ISSUERS*` and `CANDIDATE_ROUTES*` take the place of
 * the ones of their name or come besides. Undefined where there are none.
 */
export function compileCandidate(
  live: LiveTables,
  bindings: Bindings,
  rules: RequestRules,
  { problems, warnings }: Reports,
): CandidatePolicy | undefined {
  refuseOthers(bindings, problems);
  const issuerTables = readFamily(ISSUERS, bindings, problems, warnings);
  const routeTables = readFamily(ROUTES, bindings, problems, warnings);
  if (issuerTables.length === 0 && routeTables.length === 0) {
    if (live.share !== undefined) {
      const allowed = `a [vars.${ROUTES}.<name>] or [vars.${ISSUERS}.<name>] table: there is no candidate`;
      problems.push(problem(['GATEWAY', 'candidate_share'], String(live.share), allowed));
    }
    return undefined;
  }
  // What is not replaced stays the very object, and shares its keys with the live policy.
  const issuers = new Map(live.issuers);
  for (const table of issuerTables) issuers.set(table.name, compileIssuer(table, bindings, problems));
  const own = new Map(routeTables.map((table) => [table.name, table]));
  const tables = [...live.variables.routes.filter(({ name }) => !own.has(name)), ...own.values()];
  // A mistake in a live table, or in what it inherits, is told where it stands.
  const found: ConfigProblem[] = [];
  const layered = layerRoutes({ ...live.variables, routes: tables }, found);
  const routes = layered.flatMap(expandRoute).flatMap((variant): Route[] => {
    const ofVariant: ConfigProblem[] = [];
    const route = compileRoute(variant, { bindings, issuers, rules }, ofVariant);
    if (own.has(variant.name)) found.push(...ofVariant.map((each) => atElement(each, variant)));
    return route === undefined ? [] : [route];
  });
  problems.push(...found.filter(({ path }) => path.startsWith(ROUTES)));
  for (const [a, b] of rules.conflictingRoutes(routes)) {
    const at = own.get(b.name) ?? own.get(a.name);
    if (at === undefined) continue;
    const other = at.name === b.name ? a : b;
    problems.push(
      problem(
        [at.variable, at.name],
        `the same host, path and methods as the candidate's ${other.name}`,
        'routes of which one is more specific; the name of a live route to take its place',
      ),
    );
  }
  for (const {
    routes: [a, b],
  } of rules.overlappingRoutes(routes)) {
    const at = own.get(b.name) ?? own.get(a.name);
    if (at === undefined) continue;
    const other = at.name === b.name ? a : b;
    problems.push(
      problem(
        [at.variable, at.name, 'path'],
        `parameters that overlap with the candidate's ${other.name}`,
        'routes of which one is more specific',
      ),
    );
  }
  const alive = new Set(live.issuers.values());
  return {
    share: live.share ?? CANDIDATE_DEFAULTS.share,
    routes,
    ownIssuers: [...issuers.values()].filter(
      (issuer) => issuer !== undefined && !alive.has(issuer),
    ) as TokenProfile[],
  };
}

/** `CANDIDATE_ROUTE`, `CANDIDATES`: a table that nobody would read. */
function refuseOthers(bindings: Bindings, problems: ConfigProblem[]): void {
  for (const [name, value] of Object.entries(bindings)) {
    if (!/^CANDIDATE/.test(name) || /^CANDIDATE_(?:ROUTES|ISSUERS)(?:_\w+)?$/.test(name)) continue;
    if (typeof value !== 'object' || value === null) continue;
    problems.push(problem([name], 'a table', `${ROUTES}, ${ISSUERS}, or one of them with _<GROUP>`));
  }
}
