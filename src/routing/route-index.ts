import type { RouteHost } from '../core/policy.ts';

interface PathNode<T> {
  readonly children: Map<string, PathNode<T>>;
  exact: T | undefined;
  prefix: T | undefined;
}

/**
 * Values by host and path, the most specific first: exact host, longest wildcard, any host; within a host the exact
 * path, then the longest prefix by whole segments. A host without a matching path falls through to the next.
 * A look-up costs the labels of the host and the segments that some route shares with the path, however many
 * routes there are.
 */
export class RouteIndex<T> {
  readonly #exactHosts = new Map<string, PathNode<T>>();
  readonly #wildcardHosts = new Map<string, PathNode<T>>();
  readonly #anyHost: PathNode<T> = emptyNode();

  /** The value stored for exactly this host and path, made by `create` when there is none. */
  entry(host: RouteHost, kind: 'exact' | 'prefix', path: string, create: () => T): T {
    let node = this.#rootFor(host);
    for (let at = 0; at < path.length; at = segmentEnd(path, at)) {
      const segment = path.slice(at + 1, segmentEnd(path, at));
      const child = node.children.get(segment) ?? emptyNode();
      node.children.set(segment, child);
      node = child;
    }
    node[kind] ??= create();
    return node[kind];
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
    const root = hosts.get(name) ?? emptyNode();
    hosts.set(name, root);
    return root;
  }
}

function descend<T>(root: PathNode<T>, path: string): T | undefined {
  let node = root;
  let best = root.prefix;
  for (let at = 0; at < path.length; ) {
    const end = segmentEnd(path, at);
    const child = node.children.get(path.slice(at + 1, end));
    if (child === undefined) return best;
    node = child;
    best = node.prefix ?? best;
    at = end;
  }
  return node.exact ?? best;
}

function segmentEnd(path: string, slash: number): number {
  const next = path.indexOf('/', slash + 1);
  return next < 0 ? path.length : next;
}

function emptyNode<T>(): PathNode<T> {
  return { children: new Map(), exact: undefined, prefix: undefined };
}
