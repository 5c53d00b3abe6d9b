import type { Formula } from './formula.ts';
import type { Literal, Presented } from './presented.ts';
import { type Model, modelOf } from './token-model.ts';

/** Conjunctions that are looked at before a question is left undecided. */
const MAX_CONJUNCTIONS = 2_000;

interface Search {
  readonly presented: Presented;
  left: number;
  undecided: boolean;
}

/**
 * A token that is as every formula wants it: the disjunctive normal form, one conjunction after the other, without those
 * that ask one thing both ways. `none` is proven; `undecided` where it takes too long, or where tests of one claim are
 * beyond what is judged exactly.
 */
export function satisfy(formulas: readonly Formula[], presented: Presented): Model {
  const search: Search = { presented, left: MAX_CONJUNCTIONS, undecided: false };
  const found = descend(formulas, new Map(), search);
  return found ?? (search.undecided ? 'undecided' : 'none');
}

function descend(
  formulas: readonly Formula[],
  known: ReadonlyMap<string, Literal>,
  search: Search,
): Model | undefined {
  const literals = new Map(known);
  const alternatives: (readonly Formula[])[] = [];
  const settle = (formula: Formula): boolean => {
    if (formula.kind !== 'literal') {
      if (formula.kind === 'all') return formula.of.every(settle);
      alternatives.push(formula.of);
      return true;
    }
    const other = literals.get(formula.key);
    if (other !== undefined) return other.holds === formula.holds;
    literals.set(formula.key, formula);
    return true;
  };
  if (!formulas.every(settle)) return undefined;
  // What holds already, or cannot any more, needs no branch of its own.
  const state = (formula: Formula): boolean | undefined => {
    if (formula.kind !== 'literal') return formula.of.length === 0 ? formula.kind === 'all' : undefined;
    const other = literals.get(formula.key);
    return other === undefined ? undefined : other.holds === formula.holds;
  };
  const open = alternatives
    .filter((of) => !of.some((each) => state(each) === true))
    .map((of) => of.filter((each) => state(each) !== false))
    .toSorted((a, b) => a.length - b.length);
  const [first, ...others] = open;
  if (first !== undefined) {
    const rest: readonly Formula[] = others.map((of) => ({ kind: 'any', of }));
    for (const each of first) {
      const found = descend([each, ...rest], literals, search);
      if (found !== undefined) return found;
      if (search.left <= 0) break;
    }
    return undefined;
  }
  search.left -= 1;
  if (search.left <= 0) search.undecided = true;
  const model = modelOf([...literals.values()], search.presented);
  if (model === 'none') return undefined;
  if (model !== 'undecided') return model;
  search.undecided = true;
  return undefined;
}
