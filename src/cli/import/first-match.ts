import { both, REFUSED } from './access.ts';
import type { Decide } from './arrange.ts';
import type { Losses } from './losses.ts';
import type { Outcome } from './model.ts';
import type { Reach } from './reach.ts';
import { isSaidWhole, type RequestSet } from './request-set.ts';

/** A rule of a list in which the first that matches decides. */
export interface Rule {
  readonly match: RequestSet;
  /** What of `match` it does not match. */
  readonly without?: RequestSet;
  /** undefined: requests end here, and nothing is served. */
  readonly outcome: Outcome | undefined;
}

/** How much of a cell a rule matches. */
export function ruleReach({ match, without }: Rule, reach: (set: RequestSet) => Reach): Reach {
  const how = reach(match);
  const excluded = without === undefined || how === 'none' ? 'none' : reach(without);
  return excluded === 'all' ? 'none' : excluded === 'some' ? 'some' : how;
}

/** Everything that rules speak of. */
export const setsOfRules = (rules: readonly Rule[]): readonly RequestSet[] =>
  rules.flatMap(({ match, without }) => (without === undefined ? [match] : [match, without]));

/**
 * The outcome of the first rule that surely matches, together with what every rule before it asks that may match as well.
 * `groups`: rules of which nobody can tell which comes first stand in one.
 */
export const firstMatch =
  (groups: readonly (readonly Rule[])[]): Decide =>
  (reach) => {
    const asked: (Outcome | undefined)[] = [];
    for (const group of groups) {
      const reached = group
        .map((rule) => ({ rule, how: ruleReach(rule, reach) }))
        .filter(({ how }) => how !== 'none');
      asked.push(...reached.map(({ rule }) => rule.outcome));
      if (reached.some(({ how }) => how === 'all')) return together(asked);
    }
    return undefined;
  };

/**
 * Where of some pairs of rules it is known which comes first: a rule counts where none that surely matches comes before it,
 * and a request has to meet all that count.
 */
export const precedence =
  <R extends Rule>(rules: readonly R[], isBefore: (rule: R, other: R) => boolean): Decide =>
  (reach) => {
    const reached = rules
      .map((rule) => ({ rule, how: ruleReach(rule, reach) }))
      .filter(({ how }) => how !== 'none');
    const sure = reached.filter(({ how }) => how === 'all');
    const counting = reached.filter(({ rule }) => !sure.some((other) => isBefore(other.rule, rule)));
    const last = counting.find(({ how }) => how === 'all');
    if (last === undefined) return undefined;
    return together([...counting.filter((each) => each !== last), last].map(({ rule }) => rule.outcome));
  };

/** What satisfies every one of them; the last says where the requests go, as long as nobody differs about it or about where tokens stand. */
function together(outcomes: readonly (Outcome | undefined)[]): Outcome | undefined {
  const last = outcomes.at(-1);
  const served = outcomes.filter((outcome) => outcome !== undefined);
  if (last === undefined || served.length < outcomes.length) return undefined;
  const sameWay = new Set(served.map(({ upstream }) => JSON.stringify(upstream))).size === 1;
  const looking = served.filter(({ access: own }) => own.verifies);
  const samePlaces = new Set(looking.map(({ sources }) => JSON.stringify(sources))).size <= 1;
  const access = both(served.map(({ access: own }) => own));
  return { ...last, access: sameWay && samePlaces ? access : REFUSED };
}

/** Tells of a set of which routes cannot say all requests, where it is known. */
export function tellOfSet(line: number, what: string, set: RequestSet, losses: Losses): void {
  if (isSaidWhole(set)) return;
  losses.add(
    line,
    what,
    'it matches any text that begins so, and a route takes whole segments, in plain letters',
    'carried over for whole segments; what it matches besides has to meet this and whatever else may apply',
  );
}

/** Refuses everything where something about the whole of a peer may. */
export const refusing =
  (isClosed: boolean, decide: Decide): Decide =>
  (reach) => {
    const outcome = decide(reach);
    return outcome && isClosed ? { ...outcome, access: REFUSED } : outcome;
  };
