import { describe, expect, it } from 'vitest';
import type { Route } from '../../../src/core/policy.ts';
import { canonicalTarget, MAX_PATH_LENGTH } from '../../../src/routing/canonical-path.ts';
import { buildRouteTable, matchRoute } from '../../../src/routing/route-table.ts';
import fc from '../../fixtures/draws.ts';
import { allReadings } from './brute-force-reader.ts';
import { isOwn, paths, refusedForARealReader } from './hostile-paths.ts';
import { arriving, route } from './requests.ts';

const ROUTES = [
  '/*',
  '/a/*',
  '/a/b/*',
  '/a/b/k',
  '/api/*',
  '/api/admin/*',
  '/api/status',
  '/api/admin/ss',
  '/admin',
  '/admin/*',
  '/ss',
  '/k/*',
];
const tables = fc
  .subarray(ROUTES, { minLength: 1 })
  .map((written) => written.map((one) => route(one, { authentication: 'none' })));
/** Precedence as it stands, over plain texts: the exact path, then the longest prefix. */
function literally(table: readonly Route[], path: string): Route | undefined {
  const exact = table.find((one) => one.match.path.kind === 'exact' && one.match.path.value === path);
  const prefixes = table.filter(
    ({
      match: {
        path: { kind, value },
      },
    }) => kind === 'prefix' && (path === value || path.startsWith(`${value}/`)),
  );
  return exact ?? prefixes.sort((a, b) => b.match.path.value.length - a.match.path.value.length)[0];
}

describe('against a reader that tries every sequence of transformations', () => {
  it('what passes passes as it came, and every reading belongs to its route; what is refused has one that does not', () => {
    const seen = new Map<string, number>();
    const count = (kind: string): void => {
      seen.set(kind, (seen.get(kind) ?? 0) + 1);
    };
    fc.assert(
      fc.property(tables, paths, (table, path) => {
        const target = canonicalTarget(arriving(path));
        if (!target.ok) return count('refused whatever the routes');
        const match = matchRoute(buildRouteTable(table), 'GET', target.value);
        const readings = [...allReadings(path)];
        for (const reading of readings) {
          for (const segment of reading.split(/[/\\]/))
            expect(segment).not.toMatch(/^\s*\.[.\s]*(?:[;?#]|$)/);
          expect(reading).not.toMatch(/\p{Cc}/u);
        }
        const strays = readings.filter(
          (reading) => isOwn(reading) || literally(table, reading) !== literally(table, path),
        );
        if (match.ok) {
          count(readings.length > 1 ? 'passes' : 'plain');
          expect(match.value.target.path).toBe(path);
          expect(match.value.route).toBe(literally(table, path));
          expect(strays).toEqual([]);
        } else if (match.error.reason === 'path_ambiguous') {
          count('ambiguous');
          if (refusedForARealReader(path)) expect(strays).not.toEqual([]);
        } else {
          expect(literally(table, path)).toBe(undefined);
        }
      }),
      { numRuns: 3_000 },
    );
    expect(seen.get('passes')).toBeGreaterThan(200);
    expect(seen.get('ambiguous')).toBeGreaterThan(200);
  });
});

describe('the work', () => {
  const table = buildRouteTable(ROUTES.map((one) => route(one, { authentication: 'none' })));
  it.each([
    'a;%2F',
    '%2525252F',
    '/',
    '//',
    ';',
    '%2F',
    '%3F%23',
    '. ',
    '.%20x',
    '%CC%81',
    '::$',
    '%C3%9F%2F',
    'a/b;%5c',
  ])('stays bounded for the longest path of %j', (part) => {
    const path = `/a/${part.repeat(MAX_PATH_LENGTH)}`.slice(0, MAX_PATH_LENGTH - 8).replace(/%.{0,5}$/, '');
    const target = canonicalTarget(arriving(path));
    if (target.ok) matchRoute(table, 'GET', target.value);
    expect(path.length).toBeGreaterThan(MAX_PATH_LENGTH - 20);
  });
});
