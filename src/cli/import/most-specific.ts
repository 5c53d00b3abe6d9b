import type { Rule } from './first-match.ts';
import { isWithin } from './path-set.ts';
import { isHostWithin } from './request-set.ts';

/** For peers where the most specific rule wins: narrower ones first, and together those of which neither is within the other. */
export function mostSpecificFirst(rules: readonly Rule[]): readonly (readonly Rule[])[] {
  const depth = new Map(rules.map((rule) => [rule, rules.filter((other) => surrounds(other, rule)).length]));
  const sorted = rules.toSorted((a, b) => (depth.get(b) ?? 0) - (depth.get(a) ?? 0));
  return [...Map.groupBy(sorted, (rule) => depth.get(rule)).values()];
}

const surrounds = ({ match: wide }: Rule, { match: narrow }: Rule): boolean =>
  narrow.paths.outer.every((path) => wide.paths.outer.some((other) => isWithin(path, other))) &&
  narrow.hosts.outer.every((host) => wide.hosts.outer.some((other) => isHostWithin(host, other)));
