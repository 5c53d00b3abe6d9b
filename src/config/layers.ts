import type { JsonObject, JsonValue } from '../core/jose.ts';
import { hasNoContent } from './methods.ts';
import {
  type ConfigProblem,
  didYouMean,
  kindOf,
  type PathSegment,
  problem,
  problemAt,
  quoted,
} from './problem.ts';
import { routeTable } from './schema.ts';
import type { NamedTable, Variables } from './variables.ts';

/** One table that routes take keys from: `[vars.ROUTE_DEFAULTS]`, or a group. */
interface Layer {
  readonly path: readonly PathSegment[];
  readonly table: JsonObject;
  /** Keys that some route has taken from here. */
  readonly taken: Set<string>;
}

/** A route's table with what it takes from its group and the defaults. */
export interface LayeredRoute extends NamedTable {
  readonly raw: JsonValue;
  /** Where each key stands that is not in the route's own table. */
  readonly inherited: ReadonlyMap<string, readonly PathSegment[]>;
}

const KEYS: readonly string[] = Object.keys(routeTable.shape);
/** Each route has its own. */
const OWN_KEYS: ReadonlySet<string> = new Set(['path', 'group']);
/** What means nothing where nobody is known. */
export const IDENTITY_KEYS = [
  'issuers',
  'scope',
  'scope_match',
  'claims',
  'require',
  'headers',
  'token_sources',
  'multiple_tokens',
  'on_unauthenticated',
  'end_with_token',
  'signed_identity',
] as const;

/** What says something of tokens or of who is known: inherited only where a token is asked for. */
export const TOKEN_KEYS: ReadonlySet<string> = new Set([
  ...IDENTITY_KEYS,
  'revocation',
  'resource_metadata',
  'forward_token',
  'enforce',
]);

/**
 * Routes with what they inherit, key by key: their own table, then their group's, then the defaults. A key is taken whole:
 * tables and lists are not merged. Mistakes of groups and defaults as such are added to `problems`; what stands in a key
 * is checked with the routes that take it.
 */
export function layerRoutes(variables: Variables, problems: ConfigProblem[]): readonly LayeredRoute[] {
  const defaults = readLayer(['ROUTE_DEFAULTS'], variables.routeDefaults, problems);
  const groups = new Map(
    variables.routeGroups.map(({ variable, name, raw }) => [
      name,
      readLayer([variable, name], raw, problems),
    ]),
  );
  const used = new Set<string>();
  const routes = variables.routes.map((route): LayeredRoute => {
    if (!isTable(route.raw)) return { ...route, inherited: new Map() };
    const { group } = route.raw;
    if (typeof group === 'string') used.add(group);
    if (typeof group === 'string' && !groups.has(group)) {
      const allowed = quoted(groups.keys()) || 'a [vars.ROUTE_GROUPS.<name>] table; there is none';
      const at = [route.variable, route.name, 'group'];
      problems.push(problemAt(at, group, allowed, didYouMean(group, groups.keys())));
    }
    const layer = typeof group === 'string' ? groups.get(group) : undefined;
    return inherit(
      { ...route, raw: route.raw },
      [...(layer ? [layer] : []), ...(defaults ? [defaults] : [])],
      problems,
    );
  });
  for (const { variable, name } of variables.routeGroups) {
    if (used.has(name)) continue;
    problems.push(
      problem([variable, name], 'a group that no route is in', `routes with group = ${quoted([name])}`),
    );
    groups.delete(name);
  }
  if (variables.routes.length > 0) {
    for (const layer of [defaults, ...groups.values()])
      if (layer !== undefined) refuseUntaken(layer, problems);
  }
  return routes;
}

/** A route that says nothing of authentication, and so would ask for a token, is open by the defaults: often by oversight. */
export function warnOfOpenDefaults(routes: readonly LayeredRoute[], warnings: ConfigProblem[]): void {
  const open = routes.filter(
    ({ raw, inherited }) =>
      isTable(raw) && raw.authentication === 'none' && inherited.get('authentication')?.length === 2,
  );
  if (open.length === 0) return;
  const found = `"none": every route that says nothing is open, such as ${quoted([open[0]?.name ?? ''])}`;
  const allowed = 'authentication = "none" on the routes that are public, or on a group of theirs';
  warnings.push(problem(['ROUTE_DEFAULTS', 'authentication'], found, allowed));
}

const isTable = (value: JsonValue | undefined): value is JsonObject =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** The sound keys of a layer. */
function readLayer(
  path: readonly PathSegment[],
  raw: JsonValue | undefined,
  problems: ConfigProblem[],
): Layer | undefined {
  if (raw === undefined) return undefined;
  if (!isTable(raw)) {
    problems.push(problem(path, kindOf(raw), 'a table of route keys'));
    return undefined;
  }
  const isDefaults = path.length === 1;
  const keys = KEYS.filter((key) => !OWN_KEYS.has(key) && !(isDefaults && key === 'unset'));
  for (const key of Object.keys(raw)) {
    if (keys.includes(key)) continue;
    const found = KEYS.includes(key) ? `${key}, which is each route's own` : 'an unknown key';
    problems.push(problem([...path, key], found, keys.join(', '), didYouMean(key, keys)));
  }
  const sound = Object.entries(raw).filter(([key]) => keys.includes(key));
  return { path, table: Object.fromEntries(sound), taken: new Set() };
}

function inherit(
  route: NamedTable & { readonly raw: JsonObject },
  layers: readonly Layer[],
  problems: ConfigProblem[],
): LayeredRoute {
  const { group: _, unset, ...own } = route.raw as Record<string, JsonValue | undefined>;
  const path = [route.variable, route.name];
  const merged: Record<string, JsonValue | undefined> = { ...own };
  if (typeof route.raw.group !== 'string' && 'group' in route.raw) merged.group = route.raw.group;
  const inherited = new Map<string, readonly PathSegment[]>();
  const from = new Map<string, Layer>();
  const stopped = new Set(readUnset(unset, [...path, 'unset'], layers, problems));
  for (const [index, layer] of layers.entries()) {
    for (const [key, value] of Object.entries(layer.table)) {
      if (key === 'unset' || key in merged || stopped.has(key)) continue;
      // What asks for no token takes nothing about tokens from below the table that says so.
      if (TOKEN_KEYS.has(key) && merged.authentication === 'none' && from.get('authentication') !== layer)
        continue;
      merged[key] = value;
      inherited.set(key, [...layer.path, key]);
      from.set(key, layer);
    }
    for (const key of readUnset(
      layer.table.unset,
      [...layer.path, 'unset'],
      layers.slice(index + 1),
      problems,
    )) {
      stopped.add(key);
      layer.taken.add('unset');
    }
  }
  if (merged.scope === undefined && from.has('scope_match')) {
    delete merged.scope_match;
    inherited.delete('scope_match');
  }
  if (from.has('on_unauthenticated') && Array.isArray(merged.methods) && !merged.methods.includes('GET')) {
    delete merged.on_unauthenticated;
    inherited.delete('on_unauthenticated');
  }
  if (from.has('max_body') && hasNoContent(merged.methods)) {
    delete merged.max_body;
    inherited.delete('max_body');
  }
  for (const key of inherited.keys()) from.get(key)?.taken.add(key);
  return { ...route, raw: merged, inherited };
}

/** Keys that would be inherited and shall not be. */
function readUnset(
  unset: JsonValue | undefined,
  path: readonly PathSegment[],
  below: readonly Layer[],
  problems: ConfigProblem[],
): readonly string[] {
  if (unset === undefined) return [];
  const known = [...new Set(below.flatMap(({ table }) => Object.keys(table)))].filter(
    (key) => key !== 'unset',
  );
  if (!Array.isArray(unset) || unset.length === 0) {
    problems.push(problem(path, kindOf(unset), 'a list of inherited keys, at least one'));
    return [];
  }
  return unset.flatMap((key: JsonValue, index) => {
    if (typeof key === 'string' && known.includes(key)) return [key];
    const hint = typeof key === 'string' ? didYouMean(key, known) : undefined;
    problems.push(problemAt([...path, index], key, quoted(known) || 'an inherited key; there is none', hint));
    return [];
  });
}

/** A value that reaches no route says what is not so. */
function refuseUntaken({ path, table, taken }: Layer, problems: ConfigProblem[]): void {
  for (const key of Object.keys(table)) {
    if (taken.has(key) || key === 'unset') continue;
    problems.push(
      problem([...path, key], 'a value that no route takes', 'keys that some route leaves to this table'),
    );
  }
}
