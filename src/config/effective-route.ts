import type { JsonValue } from '../core/jose.ts';
import { type LayeredRoute, layerRoutes, TOKEN_KEYS } from './layers.ts';
import { problem } from './problem.ts';
import type { KeyReference } from './reference/key-reference.ts';
import { REVOCATION_KEYS, ROUTE_KEYS } from './reference/route.ts';
import { type Bindings, readVariables } from './variables.ts';

/** One key of a route as it comes to be. */
export interface EffectiveKey {
  /** As `timeout` or `revocation.mode`. */
  readonly key: string;
  /** As written, or the words of the reference where nothing is. */
  readonly value: JsonValue;
  readonly from: 'route' | 'group' | 'defaults' | 'built-in';
  /** Where it stands, such as `ROUTE_GROUPS.billing.origin`; undefined: nowhere. */
  readonly at: string | undefined;
}

/**
 * What the routes of a configuration come to, by name, in the words of the configuration. Of one that compiles: what is
 * faulty is left out or shown as it is.
 */
export function effectiveRoutes(bindings: Bindings): ReadonlyMap<string, readonly EffectiveKey[]> {
  const routes = layerRoutes(readVariables(bindings, [], []), []);
  return new Map(routes.map((route) => [route.name, keysOf(route)]));
}

function keysOf(route: LayeredRoute): readonly EffectiveKey[] {
  const table = route.raw as Readonly<Record<string, JsonValue | undefined>>;
  const isOpen = table.authentication === 'none';
  return Object.entries(ROUTE_KEYS).flatMap(([key, reference]) => {
    const value = table[key];
    if (key === 'group' || key === 'unset' || (value === undefined && isOpen && TOKEN_KEYS.has(key)))
      return [];
    if (key === 'revocation') return revocationOf(route, value);
    return [value === undefined ? builtIn(key, reference) : given(route, key, value)];
  });
}

function revocationOf(route: LayeredRoute, value: JsonValue | undefined): readonly EffectiveKey[] {
  const table = (value ?? {}) as Readonly<Record<string, JsonValue | undefined>>;
  const isOff = table.mode === 'off';
  return Object.entries(REVOCATION_KEYS).flatMap(([key, reference]) => {
    const inner = table[key];
    if (inner !== undefined) return [given(route, `revocation.${key}`, inner)];
    const counts =
      !isOff && (key !== 'max_staleness' || ['cached', 'replicated'].includes(String(table.mode)));
    return counts || key === 'mode' ? [builtIn(`revocation.${key}`, reference)] : [];
  });
}

const builtIn = (key: string, { byDefault }: KeyReference): EffectiveKey => {
  const written = /^`(.*)`$/.exec(byDefault)?.[1];
  const value: JsonValue = written === undefined ? byDefault : JSON.parse(written);
  return { key, value, from: 'built-in', at: undefined };
};

function given({ variable, name, inherited }: LayeredRoute, key: string, value: JsonValue): EffectiveKey {
  const [top = '', ...rest] = key.split('.');
  const place = inherited.get(top);
  const from = place === undefined ? 'route' : place.length === 2 ? 'defaults' : 'group';
  return { key, value, from, at: problem([...(place ?? [variable, name, top]), ...rest], '', '').path };
}
