import type { ImportedRoute } from './model.ts';
import { pathText } from './path-set.ts';

/** What all refused requests come to, in one table. */
const REFUSED = 'refused';

/** Routes that differ in their paths alone, or in their hosts alone, as one; each with a name of its own. */
export function mergeRoutes(
  routes: readonly ImportedRoute[],
): readonly { readonly name: string; readonly route: ImportedRoute }[] {
  const byPath = merged(
    routes,
    ({ hosts, methods, served }) => JSON.stringify([hosts, methods, served]),
    (group, [first]) => ({ ...first, paths: group.flatMap(({ paths }) => paths) }),
  );
  const byHost = merged(
    byPath,
    ({ hosts, paths, methods, served }) =>
      JSON.stringify([hosts.includes('*') ? hosts : '', paths, methods, served]),
    (group, [first]) => ({ ...first, hosts: group.flatMap(({ hosts }) => hosts) }),
  );
  const names = new Set<string>();
  return byHost.map((route) => ({ name: freeName(route.served?.label ?? REFUSED, names), route }));
}

function merged(
  routes: readonly ImportedRoute[],
  keyOf: (route: ImportedRoute) => string,
  join: (group: readonly ImportedRoute[], first: readonly [ImportedRoute]) => ImportedRoute,
): readonly ImportedRoute[] {
  return [...Map.groupBy(routes, (route) => (hasParameters(route) ? route : keyOf(route))).values()].flatMap(
    (group) => {
      const [first] = group;
      return first === undefined ? [] : [join(group, [first])];
    },
  );
}

/** A rewriting may name the parameters of the one path. */
const hasParameters = ({ paths, served }: ImportedRoute): boolean =>
  served?.upstream.rewrite !== undefined && paths.some((path) => pathText(path).includes(':'));

/** A name as tables may have it, that no other of the set has; it is in the set afterwards. */
export function freeName(label: string, names: Set<string>): string {
  const plain = label
    .toLowerCase()
    .replace(/[^a-z0-9_-]+/g, '-')
    .replace(/^-+|-+$/g, '')
    .slice(0, 48);
  const base = plain === '' || plain.startsWith('portcullis-') ? `route-${plain}`.replace(/-$/, '') : plain;
  let name = base;
  for (let count = 2; names.has(name); count++) name = `${base}-${count}`;
  names.add(name);
  return name;
}
