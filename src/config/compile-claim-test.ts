import type { ClaimPath } from '../core/claim-address.ts';
import type { ParameterRequirement, Requirement, Separator } from '../core/requirement.ts';
import { didYouMean, problem, problemAt, quoted } from './problem.ts';
import type { RequirePlace } from './require-place.ts';
import type { RequireTable } from './schema-require.ts';

/** A claim and its one test, as `require-kinds.ts` has made sure. Undefined where the test is faulty. */
export function compileClaimTest(
  table: RequireTable,
  claim: { readonly name: string; readonly path: ClaimPath },
  place: RequirePlace,
): Requirement | undefined {
  const { at } = place;
  const of = { name: claim.name, path: claim.path, at };
  const { separator, min, max } = table;
  checkWords(table, place);
  if (table.equals !== undefined) return { ...of, kind: 'equals', value: table.equals };
  if (table.one_of !== undefined) return { ...of, kind: 'one_of', values: table.one_of };
  if (table.contains !== undefined) {
    return separator === undefined
      ? { ...of, kind: 'contains', value: table.contains }
      : { ...of, kind: 'contains_all', values: [table.contains], separator };
  }
  if (table.contains_any !== undefined) {
    return { ...of, kind: 'contains_any', values: table.contains_any, separator };
  }
  if (table.contains_all !== undefined) {
    return { ...of, kind: 'contains_all', values: table.contains_all, separator };
  }
  if (table.exists !== undefined) {
    return table.exists ? { ...of, kind: 'exists' } : { kind: 'not', of: { ...of, kind: 'exists' }, at };
  }
  if (table.matches !== undefined) return { ...of, kind: 'matches', pieces: table.matches.split('*') };
  if (typeof min === 'number' || typeof max === 'number') {
    return { ...of, kind: 'range', ...compileRange(min, max, place) };
  }
  if (table.has_key !== undefined) return { ...of, kind: 'has_key', key: table.has_key };
  if (table.equals_param !== undefined) {
    return { ...of, ...compileParameter('equals_param', table.equals_param, table, place) };
  }
  if (table.contains_param !== undefined) {
    return { ...of, ...compileParameter('contains_param', table.contains_param, table, place) };
  }
  return undefined;
}

/** A word that no list of words can have would never be found. */
function checkWords(table: RequireTable, { path, problems }: RequirePlace): void {
  if (table.separator === undefined) return;
  for (const key of ['contains', 'contains_any', 'contains_all'] as const) {
    const values =
      key === 'contains' ? (table.contains === undefined ? [] : [table.contains]) : (table[key] ?? []);
    for (const value of values) {
      if (typeof value === 'string' && isWord(value, table.separator)) continue;
      problems.push(
        problemAt([...path, key], value, `words, since separator = ${quoted([table.separator])}`),
      );
    }
  }
}

const isWord = (value: string, separator: Separator): boolean =>
  value !== '' && value.trim() === value && !value.includes(separator === 'space' ? ' ' : ',');

function compileRange(min: unknown, max: unknown, { path, problems }: RequirePlace) {
  const range = {
    min: typeof min === 'number' ? min : undefined,
    max: typeof max === 'number' ? max : undefined,
  };
  if (range.min !== undefined && range.max !== undefined && range.min > range.max) {
    problems.push(problem([...path, 'min'], `${range.min} above max ${range.max}`, 'min ≤ max'));
  }
  return range;
}

function compileParameter(
  kind: ParameterRequirement['kind'],
  parameter: string,
  table: RequireTable,
  { path, problems, around, negated }: RequirePlace,
): ParameterRequirement {
  const known = around.parameters;
  if (known !== undefined && !known.includes(parameter)) {
    const hint = didYouMean(parameter, known) ?? `write it in the path: "/users/:${parameter}"`;
    const allowed = known.length === 0 ? 'a parameter of the path, which has none' : quoted(known);
    problems.push(problemAt([...path, kind], parameter, allowed, hint));
  }
  return {
    kind,
    parameter,
    separator: table.separator,
    caseSensitive: table.case_sensitive ?? false,
    inDoubt: negated,
  };
}
