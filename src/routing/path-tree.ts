/** A name of a route's path, or a parameter, which takes any one segment that is not empty. */
export type PathName = string | typeof PARAMETER;
export const PARAMETER = Symbol('parameter');

/** Where paths of routes lead, segment by segment. */
export interface PathNode<T> {
  readonly children: Map<string, PathNode<T>>;
  /** For a name that `children` has not. */
  parameter: PathNode<T> | undefined;
  exact: T | undefined;
  prefix: T | undefined;
  /** Everything below is its prefix's, whatever parameters there are beside it. */
  closed: boolean;
}

export const emptyNode = <T>(): PathNode<T> => ({
  children: new Map(),
  parameter: undefined,
  exact: undefined,
  prefix: undefined,
  closed: false,
});

/** The node at the end of these names, made with all on the way to it where it is missing. */
export function nodeAt<T>(root: PathNode<T>, names: readonly PathName[]): PathNode<T> {
  let node = root;
  for (const name of names) {
    if (name === PARAMETER) {
      node.parameter ??= emptyNode();
      node = node.parameter;
    } else {
      const child = node.children.get(name) ?? emptyNode();
      node.children.set(name, child);
      node = child;
    }
  }
  return node;
}

/** Where to go with one name; an empty one is no parameter's. */
export const childOf = <T>(node: PathNode<T>, name: string): PathNode<T> | undefined =>
  node.children.get(name) ?? (name === '' ? undefined : node.parameter);

/** Routes whose parameters overlap in more ways than this are refused. */
const MAX_NODES = 20_000;

/**
 * The same tree with one way for every path: below a name stands also what the parameter beside it leads to, so that a
 * look-up goes forward only. Of two that a path matches the one with a name where the other has a parameter counts.
 * Undefined where overlapping parameters multiply beyond what a table may hold.
 */
export function withOneWay<T>(root: PathNode<T>): PathNode<T> | undefined {
  const ids = new Map<PathNode<T>, number>();
  const made = new Map<string, PathNode<T>>();
  const join = (nodes: readonly PathNode<T>[]): PathNode<T> => {
    const shut = nodes.findIndex(({ closed }) => closed);
    const joined = shut < 0 ? nodes : nodes.slice(0, shut + 1);
    const key = joined.map((node) => ids.get(node) ?? ids.set(node, ids.size).size - 1).join();
    const known = made.get(key);
    if (known !== undefined) return known;
    const result: PathNode<T> = emptyNode();
    made.set(key, result);
    if (made.size > MAX_NODES) return result;
    result.exact = joined.find(({ exact }) => exact !== undefined)?.exact;
    result.prefix = joined.find(({ prefix }) => prefix !== undefined)?.prefix;
    const names = new Set(joined.flatMap(({ children }) => [...children.keys()]));
    for (const name of names) {
      const below = joined.flatMap(({ children, parameter }) => [
        children.get(name),
        name === '' ? undefined : parameter,
      ]);
      result.children.set(name, join(below.filter((node) => node !== undefined)));
    }
    const parameters = joined.flatMap(({ parameter }) => (parameter === undefined ? [] : [parameter]));
    if (parameters.length > 0) result.parameter = join(parameters);
    return result;
  };
  const joined = join([root]);
  return made.size > MAX_NODES ? undefined : joined;
}
