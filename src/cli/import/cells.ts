import { commonPaths, isWithin, type PathPattern, pathText, routablePatterns } from './path-set.ts';
import { isHost, isHostWithin, type RequestSet } from './request-set.ts';
import { SourceFault } from './source-node.ts';

export interface Cell {
  readonly host: string;
  readonly path: PathPattern;
}

/** As many as are arranged in a few seconds. */
const MAX_PATHS = 1_500;
const MAX_CELLS = 12_000;

/**
 * The hosts and paths that the sets speak of, wider ones first, and of paths that overlap what they have in common: of
 * all paths that have a request, one is then within all others. Throws `SourceFault` where there are too many.
 */
export function cellsOf(sets: readonly RequestSet[]): {
  readonly hosts: readonly string[];
  readonly paths: readonly PathPattern[];
} {
  const hosts = [
    ...new Set(['*', ...sets.flatMap(({ hosts: { inner, outer } }) => [...inner, ...outer]).filter(isHost)]),
  ];
  const found = new Map<string, PathPattern>();
  const add = (path: PathPattern) => {
    const text = pathText(path);
    if (found.has(text)) return;
    const others = [...found.values()];
    found.set(text, path);
    if (found.size > MAX_PATHS) throw new SourceFault(1, `more than ${MAX_PATHS} paths: import it in parts`);
    for (const other of others) {
      const common = commonPaths(path, other);
      if (common !== undefined && !isWithin(path, other) && !isWithin(other, path)) add(common);
    }
  };
  for (const { paths } of sets) {
    for (const pattern of [...paths.inner, ...paths.outer]) routablePatterns(pattern).forEach(add);
  }
  const paths = [...found.values()];
  if (hosts.length * paths.length > MAX_CELLS) {
    throw new SourceFault(1, `${hosts.length} hosts with ${paths.length} paths: import it in parts`);
  }
  return {
    hosts: sortedByWidth(hosts, isHostWithin),
    paths: sortedByWidth(paths, isWithin),
  };
}

/** Whatever is within something else stands behind it. */
function sortedByWidth<T>(items: readonly T[], isIn: (a: T, b: T) => boolean): readonly T[] {
  const around = items.map((item) => items.filter((other) => isIn(item, other)).length);
  return items
    .map((item, index) => ({ item, depth: around[index] ?? 0 }))
    .toSorted((a, b) => a.depth - b.depth)
    .map(({ item }) => item);
}
