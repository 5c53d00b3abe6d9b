import type { RouteHost } from '../core/policy.ts';
import type { Requirement } from '../core/requirement.ts';
import { compileClaimTest } from './compile-claim-test.ts';
import { REQUIRE_LIMITS, ROUTE_DEFAULTS } from './defaults.ts';
import type { Reading } from './place.ts';
import { didYouMean, type PathSegment, problem, problemAt, quoted } from './problem.ts';
import { kindFault } from './require-kinds.ts';
import type { RequirePlace, RequireSurroundings } from './require-place.ts';
import { type RequireTable, requireTable } from './schema-require.ts';
import { readTable } from './table.ts';

/** Compiles `require` and whatever is in it, table by table; mistakes are added to `problems`. Undefined with any in it. */
export function compileRequire(
  table: RequireTable,
  around: RequireSurroundings,
  { path, faulty, problems }: Reading,
): Requirement | undefined {
  const reading = {
    path: [...path, 'require'],
    faulty: (...key: PathSegment[]) => faulty('require', ...key),
    problems,
  };
  const budget = { tables: 0 };
  const place = { ...reading, at: 'require', depth: 0, negated: false, around, budget };
  const requirement = compileTable(table, place);
  if (budget.tables > REQUIRE_LIMITS.tables) {
    problems.push(
      problem(
        reading.path,
        `${budget.tables} tables`,
        `at most ${REQUIRE_LIMITS.tables} tables in one requirement`,
      ),
    );
  }
  return requirement;
}

function compileTable(table: RequireTable, place: RequirePlace): Requirement | undefined {
  const { path, problems, at } = place;
  place.budget.tables += 1;
  const given = Object.keys(requireTable.shape).filter(
    (key): key is keyof RequireTable => table[key as keyof RequireTable] !== undefined || place.faulty(key),
  );
  const fault = kindFault(given);
  if (fault !== undefined) {
    // Where nothing is known but a mistyped key, that is told already.
    if (given.length > 0 || !place.faulty()) problems.push(problem(path, fault.found, fault.allowed));
    return undefined;
  }
  if (table.all !== undefined) return compileList('all', table.all, place);
  if (table.any !== undefined) return compileList('any', table.any, place);
  if (table.not !== undefined) {
    const of = compileNested(table.not, ['not'], { ...place, negated: !place.negated });
    return of && { kind: 'not', of, at };
  }
  if (table.claim !== undefined) return compileClaimTest(table, table.claim, place);
  return compileLeaf(table, place);
}

function compileList(
  kind: 'all' | 'any',
  list: readonly unknown[],
  place: RequirePlace,
): Requirement | undefined {
  const of = list.map((raw, index) => compileNested(raw, [kind, index], place));
  return of.every((each) => each !== undefined) ? { kind, of } : undefined;
}

function compileNested(
  raw: unknown,
  key: readonly [string] | readonly [string, number],
  place: RequirePlace,
): Requirement | undefined {
  const path = [...place.path, ...key];
  if (place.depth === REQUIRE_LIMITS.depth) {
    const allowed = `at most ${REQUIRE_LIMITS.depth} of all, any and not inside one another`;
    place.problems.push(problem(path, 'one more', allowed));
    return undefined;
  }
  const read = readTable(requireTable, raw as never, path, place.problems);
  if (read === undefined) return undefined;
  const at = `${place.at}.${key[0]}${key[1] === undefined ? '' : `[${key[1]}]`}`;
  return compileTable(read.value, { ...place, path, at, depth: place.depth + 1, faulty: read.faulty });
}

/** What asks for no claim by name. */
function compileLeaf(table: RequireTable, place: RequirePlace): Requirement | undefined {
  const { at } = place;
  if (table.scope !== undefined) {
    const match = table.scope_match ?? ROUTE_DEFAULTS.scopeMatch;
    return { kind: 'scope', values: [...new Set(table.scope)], match, at };
  }
  if (table.subject !== undefined) {
    return { kind: 'one_of', name: 'sub', path: ['sub'], values: [table.subject].flat(), at };
  }
  if (table.client !== undefined) return { kind: 'client', values: [table.client].flat(), at };
  if (table.issuer !== undefined) return compileIssuers([table.issuer].flat(), place);
  if (table.max_token_age !== undefined) {
    return { kind: 'token_age', maxSeconds: table.max_token_age / 1_000, at };
  }
  if (table.method !== undefined) return compileMethods([table.method].flat(), place);
  if (table.host !== undefined) return compileHosts([table.host].flat(), place);
  const { acr, amr, max_auth_age: age } = table;
  if (acr === undefined && amr === undefined && age === undefined) return undefined;
  return { kind: 'authentication', acr, amr, maxAgeSeconds: age === undefined ? undefined : age / 1_000, at };
}

function compileIssuers(
  values: readonly string[],
  { around, path, problems, at }: RequirePlace,
): Requirement {
  for (const name of values) {
    if (around.issuers.includes(name)) continue;
    const allowed = quoted(around.issuers) || 'an issuer that this route takes';
    problems.push(problemAt([...path, 'issuer'], name, allowed, didYouMean(name, around.issuers)));
  }
  return { kind: 'issuer', values, at };
}

/** GET brings HEAD with it, as on a route. */
function compileMethods(
  values: readonly string[],
  { around, path, problems, at }: RequirePlace,
): Requirement {
  const methods = withHead(values);
  const ofRoute = around.methods && withHead(around.methods);
  const never = ofRoute === undefined ? undefined : methods.find((method) => !ofRoute.includes(method));
  if (never !== undefined) {
    problems.push(
      problem(
        [...path, 'method'],
        `${quoted([never])}, which this route does not take`,
        quoted(ofRoute ?? []),
      ),
    );
  } else if (ofRoute?.every((method) => methods.includes(method))) {
    problems.push(problem([...path, 'method'], 'every method of this route', 'some of its methods'));
  }
  return { kind: 'method', values: methods, at };
}

const withHead = (methods: readonly string[]): readonly string[] =>
  methods.includes('GET') ? [...new Set([...methods, 'HEAD'])] : [...new Set(methods)];

function compileHosts(
  values: readonly RouteHost[],
  { around, path, problems, at }: RequirePlace,
): Requirement | undefined {
  const patterns = values.flatMap((host) => (host.kind === 'any' ? [] : [host]));
  const possible = patterns.filter((one) => around.hosts.some((host) => mayBoth(host, one)));
  if (possible.length < patterns.length) {
    problems.push(problem([...path, 'host'], 'a host that this route does not take', 'hosts of this route'));
  } else if (around.hosts.every((host) => patterns.some((one) => covers(one, host)))) {
    problems.push(problem([...path, 'host'], 'every host of this route', 'some of its hosts'));
  }
  return { kind: 'host', values: patterns, at };
}

/** Whether all hosts of `inner` are hosts of `outer`. */
function covers(outer: RouteHost, inner: RouteHost): boolean {
  if (outer.kind === 'any') return true;
  if (inner.kind === 'any') return false;
  if (outer.kind === 'exact') return inner.kind === 'exact' && inner.value === outer.value;
  return (
    inner.value.endsWith(`.${outer.value}`) || (inner.kind === 'wildcard' && inner.value === outer.value)
  );
}

const mayBoth = (a: RouteHost, b: RouteHost): boolean => covers(a, b) || covers(b, a);
