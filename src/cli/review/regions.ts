import { emptyNode, nodeAt, PARAMETER, type PathNode } from '../../routing/path-tree.ts';
import { routeSpelling } from '../../routing/spelling.ts';
import { type HostClass, hostClasses } from './host-classes.ts';
import { type Pattern, requirementNames } from './requirement-names.ts';

/** Requests that every policy treats alike, each policy in its own way, and one of them to stand for all. */
export interface Region {
  /** As routes write hosts: `*.example.com`; undefined: any that no other region has. */
  readonly host: string | undefined;
  /** As routes write paths; below a `/*` there may be regions of their own. */
  readonly path: string;
  /** undefined: every method that no other region has. */
  readonly method: string | undefined;
  readonly example: { readonly method: string; readonly host: string; readonly path: string };
}

/** More than any policy has that a table can hold; beyond it nothing is said instead of something wrong. */
const MAX_REGIONS = 500_000;
const OTHER_METHODS = ['GET', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS', 'PURGE', 'UNLISTED'];

/** Of one host: what its own routes have of the path, and what those of less specific hosts have. */
interface Reached {
  readonly own: readonly PathNode<Pattern[]>[];
  readonly shared: readonly PathNode<Pattern[]>[];
  /** The routes for prefixes on the way. */
  readonly above: readonly Pattern[];
  /** Whether one of them is of the host itself. */
  readonly owned: boolean;
  readonly names: readonly string[];
  readonly example: readonly string[];
}

/**
 * Parts host × path × method by the patterns of all routes given, of several policies together, so that within a region
 * no pattern tells two requests apart. Paths as routes spell them: other spellings of a path have the same route, or are
 * refused (docs/routing.md). Left out are the regions of a host that are its less specific host's as well.
 * Throws `RangeError` where there are too many.
 */
export function regionsOf(routes: readonly Pattern[]): readonly Region[] {
  const regions: Region[] = [];
  for (const host of hostClasses(routes)) {
    const own = treeOf(host.own);
    const shared = treeOf(host.shared);
    const add = (reached: Reached, here: readonly Pattern[], path: string, last: readonly string[]) => {
      if (!(host.whole || reached.owned || reached.own.length > 0)) return;
      const example = `/${[...reached.example, ...last].join('/')}`;
      for (const { name, example: method } of methodsOf([...reached.above, ...here])) {
        regions.push({
          host: host.text,
          path,
          method: name,
          example: { method, host: host.example, path: example },
        });
      }
      if (regions.length > MAX_REGIONS) throw new RangeError('more regions than can be compared');
    };
    walk(
      { own: [own], shared: [shared], ...prefixesOf([own], [shared], [], false), names: [], example: [] },
      host,
      add,
    );
  }
  return regions;
}

type Add = (reached: Reached, here: readonly Pattern[], path: string, last: readonly string[]) => void;

function walk(reached: Reached, host: HostClass, add: Add): void {
  const { own, shared, names } = reached;
  if (!(host.whole || reached.owned || own.length > 0)) return;
  const nodes = [...own, ...shared];
  const text = `/${names.join('/')}`;
  add(
    reached,
    nodes.flatMap(({ exact }) => exact ?? []),
    text,
    [],
  );
  const known = new Set(nodes.flatMap(({ children }) => [...children.keys()]));
  for (const name of known) walk(stepped(reached, name, name, name), host, add);
  const parameter = nodes.some((node) => node.parameter !== undefined);
  const fresh = freshName(known);
  if (parameter) walk(stepped(reached, undefined, ':any', fresh), host, add);
  const below = names.length === 0 ? '/*' : `${text}/*`;
  // Nothing further is known of what lies here: one name stands for all, and an empty one where a parameter takes the rest.
  if (!parameter && names.at(-1) !== '') add({ ...reached, own: [], shared: [] }, [], below, [fresh]);
  if (parameter && names.length > 0 && !known.has(''))
    add({ ...reached, own: [], shared: [] }, [], `${text}/`, ['']);
}

function stepped(reached: Reached, name: string | undefined, text: string, example: string): Reached {
  const step = (nodes: readonly PathNode<Pattern[]>[]) =>
    nodes.flatMap(({ children, parameter }) =>
      [name === undefined ? undefined : children.get(name), name === '' ? undefined : parameter].filter(
        (node) => node !== undefined,
      ),
    );
  const own = step(reached.own);
  const shared = step(reached.shared);
  return {
    own,
    shared,
    ...prefixesOf(own, shared, reached.above, reached.owned),
    names: [...reached.names, text],
    example: [...reached.example, example],
  };
}

function prefixesOf(
  own: readonly PathNode<Pattern[]>[],
  shared: readonly PathNode<Pattern[]>[],
  above: readonly Pattern[],
  owned: boolean,
): Pick<Reached, 'above' | 'owned'> {
  const found = [...own, ...shared].flatMap(({ prefix }) => prefix ?? []);
  return {
    above: found.length === 0 ? above : [...above, ...found],
    owned: owned || own.some(({ prefix }) => prefix !== undefined),
  };
}

function treeOf(routes: readonly Pattern[]): PathNode<Pattern[]> {
  const root: PathNode<Pattern[]> = emptyNode();
  for (const route of routes) {
    const { path } = route.match;
    const spelling = routeSpelling(path);
    const names = spelling === '' ? [] : spelling.slice(1).split('/');
    const node = nodeAt(
      root,
      names.map((name) => (name.startsWith(':') ? PARAMETER : name)),
    );
    node[path.kind] = [...(node[path.kind] ?? []), route];
  }
  return root;
}

/** A name that no pattern has here; also what a parameter is taken to be, so it has one reading and one spelling. */
function freshName(known: ReadonlySet<string>): string {
  let name = 'x1';
  for (let number = 2; known.has(name); number += 1) name = `x${number}`;
  return name;
}

function methodsOf(routes: readonly Pattern[]): { name: string | undefined; example: string }[] {
  const named = new Set<string>();
  for (const { match, access } of routes) {
    for (const method of match.methods ?? []) named.add(method);
    for (const method of requirementNames(access.requirement).methods) named.add(method);
  }
  if (named.has('GET')) named.add('HEAD');
  const other = OTHER_METHODS.find((method) => !named.has(method)) ?? 'OTHER';
  return [...[...named].map((name) => ({ name, example: name })), { name: undefined, example: other }];
}
