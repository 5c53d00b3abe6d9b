import type { SourceTable } from './source-node.ts';

/** What says of two paths of routes which comes first, in both of Kong's routers for such routes. */
export interface Rank {
  /** How many kinds of attributes the route has; and which, hosts above headers, paths, methods and the rest. */
  readonly weight: number;
  readonly kinds: number;
  /** `traditional_compatible`, in the order in which it is compared. */
  readonly own: readonly number[];
  /** `traditional`, of routes with the same kinds. */
  readonly older: readonly number[];
}

const KINDS = ['destinations', 'sources', 'snis', 'methods', 'paths', 'headers', 'hosts'];

export function rankOf(route: SourceTable, path: string | undefined): Rank {
  const has = (key: string) => {
    const node = route.node(key);
    return node !== undefined && !(Array.isArray(node.value) && node.value.length === 0);
  };
  const hosts = route.texts('hosts') ?? [];
  const isPlain = Number(hosts.length > 0 && !hosts.some((host) => host.includes('*')));
  const headers = route.table('headers')?.members().length ?? 0;
  const isRegex = Number(path?.startsWith('~') === true);
  const priority = isRegex === 1 ? (route.number('regex_priority') ?? 0) : 0;
  const longest = Math.max(0, ...(route.texts('paths') ?? []).map((each) => each.length));
  return {
    weight: has('expression') ? KINDS.length + 1 : KINDS.filter(has).length,
    kinds: KINDS.reduce((sum, key, index) => sum + (has(key) ? 2 ** index : 0), 0),
    own: [isPlain, headers, isRegex, priority, isRegex === 1 ? 0 : (path?.length ?? 0)],
    older: [isPlain, isRegex, headers, priority, longest],
  };
}

/** Whether a route surely comes first; where the routers differ, or neither comes first, nothing is known. */
export function isBefore(rank: Rank, other: Rank): boolean {
  if (rank.weight !== other.weight) return rank.weight > other.weight;
  const isOlder = rank.kinds === other.kinds ? isGreater(rank.older, other.older) : rank.kinds > other.kinds;
  return isOlder && isGreater(rank.own, other.own);
}

function isGreater(a: readonly number[], b: readonly number[]): boolean {
  const at = a.findIndex((value, index) => value !== b[index]);
  return at >= 0 && (a[at] ?? 0) > (b[at] ?? 0);
}
