import type { Cell } from './cells.ts';
import { commonPaths, isWithin, type PathPattern, type PathSet, partsOf } from './path-set.ts';
import { type HostSet, hasMethod, isHostWithin, type RequestSet } from './request-set.ts';

/** How much of what a cell's own requests are is in a set; `some`: it may be all and may be none. */
export type Reach = 'all' | 'some' | 'none';

/** `method` undefined: those that no set names. */
export function reachOf(
  hosts: readonly string[],
  paths: readonly PathPattern[],
): (set: RequestSet, cell: Cell, method: string | undefined) => Reach {
  const ofPath = remembered((set: PathSet) =>
    remembered((path: PathPattern) => pathReach(set, path, narrowerThan(path))),
  );
  const ofHost = remembered((set: HostSet) => remembered((host: string) => hostReach(set, host, hosts)));
  const narrowerThan = remembered((path: PathPattern) =>
    paths.filter((other) => other !== path && isWithin(other, path)),
  );
  return (set, { host, path }, method) => {
    const inner = hasMethod(set.methods.inner, method);
    if (!inner && !hasMethod(set.methods.outer, method)) return 'none';
    const reaches = [ofHost(set.hosts)(host), ofPath(set.paths)(path)];
    if (reaches.includes('none')) return 'none';
    return inner && reaches.every((reach) => reach === 'all') ? 'all' : 'some';
  };
}

function pathReach(set: PathSet, cell: PathPattern, narrower: readonly PathPattern[]): Reach {
  const isElsewhere = (part: PathPattern) => narrower.some((other) => isWithin(part, other));
  const touched = partsOf(cell).some((part) =>
    set.outer.some((pattern) => {
      const common = commonPaths(pattern, part);
      return common !== undefined && !isElsewhere(common);
    }),
  );
  if (!touched) return 'none';
  const whole = partsOf(cell).every(
    (part) => isElsewhere(part) || set.inner.some((pattern) => isWithin(part, pattern)),
  );
  return whole ? 'all' : 'some';
}

function hostReach({ inner, outer }: HostSet, cell: string, hosts: readonly string[]): Reach {
  const isElsewhere = (host: string) =>
    hosts.some((other) => other !== cell && isHostWithin(other, cell) && isHostWithin(host, other));
  if (inner.some((host) => isHostWithin(cell, host))) return 'all';
  const touched = outer.some(
    (host) => isHostWithin(cell, host) || (isHostWithin(host, cell) && !isElsewhere(host)),
  );
  return touched ? 'some' : 'none';
}

/** Objects by identity, texts by themselves. */
function remembered<K, V>(compute: (key: K) => V): (key: K) => V {
  const known = new Map<K, V>();
  return (key) => {
    const found = known.get(key);
    if (found !== undefined) return found;
    const value = compute(key);
    known.set(key, value);
    return value;
  };
}
