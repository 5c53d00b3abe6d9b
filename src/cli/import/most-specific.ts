import type { Decide } from './arrange.ts';
import { precedence, type Rule } from './first-match.ts';
import { isWithin } from './path-set.ts';
import { isHostWithin } from './request-set.ts';

/** For peers where the narrower rule wins; where neither is within the other, a request has to meet both. */
export const mostSpecific = (rules: readonly Rule[]): Decide => precedence(rules, isNarrower);

/** Whether all hosts and paths of a rule are among those of another, and not the other way about. */
export const isNarrower = (rule: Rule, other: Rule): boolean =>
  surrounds(other, rule) && !surrounds(rule, other);

const surrounds = ({ match: wide }: Rule, { match: narrow }: Rule): boolean =>
  narrow.paths.outer.every((path) => wide.paths.outer.some((other) => isWithin(path, other))) &&
  narrow.hosts.outer.every((host) => wide.hosts.outer.some((other) => isHostWithin(host, other)));
