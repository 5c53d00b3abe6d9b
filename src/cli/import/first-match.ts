import { both, REFUSED } from './access.ts';
import type { Decide } from './arrange.ts';
import type { Losses } from './losses.ts';
import type { Outcome } from './model.ts';
import { isSaidWhole, type RequestSet } from './request-set.ts';

/** A rule of a list in which the first that matches decides. */
export interface Rule {
  readonly match: RequestSet;
  /** undefined: requests end here, and nothing is served. */
  readonly outcome: Outcome | undefined;
}

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
        .map((rule) => ({ rule, how: reach(rule.match) }))
        .filter(({ how }) => how !== 'none');
      asked.push(...reached.map(({ rule }) => rule.outcome));
      if (reached.some(({ how }) => how === 'all')) return together(asked);
    }
    return undefined;
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
