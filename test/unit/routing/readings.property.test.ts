import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Route } from '../../../src/core/policy.ts';
import { canonicalTarget, MAX_PATH_LENGTH } from '../../../src/routing/canonical-path.ts';
import { buildRouteTable, matchRoute } from '../../../src/routing/route-table.ts';
import { allReadings } from './brute-force-reader.ts';
import { arriving, route } from './requests.ts';

const PARTS = [
  ...'////aaabbk;;.:$|[%',
  'api',
  'admin',
  'status',
  'ss',
  'API',
  '%2F',
  '%2f',
  '%5C',
  '%3B',
  '%3b',
  '%3F',
  '%23',
  '%25',
  '%252F',
  '%25252f',
  '%2561',
  '%61',
  '%41',
  '%20',
  '%2E',
  '%3A:$DATA',
  '::$DATA',
  ':$I30:$INDEX_ALLOCATION',
  '%C3%9F',
  '%C4%B1',
  '%C4%B0',
  '%E2%84%AA',
  '%EF%BC%8F',
  '%EF%BC%9B',
  '%EF%BC%9F',
  '%EF%BD%81',
  '%E2%88%95',
  '%E2%80%8B',
  '%C3%A1',
  '%C2%A5',
  '%CE%B1',
  ';v=1',
  '.portcullis',
  '%2Eportcullis',
];
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
const paths = fc.oneof(
  fc.array(fc.constantFrom(...PARTS), { maxLength: 7 }).map((parts) => `/${parts.join('')}`),
  fc
    .tuple(
      fc.constantFrom('/a', '/a/b', '/api', '/api/admin', '/api/status', '/'),
      fc.array(fc.constantFrom(...PARTS), { minLength: 1, maxLength: 4 }),
    )
    .map(([start, parts]) => `${start}${parts.join('')}`),
  fc
    .tuple(
      fc.array(fc.constantFrom('a', 'b', 'api', 'admin', 'status', 'k'), { minLength: 1, maxLength: 4 }),
      fc.array(
        fc.constantFrom('/', '/', '//', '%2F', '%5c', ';x/', ';x%2F', ';%2F', '%252f', '%3B%2F', '%3F/'),
        {
          minLength: 4,
          maxLength: 4,
        },
      ),
    )
    .map(([names, between]) => `/${names.map((name, at) => name + (between[at] ?? '')).join('')}`),
);

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

const isOwn = (reading: string) => /^\/\.portcullis(?:\/|$)/.test(reading);

/**
 * Which paths the two must agree on in both directions. Where several slashes are hidden in one path, the walk also
 * counts readers who see some of them and not others, of whom there may be none.
 */
function refusedForARealReader(path: string): boolean {
  const hidden = path.match(/%(?:25)*(?:2f|5c|c2%a5|ef%bc%8f|e2%88%95)/gi) ?? [];
  return hidden.length === 0 || (hidden.length === 1 && !path.includes(':'));
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
