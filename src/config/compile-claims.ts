import type { ClaimRequirement } from '../core/requirement.ts';
import type { Reading } from './place.ts';
import { problem } from './problem.ts';
import type { RouteTable } from './schema.ts';

const TESTS = ['equals', 'one_of', 'contains'] as const;

/** `{ claim, equals | one_of | contains }`: a claim and exactly one test each. */
export function compileClaims(
  tables: NonNullable<RouteTable['claims']>,
  { path: route, faulty, problems }: Reading,
): readonly ClaimRequirement[] {
  const at = [...route, 'claims'];
  return tables.flatMap((table, index): ClaimRequirement[] => {
    const given = TESTS.filter((test) => table[test] !== undefined || faulty('claims', index, test));
    if (table.claim === undefined && !faulty('claims', index, 'claim')) {
      problems.push(problem([...at, index, 'claim'], 'nothing', 'a claim name, or a JSON Pointer'));
    }
    if (given.length !== 1) {
      const found = given.length === 0 ? 'no test' : given.join(' and ');
      problems.push(problem([...at, index], found, `one of ${TESTS.join(', ')}`));
    }
    if (table.claim === undefined) return [];
    const { name, path } = table.claim;
    if (table.equals !== undefined) return [{ name, path, kind: 'equals', value: table.equals }];
    if (table.one_of !== undefined) return [{ name, path, kind: 'one_of', values: table.one_of }];
    if (table.contains !== undefined) return [{ name, path, kind: 'contains', value: table.contains }];
    return [];
  });
}
