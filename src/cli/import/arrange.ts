import { METHODS } from '../../config/methods.ts';
import { isRefused } from './access.ts';
import { type Cell, cellsOf } from './cells.ts';
import type { ImportedRoute, Outcome } from './model.ts';
import { isWithin } from './path-set.ts';
import { type Reach, reachOf } from './reach.ts';
import { isHostWithin, namedMethods, type RequestSet } from './request-set.ts';

/** What a peer's configuration says of the requests of one cell; undefined: nothing is served there. */
export type Decide = (reach: (set: RequestSet) => Reach) => Outcome | undefined;

/** One cell of hosts and paths, with what becomes of each method; the last, without a name, stands for all others. */
interface Decided {
  readonly cell: Cell;
  readonly outcomes: ReadonlyMap<string | undefined, Outcome | undefined>;
  readonly key: string;
}

/**
 * Puts what a peer decides into routes, of which the most specific wins. All hosts and paths that the sets speak of are
 * parted into cells, none of which another cuts in two; what is decided for a cell holds for those of its requests that no
 * more specific cell has. A cell is left out where its requests come to the same without it.
 */
export function arrange(sets: readonly RequestSet[], decide: Decide): readonly ImportedRoute[] {
  const { hosts, paths } = cellsOf(sets);
  const methods = [...new Set(sets.flatMap(({ methods }) => namedMethods(methods)))].filter(isMethod);
  const atoms = [...new Set([...methods, ...(methods.includes('GET') ? ['HEAD'] : [])]), undefined];
  const reach = reachOf(hosts, paths);
  const kept: Decided[] = [];
  for (const host of hosts) {
    for (const path of paths) {
      const cell = { host, path };
      const outcomes = new Map(
        atoms.map((method) => [method, decide((set) => reach(set, cell, method))] as const),
      );
      const key = JSON.stringify([...outcomes.values()].map(textOf));
      const wider = landing(cell, kept);
      const same = wider === 'several' ? false : wider === undefined ? isEmpty(outcomes) : wider.key === key;
      if (!same) kept.push({ cell, outcomes, key });
    }
  }
  return kept.flatMap(({ cell, outcomes }) => routesOf(cell, outcomes));
}

const isMethod = (method: string): boolean => METHODS.some((known) => known === method);

const REFUSED_TEXT = 'refused';

/** The same text for what is the same to a request. */
const textOf = (outcome: Outcome | undefined): string =>
  outcome === undefined || isRefused(outcome.access)
    ? REFUSED_TEXT
    : JSON.stringify([outcome.access, outcome.upstream, outcome.sources, outcome.headers]);

const isEmpty = (outcomes: Decided['outcomes']): boolean =>
  [...outcomes.values()].every((outcome) => textOf(outcome) === REFUSED_TEXT);

/** Where a cell's requests go without a route of its own. */
function landing(cell: Cell, kept: readonly Decided[]): Decided | 'several' | undefined {
  const around = kept.filter(
    ({ cell: { host, path } }) => isHostWithin(cell.host, host) && isWithin(cell.path, path),
  );
  const closest = around.filter(({ cell: { host } }) =>
    around.every(({ cell: other }) => isHostWithin(host, other.host)),
  );
  const nearest = closest.filter(({ cell: { path } }) =>
    closest.every(({ cell: other }) => isWithin(path, other.path)),
  );
  return closest.length === 0 ? undefined : (nearest[0] ?? 'several');
}

function routesOf({ host, path }: Cell, outcomes: Decided['outcomes']): readonly ImportedRoute[] {
  const route = (outcome: Outcome | undefined, methods: readonly string[] | undefined): ImportedRoute => ({
    hosts: [host],
    paths: [path],
    methods,
    served: outcome === undefined || isRefused(outcome.access) ? undefined : outcome,
  });
  const rest = outcomes.get(undefined);
  const groups = Map.groupBy(
    [...outcomes].filter(([method]) => method !== undefined),
    ([, outcome]) => textOf(outcome),
  );
  const headless = textOf(outcomes.get('GET')) !== textOf(outcomes.get('HEAD'));
  const named = [...groups.values()].flatMap((group) => {
    const outcome = group[0]?.[1];
    const methods = group.flatMap(([method]) => method ?? []);
    const isRest = textOf(outcome) === textOf(rest);
    // HEAD goes with GET unless a route names it.
    if (isRest) return headless && methods.includes('HEAD') ? [route(outcome, ['HEAD'])] : [];
    return [
      route(outcome, methods.includes('GET') ? methods.filter((method) => method !== 'HEAD') : methods),
    ];
  });
  if (textOf(rest) !== REFUSED_TEXT) return [...named, route(rest, undefined)];
  return named.some(({ served }) => served !== undefined) ? named : [route(undefined, undefined)];
}
