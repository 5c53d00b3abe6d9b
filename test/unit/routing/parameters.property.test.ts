import { describe, expect, it } from 'vitest';
import type { Route } from '../../../src/core/policy.ts';
import { canonicalTarget } from '../../../src/routing/canonical-path.ts';
import { conflictingRoutes, overlappingRoutes } from '../../../src/routing/route-conflicts.ts';
import { buildRouteTable, matchRoute } from '../../../src/routing/route-table.ts';
import fc from '../../fixtures/draws.ts';
import { allReadings } from './brute-force-reader.ts';
import { isOwn, paths } from './hostile-paths.ts';
import { arriving, route } from './requests.ts';

const ROUTES = [
  '/*',
  '/:x',
  '/:x/*',
  '/a/*',
  '/a/:y',
  '/a/:y/*',
  '/a/b/*',
  '/:x/b/*',
  '/:x/b/k',
  '/:x/:y/k',
  '/api/:y',
  '/api/:y/ss',
  '/api/admin/*',
  '/api/admin/ss',
  '/api/*',
  '/:x/admin/:z',
  '/k/:y/:z/*',
];
/** Sound tables: of two routes that overlap, the later is left out. */
const tables = fc.shuffledSubarray(ROUTES, { minLength: 2 }).map((written) => {
  const kept: Route[] = [];
  for (const one of written.map((each) => route(each, { authentication: 'none' }))) {
    const together = [...kept, one];
    if (conflictingRoutes(together).length + overlappingRoutes(together).length === 0) kept.push(one);
  }
  return kept;
});

const segmentsOf = ({ match: { path } }: Route): readonly string[] =>
  path.value === '' ? [] : path.value.slice(1).split('/');

function matches(one: Route, path: string): boolean {
  const wanted = segmentsOf(one);
  const sent = path.slice(1).split('/');
  const fits =
    one.match.path.kind === 'prefix' ? sent.length >= wanted.length : sent.length === wanted.length;
  return (
    (one.match.path.kind === 'prefix' && wanted.length === 0) ||
    (fits &&
      wanted.every((name, index) => (name.startsWith(':') ? sent[index] !== '' : name === sent[index])))
  );
}

/** Among the routes that match: the one that every other matches all of, found by trying each against each. */
function literally(table: readonly Route[], path: string): Route | undefined {
  const those = table.filter((one) => matches(one, path));
  const rank = (one: Route) =>
    segmentsOf(one)
      .map((name) => (name.startsWith(':') ? '1' : '0'))
      .join('') + (one.match.path.kind === 'prefix' ? '2' : '');
  return those.sort((a, b) => (rank(a) < rank(b) ? -1 : 1))[0];
}

const unescaped = (text: string): string => {
  try {
    const once = decodeURIComponent(text);
    return once === text ? text : unescaped(once);
  } catch {
    return text;
  }
};

describe('parameters against a reader that tries every sequence of transformations', () => {
  it('passes only what every reading gives to its route, and a value only where every reading has it', () => {
    const seen = new Map<string, number>();
    const count = (kind: string) => void seen.set(kind, (seen.get(kind) ?? 0) + 1);
    fc.assert(
      fc.property(tables, paths, (table, path) => {
        const target = canonicalTarget(arriving(path));
        if (!target.ok) return count('refused whatever the routes');
        const match = matchRoute(buildRouteTable(table), 'GET', target.value);
        const expected = literally(table, path);
        if (!match.ok) {
          count(match.error.reason);
          if (match.error.reason === 'route_not_found') expect(expected).toBe(undefined);
          return;
        }
        const { route: found, parameters } = match.value;
        expect(found).toBe(expected);
        count(parameters === undefined ? 'passes' : 'passes with parameters');
        for (const reading of allReadings(path)) {
          expect(isOwn(reading)).toBe(false);
          expect([reading, literally(table, reading)?.name]).toEqual([reading, found.name]);
          for (const { name, index } of found.match.path.parameters ?? []) {
            const value = parameters?.get(name)?.value;
            if (value === undefined) continue;
            count('values');
            const segment = reading.slice(1).split('/')[index] ?? '';
            expect(unescaped(segment).toLowerCase()).toBe(value.toLowerCase());
          }
        }
      }),
      { numRuns: 4_000 },
    );
    for (const kind of ['passes', 'passes with parameters', 'path_ambiguous', 'values']) {
      expect([kind, (seen.get(kind) ?? 0) > 150]).toEqual([kind, true]);
    }
  });
});
