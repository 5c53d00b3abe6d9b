import { expect, it } from 'vitest';
import type { Route } from '../../../src/core/policy.ts';
import { conflictingRoutes } from '../../../src/routing/route-conflicts.ts';
import { buildRouteTable, matchRoute } from '../../../src/routing/route-table.ts';
import fc from '../../fixtures/draws.ts';
import { route, targetOf } from './requests.ts';

/** Few of everything, so that random tables overlap. */
const HOSTS = ['', 'a.b.example', 'b.example', '*.example', '*.b.example', 'example'];
const SEGMENTS = ['a', 'b', 'A', 'ab', '%C3%A9', 'a%40', 'a@', 'a%23', ''];
const METHODS = ['GET', 'HEAD', 'POST', 'OPTIONS'];

const paths = fc
  .array(fc.constantFrom(...SEGMENTS), { minLength: 1, maxLength: 4 })
  .map((segments) => `/${segments.join('/')}`)
  // With two of them a path could end at either, which the reference does not try.
  .filter((path) => !path.includes('//') && path.split('%23').length <= 2);
const routes = fc
  .record({
    methods: fc.option(fc.subarray(METHODS, { minLength: 1 })),
    host: fc.constantFrom(...HOSTS),
    path: paths,
    prefix: fc.boolean(),
    preflight: fc.constantFrom('origin' as const, 'reject' as const),
  })
  .map(({ methods, host, path, prefix, preflight }) =>
    route(`${methods ? `${methods} ` : ''}${host}${prefix ? path.replace(/\/?$/, '/*') : path}`, {
      preflight,
    }),
  );
/** Routes that the configuration check lets through: a later one that ties is left out. */
const tables = fc.array(routes, { maxLength: 12 }).map((all) => {
  const kept: Route[] = [];
  for (const one of all) if (conflictingRoutes([...kept, one]).length === 0) kept.push(one);
  return kept;
});
const requests = fc.record({
  host: fc.constantFrom('a.b.example', 'b.example', 'x.example', 'x.b.example', 'other'),
  path: paths,
  method: fc.constantFrom(...METHODS, 'PUT', 'TRACE'),
  asked: fc.option(fc.constantFrom(...METHODS, 'PUT'), { nil: undefined }),
});

/** Half of the requests ask for a path that the table has, as most random ones match no route. */
const cases = tables.chain((table) => {
  const own = table.map(({ match }) => match.path.value).filter((path) => path !== '');
  const known = fc.record({ request: requests, path: fc.constantFrom(...(own.length > 0 ? own : ['/a'])) });
  const near = fc.oneof(
    requests,
    known.map(({ request, path }) => ({ ...request, path })),
  );
  return fc.tuple(fc.constant(table), fc.array(near, { minLength: 8, maxLength: 8 }));
});

interface Request {
  readonly host: string;
  readonly path: string;
  readonly method: string;
  readonly asked: string | undefined;
}

type Spelling = (path: string) => string;
const plain: Spelling = (path) => path;
const decoded: Spelling = (path) =>
  decodeURIComponent(path)
    .normalize('NFD')
    .replace(/\p{Mn}/gu, '')
    .toLowerCase();
/** What this test's paths can be read as. */
const LENIENT: readonly Spelling[] = [
  decoded,
  (path) => decoded(path).replace(/\/$/, ''),
  (path) => (decoded(path).split('#')[0] ?? '').replace(/\/$/, ''),
];

/** How specific a route is for a request, compared element by element; undefined when it does not match. */
function specificity(
  { match: { host, path } }: Route,
  request: Request,
  asked: string,
  spelt: Spelling,
): number[] | undefined {
  const own = path.kind === 'prefix' ? spelt(path.value).replace(/\/$/, '') : spelt(path.value);
  const pathMatches = asked === own || (path.kind === 'prefix' && asked.startsWith(`${own}/`));
  const hostMatches =
    host.kind === 'any' ||
    (host.kind === 'exact' ? request.host === host.value : request.host.endsWith(`.${host.value}`));
  if (!hostMatches || !pathMatches) return undefined;
  const hostRank = host.kind === 'exact' ? 1000 : host.kind === 'wildcard' ? host.value.length : 0;
  return [hostRank, path.kind === 'exact' ? 1000 : own.length];
}

/** The most specific host and path, as text, and the routes that have it. */
function best(table: readonly Route[], request: Request, asked: string, spellings: readonly Spelling[]) {
  const ranked = table.flatMap((one) =>
    spellings.flatMap((spelt) => {
      const rank = specificity(one, request, asked, spelt);
      return rank === undefined ? [] : [{ one, rank }];
    }),
  );
  const top = ranked.reduce<number[]>((a, { rank }) => (compare(rank, a) > 0 ? rank : a), [-1]);
  return ranked.filter(({ rank }) => compare(rank, top) === 0).map(({ one }) => one);
}

function compare(a: readonly number[], b: readonly number[]): number {
  for (const [i, n] of a.entries()) if (n !== (b[i] ?? -1)) return n - (b[i] ?? -1);
  return 0;
}

function forMethod(group: readonly Route[], method: string): Route | undefined {
  return (
    group.find((one) => one.match.methods?.includes(method)) ??
    (method === 'HEAD' ? group.find((one) => one.match.methods?.includes('GET')) : undefined) ??
    (method === 'TRACE' ? undefined : group.find((one) => one.match.methods === undefined))
  );
}

/** Precedence as the design says it, by looking at every route. */
function reference(table: readonly Route[], request: Request): unknown {
  const group = best(table, request, request.path, [plain]);
  if (group.length === 0) return 'route_not_found';
  for (const reading of LENIENT) {
    const lenient = best(table, request, reading(request.path), LENIENT);
    if (!group.every((one) => lenient.includes(one))) return 'path_ambiguous';
  }
  if (request.asked !== undefined) {
    const asked =
      group.find((one) => one.match.methods?.includes('OPTIONS')) ?? forMethod(group, request.asked);
    if (asked?.upstream.preflight === 'origin') return [asked, true];
  }
  const chosen = forMethod(group, request.method);
  return chosen ? [chosen, false] : 'method_not_allowed';
}

it('agrees with a reference that looks at every route', () => {
  const seen = new Map<string, number>();
  fc.assert(
    fc.property(cases, ([table, several]) => {
      const compiled = buildRouteTable(table);
      for (const request of several) {
        const match = matchRoute(
          compiled,
          request.method,
          targetOf(request.path, request.host),
          request.asked,
        );
        const got = match.ok ? [match.value.route, match.value.preflight] : match.error.reason;
        expect(got).toEqual(reference(table, request));
        const kind = match.ok ? `matched ${match.value.preflight}` : match.error.reason;
        seen.set(kind, (seen.get(kind) ?? 0) + 1);
      }
    }),
    { numRuns: 1500 },
  );
  for (const kind of [
    'matched true',
    'matched false',
    'route_not_found',
    'path_ambiguous',
    'method_not_allowed',
  ]) {
    expect(seen.get(kind), kind).toBeGreaterThan(50);
  }
});

it('does not depend on the order of the routes', () => {
  fc.assert(
    fc.property(tables, requests, (table, request) => {
      const choose = (some: readonly Route[]) => {
        const match = matchRoute(
          buildRouteTable(some),
          request.method,
          targetOf(request.path, request.host),
          request.asked,
        );
        return match.ok ? match.value.route : match.error.reason;
      };
      expect(choose([...table].reverse())).toEqual(choose(table));
    }),
    { numRuns: 1000 },
  );
});

it('an Allow list names exactly the methods that match', () => {
  fc.assert(
    fc.property(tables, requests, (table, { host, path }) => {
      const compiled = buildRouteTable(table);
      const target = targetOf(path, host);
      const refused = matchRoute(compiled, 'TRACE', target);
      if (refused.ok || refused.error.reason !== 'method_not_allowed') return;
      const allowed = [...METHODS, 'PUT', 'PATCH', 'DELETE'].filter(
        (method) => matchRoute(compiled, method, target).ok,
      );
      expect([...refused.error.allow].sort()).toEqual(allowed.sort());
    }),
    { numRuns: 1000 },
  );
});
