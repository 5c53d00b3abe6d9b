import type { RouteHost } from '../core/policy.ts';
import {
  childOf,
  emptyNode,
  nodeAt,
  PARAMETER,
  type PathName,
  type PathNode,
  withOneWay,
} from './path-tree.ts';
import type { Segment } from './readings.ts';

/**
 * Values by host and path, the most specific first: exact host, longest wildcard, any host; within a host the exact
 * path, then the longest prefix by whole segments, a name before a parameter. A host without a matching path falls
 * through to the next. A look-up costs the labels of the host and the segments that some route shares with the path, however many
 * routes there are.
 */
export class RouteIndex<T> {
  readonly #exactHosts = new Map<string, PathNode<T>>();
  readonly #wildcardHosts = new Map<string, PathNode<T>>();
  #anyHost: PathNode<T> = emptyNode();

  /**
   * The value stored for exactly this host and path, made by `create` when there is none. In the text of a path a
   * segment that begins with `:` is a parameter.
   */
  entry(host: RouteHost, kind: 'exact' | 'prefix', path: string, create: () => T): T {
    return this.entryBelow(host, kind, namesOf(path), create);
  }

  /** The same for a path given by the names of its segments. */
  entryBelow(host: RouteHost, kind: 'exact' | 'prefix', names: readonly PathName[], create: () => T): T {
    const node = nodeAt(this.#rootFor(host), names);
    node[kind] ??= create();
    return node[kind];
  }

  /** Gives a path and all below it to one value, whatever parameters would take there. */
  close(host: RouteHost, path: string, value: T): void {
    const node = nodeAt(this.#rootFor(host), namesOf(path));
    node.prefix = value;
    node.closed = true;
  }

  /**
   * Makes ready for look-ups, after the last entry. False where parameters overlap in more ways than a table may hold.
   */
  seal(): boolean {
    const any = withOneWay(this.#anyHost);
    if (any === undefined) return false;
    this.#anyHost = any;
    for (const hosts of [this.#exactHosts, this.#wildcardHosts]) {
      for (const [name, root] of hosts) {
        const joined = withOneWay(root);
        if (joined === undefined) return false;
        hosts.set(name, joined);
      }
    }
    return true;
  }

  /**
   * What `find` would find for any reading of a path, `undefined` where for some reading there is nothing. Walks the
   * readings side by side: the cost is the path's length times the nodes that readings share with routes.
   */
  findAll(host: string, segments: readonly Segment[]): ReadonlySet<T | undefined> {
    const found = new Set<T | undefined>([undefined]);
    for (const root of this.#rootsOf(host)) {
      found.delete(undefined);
      for (const one of outcomesBelow(root, segments)) found.add(one);
      if (!found.has(undefined)) break;
    }
    return found;
  }

  *#rootsOf(host: string): Iterable<PathNode<T>> {
    const exact = this.#exactHosts.get(host);
    if (exact !== undefined) yield exact;
    for (let dot = host.indexOf('.'); dot >= 0; dot = host.indexOf('.', dot + 1)) {
      const wildcard = this.#wildcardHosts.get(host.slice(dot + 1));
      if (wildcard !== undefined) yield wildcard;
    }
    yield this.#anyHost;
  }

  find(host: string, path: string): T | undefined {
    const exact = this.#exactHosts.get(host);
    let found = exact && descend(exact, path);
    if (found !== undefined) return found;
    if (this.#wildcardHosts.size > 0) {
      for (let dot = host.indexOf('.'); dot >= 0; dot = host.indexOf('.', dot + 1)) {
        const wildcard = this.#wildcardHosts.get(host.slice(dot + 1));
        found = wildcard && descend(wildcard, path);
        if (found !== undefined) return found;
      }
    }
    return descend(this.#anyHost, path);
  }

  #rootFor(host: RouteHost): PathNode<T> {
    if (host.kind === 'any') return this.#anyHost;
    const hosts = host.kind === 'exact' ? this.#exactHosts : this.#wildcardHosts;
    const name = host.value.toLowerCase();
    const root: PathNode<T> = hosts.get(name) ?? emptyNode();
    hosts.set(name, root);
    return root;
  }
}

function descend<T>(root: PathNode<T>, path: string): T | undefined {
  let node = root;
  let best = root.prefix;
  for (let at = 0; at < path.length; ) {
    const end = segmentEnd(path, at);
    const child = childOf(node, path.slice(at + 1, end));
    if (child === undefined) return best;
    node = child;
    best = node.prefix ?? best;
    at = end;
  }
  return node.exact ?? best;
}

/** Nodes that some reading has come to, with the longest prefix on the way to each. */
type Reached<T> = Map<PathNode<T>, T | undefined>;

function outcomesBelow<T>(root: PathNode<T>, segments: readonly Segment[]): ReadonlySet<T | undefined> {
  const outcomes = new Set<T | undefined>();
  let reached: Reached<T> = new Map([[root, root.prefix]]);
  for (const pieces of segments) {
    if (reached.size === 0) break;
    // Who drops the rest of a name drops it up to the next slash as sent, or to any before it that is one by then.
    const dropped: Reached<T> = new Map();
    // Who sees no slash between pieces has one name, which may be a parameter's and is no route's own.
    const unsplit: Reached<T> = new Map();
    for (const [index, { name, mayBeName, shortened, end }] of pieces.entries()) {
      const next: Reached<T> = new Map(unsplit);
      const ended: Reached<T> = new Map(unsplit);
      const isLast = index === pieces.length - 1;
      for (const [node, best] of reached) {
        const { parameter } = node;
        const entered = enter(node, best, name, next);
        if (!(entered && (isLast || parameter !== undefined))) outcomes.add(best);
        if (!isLast && parameter !== undefined) unsplit.set(parameter, parameter.prefix ?? best);
        for (const shorter of shortened) if (!enter(node, best, shorter, dropped)) outcomes.add(best);
        if (end !== undefined && !enter(node, best, end, ended)) outcomes.add(best);
        // Before the first delimiter of the laxest reader: another may see characters there, or a later one.
        if (end === '' && parameter !== undefined) ended.set(parameter, parameter.prefix ?? best);
        // Nothing to who leaves characters out may be a name to others.
        if (name === '' && mayBeName && parameter !== undefined) {
          next.set(parameter, parameter.prefix ?? best);
        }
      }
      if (end !== undefined) addEnds(ended, outcomes);
      if (end !== undefined) addEnds(dropped, outcomes);
      for (const [node, best] of dropped) next.set(node, best);
      reached = next;
    }
  }
  addEnds(reached, outcomes);
  return outcomes;
}

/** Goes to the child of that name; an empty name may also be no segment at all. Whether there is such a child. */
function enter<T>(node: PathNode<T>, best: T | undefined, name: string, into: Reached<T>): boolean {
  if (name === '') into.set(node, best);
  const child = childOf(node, name);
  if (child !== undefined) into.set(child, child.prefix ?? best);
  return child !== undefined;
}

function addEnds<T>(reached: Reached<T>, outcomes: Set<T | undefined>): void {
  for (const [node, best] of reached) outcomes.add(node.exact ?? best);
}

function segmentEnd(path: string, slash: number): number {
  const next = path.indexOf('/', slash + 1);
  return next < 0 ? path.length : next;
}

const namesOf = (path: string): readonly PathName[] =>
  path === ''
    ? []
    : path
        .slice(1)
        .split('/')
        .map((name) => (name.startsWith(':') ? PARAMETER : name));
