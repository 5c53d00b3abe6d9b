import type { JsonValue } from '../core/jose.ts';
import type { RouteHost } from '../core/policy.ts';
import { parseHost } from './address.ts';
import type { LayeredRoute } from './layers.ts';
import type { ConfigProblem } from './problem.ts';
import type { NamedTable } from './variables.ts';

/** A route's table for one host and one path. */
export interface RouteVariant extends NamedTable {
  /** All hosts of the route, as far as they are any. */
  readonly hosts: readonly RouteHost[];
  /** Where in their lists its host and path stand; undefined: they are no lists. */
  readonly index: { readonly host: number | undefined; readonly path: number | undefined };
}

/** One for each host and path of a route that lists several; what is faulty is left for the schema to say. */
export function expandRoute({ variable, name, raw }: LayeredRoute): readonly RouteVariant[] {
  if (typeof raw !== 'object' || raw === null || Array.isArray(raw)) {
    return [{ variable, name, raw, hosts: [ANY], index: { host: undefined, path: undefined } }];
  }
  const table = raw as Readonly<Record<string, JsonValue | undefined>>;
  const hosts = listed(table.host).flatMap(([, host]) => {
    const parsed = typeof host === 'string' ? parseHost(host) : undefined;
    return parsed === undefined ? [] : [parsed];
  });
  return listed(table.host).flatMap(([host, hostValue]) =>
    listed(table.path).map(([path, pathValue]) => ({
      variable,
      name,
      raw: { ...table, ...given('host', hostValue), ...given('path', pathValue) },
      hosts: hosts.length === 0 ? [ANY] : hosts,
      index: { host, path },
    })),
  );
}

const ANY: RouteHost = { kind: 'any' };

const given = (key: string, value: JsonValue | undefined) => (value === undefined ? {} : { [key]: value });

function listed(
  value: JsonValue | undefined,
): readonly (readonly [number | undefined, JsonValue | undefined])[] {
  return Array.isArray(value) && value.length > 0
    ? value.map((each: JsonValue, index) => [index, each] as const)
    : [[undefined, value]];
}

/** A problem of a variant, at the element of the list that it is of. */
export function atElement(each: ConfigProblem, { variable, name, index }: RouteVariant): ConfigProblem {
  for (const key of ['host', 'path'] as const) {
    if (index[key] !== undefined && each.path === `${variable}.${name}.${key}`) {
      return { ...each, path: `${each.path}[${index[key]}]` };
    }
  }
  return each;
}
