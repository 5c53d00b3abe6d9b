import type { JsonObject, JsonValue } from '../core/jose.ts';
import { VARIABLE_BYTES, VARIABLE_COUNT } from './defaults.ts';
import { type ConfigProblem, kindOf, problem, quoted } from './problem.ts';
import { nearest } from './suggestion.ts';

/** What a Worker is given: variables, secrets and bindings, by name. */
export type Bindings = Readonly<Record<string, unknown>>;

/** One named table and the variable it was found in. */
export interface NamedTable {
  readonly variable: string;
  readonly name: string;
  readonly raw: JsonValue;
}

export interface Variables {
  readonly issuers: readonly NamedTable[];
  readonly routes: readonly NamedTable[];
  /** What all routes, and those of one group, leave to it. */
  readonly routeDefaults: JsonValue | undefined;
  readonly routeGroups: readonly NamedTable[];
  readonly gateway: JsonValue | undefined;
}

const FAMILIES = ['ISSUERS', 'ROUTES', 'GATEWAY', 'ROUTE_DEFAULTS', 'ROUTE_GROUPS'] as const;
type Family = (typeof FAMILIES)[number];
/** Deeper than any key needs, and shallow enough for every recursive reader of the policy. */
const MAX_DEPTH = 16;
const TABLE_NAME = /^[a-z0-9_-]{1,64}$/;

/** Gathers the tables of `ISSUERS*`, `ROUTES*` and `GATEWAY`, and leaves every other entry of `env` alone. */
export function readVariables(
  bindings: Bindings,
  problems: ConfigProblem[],
  warnings: ConfigProblem[],
): Variables {
  const tables = {
    ISSUERS: new Map<string, NamedTable>(),
    ROUTES: new Map<string, NamedTable>(),
    ROUTE_GROUPS: new Map<string, NamedTable>(),
  };
  let gateway: JsonValue | undefined;
  let routeDefaults: JsonValue | undefined;
  let count = 0;
  for (const [variable, value] of Object.entries(bindings)) {
    if (value === undefined) continue;
    if (typeof value === 'string' || isPlain(value)) count += 1;
    const family = familyOf(variable);
    if (family === undefined) {
      const meant = misspelt(variable, value);
      if (meant !== undefined) {
        problems.push(
          problem(
            [variable],
            'a table',
            'ISSUERS, ISSUERS_<GROUP>, ROUTES, ROUTES_<GROUP>, ROUTE_DEFAULTS, ROUTE_GROUPS, GATEWAY',
            `did you mean ${quoted([meant])}?`,
          ),
        );
      }
      continue;
    }
    const table = readJson(variable, value, problems, warnings);
    if (table === undefined) continue;
    if (family === 'GATEWAY') gateway = table;
    else if (family === 'ROUTE_DEFAULTS') routeDefaults = table;
    else merge(tables[family], variable, table, problems);
  }
  if (count >= VARIABLE_COUNT.warn) {
    warnings.push(
      problem(
        ['vars'],
        `${count} variables and secrets`,
        `Cloudflare takes ${VARIABLE_COUNT.cap} on the free plan, 128 on paid ones`,
      ),
    );
  }
  return {
    issuers: [...tables.ISSUERS.values()],
    routes: [...tables.ROUTES.values()],
    routeDefaults,
    routeGroups: [...tables.ROUTE_GROUPS.values()],
    gateway,
  };
}

/** The tables of one family, `NAME` and every `NAME_<GROUP>`, as those of `ISSUERS` and `ROUTES` are gathered. */
export function readFamily(
  family: string,
  bindings: Bindings,
  problems: ConfigProblem[],
  warnings: ConfigProblem[],
): readonly NamedTable[] {
  const tables = new Map<string, NamedTable>();
  for (const [variable, value] of Object.entries(bindings)) {
    const isMember = variable === family || variable.startsWith(`${family}_`);
    const table = isMember && value !== undefined ? readJson(variable, value, problems, warnings) : undefined;
    if (table !== undefined) merge(tables, variable, table, problems);
  }
  return [...tables.values()];
}

function familyOf(variable: string): Family | undefined {
  if (variable === 'GATEWAY' || variable === 'ROUTE_DEFAULTS' || variable === 'ROUTE_GROUPS') return variable;
  const [, family] = /^(ISSUERS|ROUTES)(?:_\w+)?$/.exec(variable) ?? [];
  return FAMILIES.find((known) => known === family);
}

/** Only a table can be a misspelt table: bindings and secrets may be named as they like. */
function misspelt(variable: string, value: unknown): string | undefined {
  if (!isPlain(value)) return undefined;
  if (/^route.?(?:default|group)/i.test(variable))
    return nearest(variable, ['ROUTE_DEFAULTS', 'ROUTE_GROUPS']);
  const [, head = '', rest = ''] = /^([^_.\s-]*)[_.\s-]?(.*)$/s.exec(variable) ?? [];
  const family = nearest(head, ['ISSUERS', 'ROUTES', 'GATEWAY']);
  if (family === undefined || rest === '' || family === 'GATEWAY') return family;
  return `${family}_${rest.replace(/\W/g, '_').slice(0, 64)}`;
}

function isPlain(value: unknown): boolean {
  if (typeof value !== 'object' || value === null) return false;
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === Object.prototype || prototype === null || Array.isArray(value);
}

/** Variables whose tables stand in no other. */
const WHOLE: ReadonlySet<string> = new Set([
  'GATEWAY',
  'CONTROL',
  'TOKEN_SERVICE',
  'ROUTE_DEFAULTS',
  'ROUTE_GROUPS',
]);

/**
 * A copy that is nothing but JSON, so that no getter, cycle or shared reference reaches the policy; undefined, and told,
 * for what has none. Nothing named `__proto__`: readers of tables pass over it, and it would be lost without a word.
 */
export function readJson(
  variable: string,
  value: unknown,
  problems: ConfigProblem[],
  warnings: ConfigProblem[],
): JsonObject | undefined {
  const json = isPlain(value) && !Array.isArray(value) ? stringify(value) : undefined;
  if (json === undefined) {
    const hint = typeof value === 'string' ? 'in the dashboard, give the variable the type JSON' : undefined;
    const allowed = `a table, [vars.${variable}…] in wrangler.toml, at most ${MAX_DEPTH} deep, without "__proto__"`;
    problems.push(problem([variable], kindOf(value), allowed, hint));
    return undefined;
  }
  const bytes = new TextEncoder().encode(json).length;
  if (bytes >= VARIABLE_BYTES.warn) {
    const group = `${variable.split('_')[0]}_<GROUP>`;
    warnings.push(
      problem(
        [variable],
        `${bytes} bytes of JSON`,
        `Cloudflare takes ${VARIABLE_BYTES.cap} bytes a variable`,
        WHOLE.has(variable) ? undefined : `move some of its tables to ${group}`,
      ),
    );
  }
  const copy: JsonObject = JSON.parse(json);
  return copy;
}

function stringify(value: unknown): string | undefined {
  try {
    const json = JSON.stringify(value);
    const sound = json.startsWith('{') && !json.includes('"__proto__"') && isShallow(value, MAX_DEPTH);
    return sound ? json : undefined;
  } catch {
    return undefined;
  }
}

function isShallow(value: unknown, levels: number): boolean {
  if (typeof value !== 'object' || value === null) return true;
  return levels > 0 && Object.values(value).every((member) => isShallow(member, levels - 1));
}

function merge(
  into: Map<string, NamedTable>,
  variable: string,
  tables: JsonObject,
  problems: ConfigProblem[],
): void {
  for (const [name, raw = null] of Object.entries(tables)) {
    const earlier = into.get(name);
    if (!TABLE_NAME.test(name)) {
      problems.push(problem([variable, name], 'a table name', '1 to 64 of a-z, 0-9, "_" and "-"'));
    } else if (earlier !== undefined) {
      problems.push(
        problem(
          [variable, name],
          `a second ${quoted([name])}`,
          `one table of a name; the other is ${earlier.variable}.${name}`,
        ),
      );
    } else {
      into.set(name, { variable, name, raw });
    }
  }
}
