import type { Route } from '../core/policy.ts';
import type { Leaf, Requirement } from '../core/requirement.ts';
import { isDotted, pointerHint, pointerTo } from './claim-path.ts';
import { type ConfigProblem, type PathSegment, problem, quoted } from './problem.ts';
import type { NamedTable } from './variables.ts';

/**
 * What a `require` may let in against its author's mind: a `not` of a claim holds for a token that has no such claim. And
 * a claim whose name has a dot, where mostly one below another is meant.
 */
export function warnOfRequirements(
  tables: readonly NamedTable[],
  routes: readonly Route[],
  warnings: ConfigProblem[],
): void {
  for (const { variable, name } of tables) {
    const route = routes.find((each) => each.name === name);
    if (route === undefined) continue;
    for (const { leaf, negated, known } of leavesOf(route.access.requirement, false, new Set())) {
      if (leaf.at === undefined) continue;
      const at = [variable, name, ...segmentsOf(leaf.at)];
      const claim = claimOf(leaf);
      // `not` of `exists` asks for just that.
      if (negated && leaf.kind !== 'exists' && claim !== undefined && !known.has(claim)) {
        const allowed = `besides, in an all around it: { claim = ${quoted([claim])}, exists = true }`;
        warnings.push(
          problem(at, `below not, ${claim}: a token without this claim is let through here`, allowed),
        );
      }
      if ('name' in leaf && isDotted(leaf.name)) {
        const allowed = `a claim of that very name; ${quoted([pointerTo(leaf.name)])} says so for certain`;
        warnings.push(problem([...at, 'claim'], quoted([leaf.name]), allowed, pointerHint(leaf.name)));
      }
    }
  }
}

interface Found {
  readonly leaf: Leaf;
  readonly negated: boolean;
  /** Claims that must be there for the requirement to be asked, or to hold with it. */
  readonly known: ReadonlySet<string>;
}

function* leavesOf(requirement: Requirement, negated: boolean, known: ReadonlySet<string>): Iterable<Found> {
  switch (requirement.kind) {
    case 'all':
    case 'any': {
      const own = requirement.kind === 'all' && !negated ? requirement.of.flatMap(positiveClaim) : [];
      const within = new Set([...known, ...own]);
      for (const each of requirement.of) yield* leavesOf(each, negated, within);
      return;
    }
    case 'not':
      yield* leavesOf(requirement.of, !negated, known);
      return;
    default:
      yield { leaf: requirement, negated, known };
  }
}

/** What holds only where the claim is there. */
function positiveClaim(requirement: Requirement): string[] {
  if ('of' in requirement) return [];
  const claim = claimOf(requirement);
  return claim === undefined ? [] : [claim];
}

function claimOf(leaf: Leaf): string | undefined {
  return 'name' in leaf ? leaf.name : leaf.kind === 'client' ? 'client_id' : undefined;
}

const segmentsOf = (at: string): readonly PathSegment[] =>
  [...at.matchAll(/(\w+)|\[(\d+)\]/g)].map(([, word, index]) => word ?? Number(index));
