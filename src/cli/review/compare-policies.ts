import type { Policy } from '../../core/policy.ts';
import { canonicalTarget } from '../../routing/canonical-path.ts';
import { buildRouteTable, matchRoute, type RouteTable } from '../../routing/route-table.ts';
import { compareForwarding } from './compare-forwarding.ts';
import { compareIssuers, type IssuerDifference } from './compare-issuers.ts';
import { comparePolicyWide } from './compare-policy-wide.ts';
import { compareReach, opennessOf } from './compare-reach.ts';
import { compareSources } from './compare-sources.ts';
import type { Difference } from './difference.ts';
import type { Pair, Side } from './pair.ts';
import { samePlain } from './plain-changes.ts';
import { type Region, regionsOf } from './regions.ts';
import { requirementNames } from './requirement-names.ts';

/** Regions in which one pair of routes (or refusals) decides, and all that differs there. */
export interface Section {
  readonly old: string;
  readonly new: string;
  readonly regions: readonly Region[];
  readonly differences: readonly Difference[];
}

export interface Comparison {
  readonly sections: readonly Section[];
  /** Of issuers that routes of both policies accept. */
  readonly issuers: readonly IssuerDifference[];
  /** Of the policy as a whole. */
  readonly policy: readonly Difference[];
  /** How many parts the requests were taken apart into. */
  readonly regions: number;
}

/** What a new policy decides otherwise than an old one, over all requests there are. No witness is tried yet. */
export function comparePolicies(old: Policy, now: Policy): Comparison {
  const regions = regionsOf([...old.routes, ...now.routes]);
  const tables = { old: buildRouteTable(old.routes), new: buildRouteTable(now.routes) };
  const groups = new Map<string, { pair: Pair; regions: Region[] }>();
  const ids = new Map<object | string, number>();
  const idOf = (side: Side): number => {
    const what = side.route ?? side.text;
    const id = ids.get(what) ?? ids.size;
    ids.set(what, id);
    return id;
  };
  for (const region of regions) {
    const target = targetOf(region.example);
    const pair = {
      old: sideOf(old, tables.old, region.example, target),
      new: sideOf(now, tables.new, region.example, target),
      request: requestOf(region.example),
      example: region.example,
    };
    const key = [idOf(pair.old), idOf(pair.new), ...circumstances(pair)].join(' ');
    const group = groups.get(key) ?? { pair, regions: [] };
    groups.set(key, group);
    group.regions.push(region);
  }
  const sections = [...groups.values()].flatMap(({ pair, regions: parts }): Section[] => {
    const differences = comparePair(pair);
    return differences.length === 0
      ? []
      : [{ old: pair.old.text, new: pair.new.text, regions: parts, differences }];
  });
  const pairs = [...groups.values()].map(({ pair }) => pair);
  return {
    sections,
    issuers: compareIssuers(pairs),
    policy: comparePolicyWide(old, now),
    regions: regions.length,
  };
}

const NO_HEADERS = new Headers();

const targetOf = (example: Region['example']) =>
  canonicalTarget({ url: requestOf(example).url, headers: NO_HEADERS });

export function sideOf(
  policy: Policy,
  table: RouteTable,
  example: Region['example'],
  target = targetOf(example),
): Side {
  const match = target.ok ? matchRoute(table, example.method, target.value) : target;
  return match.ok
    ? { policy, route: match.value.route, text: `route ${match.value.route.name}` }
    : { policy, route: undefined, text: REFUSED[match.error.reason] ?? match.error.reason };
}

const REFUSED: Readonly<Record<string, string>> = {
  route_not_found: 'no route (404)',
  method_not_allowed: 'method not allowed (405)',
  path_ambiguous: 'path ambiguous (400)',
};

export const requestOf = ({ method, host, path }: Region['example']) => ({
  method,
  url: `https://${host}${path}`,
});

/** What of a request the requirements of both routes look at, so that regions are told apart by it. */
function circumstances({ old, new: now, example }: Pair): readonly string[] {
  const names = [old, now].map(({ route }) => route && requirementNames(route.access.requirement));
  const fixed =
    [old, now].some(({ route }) => route?.match.path.parameters !== undefined) &&
    !samePlain(old.route?.match.path.parameters, now.route?.match.path.parameters);
  return [
    names.some((each) => each && each.methods.length > 0) ? example.method : '',
    names.some((each) => each && each.hosts.length > 0) ? example.host : '',
    fixed ? example.path : '',
  ];
}

function comparePair(pair: Pair): readonly Difference[] {
  const [old, now] = [pair.old.route, pair.new.route];
  const reach = compareReach(pair);
  if (old === undefined || now === undefined) return reach;
  const looked = [old, now].every((route) => opennessOf(route) !== 'open');
  return [...reach, ...(looked ? compareSources(pair, old, now) : []), ...compareForwarding(old, now)];
}
