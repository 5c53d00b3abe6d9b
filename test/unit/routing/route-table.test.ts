import { describe, expect, it } from 'vitest';
import type { Route } from '../../../src/core/policy.ts';
import { conflictingRoutes } from '../../../src/routing/route-conflicts.ts';
import { buildRouteTable, matchRoute } from '../../../src/routing/route-table.ts';
import { route, targetOf } from './requests.ts';

/** The name of the route that is chosen, or why none is; a path in another host as `host/path`. */
function choice(routes: readonly (string | Route)[], asked: string): string {
  const [, method = 'GET', host = '', path = ''] = /^(?:([A-Z]+) )?([^/ ]*)(\/\S*)$/.exec(asked) ?? [];
  const table = buildRouteTable(routes.map((one) => (typeof one === 'string' ? route(one) : one)));
  const match = matchRoute(table, method, targetOf(path, host === '' ? undefined : host));
  if (match.ok) return match.value.route.name;
  return match.error.reason === 'method_not_allowed' ? `405 ${match.error.allow}` : match.error.reason;
}

describe('matchRoute', () => {
  it.each([
    // A prefix matches by whole segments.
    ['/orders/*', '/orders'],
    ['/orders/*', '/orders/'],
    ['/orders/*', '/orders/1/2/'],
    ['/*', '/'],
    ['/*', '/a'],
    ['/', '/'],
    ['/a/', '/a/'],
    ['/caf%C3%A9/*', '/caf%c3%a9/x'],
    ['/a%40b', '/a%40b'],
    ['/a@b', '/a@b'],
    ['/users/*', '/users/a%40b.example'],
    ['/__proto__/*', '/__proto__/constructor'],
  ])('%s takes %s', (only, asked) => {
    expect(choice([only], asked)).toBe(only);
  });

  it.each([
    ['/orders/*', '/ordersx'],
    ['/orders/*', '/order'],
    ['/orders/*', '/'],
    ['/orders/*', '/x/orders'],
    ['/orders', '/orders/'],
    ['/orders', '/orders/1'],
    ['/orders/', '/orders'],
    ['/', '/a'],
    ['/orders', '/ORDERS'],
    ['/Orders', '/orders'],
    ['/a@b', '/a%40b'],
    ['/a', '/constructor'],
    ['/a', '/__proto__'],
    ['api.other/a', '/a'],
    ['*.api.example/a', '/a'],
  ])('%s does not take %s', (only, asked) => {
    expect(choice([only], asked)).toBe('route_not_found');
  });

  it.each<[rule: string, routes: string[], asked: string, chosen: string]>([
    ['exact host first', ['a.b.example/*', '*.b.example/*', '/x'], 'a.b.example/x', 'a.b.example/*'],
    ['then the longest wildcard', ['*.example/x', '*.b.example/*', '/x'], 'a.b.example/x', '*.b.example/*'],
    ['a wildcard takes several labels', ['*.example/*'], 'a.b.c.example/x', '*.example/*'],
    ['a wildcard takes not its own name', ['*.b.example/*', '/*'], 'b.example/x', '/*'],
    ['a wildcard takes whole labels', ['*.b.example/*', '/*'], 'ab.example/x', '/*'],
    ['then any host', ['*.b.example/*', '/*'], 'a.c.example/x', '/*'],
    [
      'a host without the path falls through',
      ['a.b.example/y', '*.b.example/z', '/x'],
      'a.b.example/x',
      '/x',
    ],
    ['also to a wildcard', ['a.b.example/y', '*.b.example/*', '/x'], 'a.b.example/x', '*.b.example/*'],
    ['host case does not matter', ['A.B.example/*', '/*'], 'a.B.EXAMPLE/x', 'A.B.example/*'],
    ['a port does not matter', ['a.example/*'], 'a.example:8443/x', 'a.example/*'],
    ['exact path before prefix', ['/a/*', '/a'], '/a', '/a'],
    ['exact path before longer prefix', ['/a/b/*', '/a/b'], '/a/b', '/a/b'],
    ['longest prefix', ['/*', '/a/*', '/a/b/*', '/a/b/c/*'], '/a/b/x', '/a/b/*'],
    ['longest prefix by segment, not by character', ['/a/*', '/a/bcd/*'], '/a/bcde', '/a/*'],
    ['a deeper exact path does not hide a prefix', ['/a/*', '/a/b/c'], '/a/b', '/a/*'],
    ['a named method before every method', ['/a', 'POST /a'], 'POST /a', 'POST /a'],
    ['every method for the rest', ['/a', 'POST /a'], 'PUT /a', '/a'],
    ['the path decides before the method', ['/a/*', 'POST /a/b'], 'GET /a/b', '405 POST'],
    ['also against another host', ['/a', 'POST api.example/a'], 'GET /a', '405 POST'],
    ['unknown methods go to the route for all', ['/a'], 'PROPFIND /a', '/a'],
    ['TRACE is for nobody', ['/a'], 'TRACE /a', '405 GET,HEAD,POST,PUT,PATCH,DELETE,OPTIONS'],
    ['CONNECT is for nobody', ['/a'], 'CONNECT /a', '405 GET,HEAD,POST,PUT,PATCH,DELETE,OPTIONS'],
    ['TRACE by name', ['TRACE /a'], 'TRACE /a', 'TRACE /a'],
    ['methods are case-sensitive', ['GET /a'], 'POST /a', '405 GET,HEAD'],
    ['HEAD where GET is', ['GET /a'], 'HEAD /a', 'GET /a'],
    ['HEAD by name before GET', ['GET /a', 'HEAD /a'], 'HEAD /a', 'HEAD /a'],
    ['HEAD with GET, not with the rest', ['GET /a', '/a'], 'HEAD /a', 'GET /a'],
    ['no HEAD without GET', ['POST /a'], 'HEAD /a', '405 POST'],
    ['a method listed twice is listed once', ['GET,GET /a'], 'PUT /a', '405 GET,HEAD'],
    ['plain OPTIONS is a method', ['GET /a'], 'OPTIONS /a', '405 GET,HEAD'],
    ['the list is that of all routes there', ['GET /a', 'POST,PUT /a'], 'DELETE /a', '405 GET,POST,PUT,HEAD'],
  ])('%s', (_rule, routes, asked, chosen) => {
    expect(choice(routes, asked)).toBe(chosen);
    expect(
      choice([...routes].reverse(), asked)
        .split(/[ ,]/)
        .sort(),
    ).toEqual(chosen.split(/[ ,]/).sort());
  });

  it.each<[spelling: string, routes: string[], asked: string]>([
    ['letter case', ['/*', '/admin/*'], '/Admin/x'],
    ['letter case in the route', ['/*', '/Admin/*'], '/admin/x'],
    ['a needless escape', ['/*', '/a@b'], '/a%40b'],
    ['a needless escape in the route', ['/*', '/a%40b'], '/a@b'],
    ['an escape of another kind', ['/items/*', '/items/x:purge'], '/items/x%3Apurge'],
    ['a trailing slash', ['/*', '/admin'], '/admin/'],
    ['a missing trailing slash', ['/*', '/admin/'], '/admin'],
    ['%23 read as a fragment', ['/*', '/admin'], '/admin%23/x'],
    ['%3F read as a query', ['/*', '/admin/*'], '/admin%3Fx'],
    ['fullwidth letters', ['/*', '/admin/*'], '/%EF%BD%81dmin/x'],
    ['fullwidth question mark', ['/*', '/admin'], '/admin%EF%BC%9Fx'],
    ['a ligature', ['/*', '/office/*'], '/o%EF%AC%83ce/x'],
    ['a decomposed letter', ['/*', '/caf%C3%A9'], '/cafe%CC%81'],
    ['a zero-width joiner', ['/*', '/admin/*'], '/ad%E2%80%8Dmin/x'],
    ['the Kelvin sign', ['/*', '/keys'], '/%E2%84%AAeys'],
    ['an escaped slash', ['/*', '/admin/*'], '/admin%2Fx'],
    ['an escaped backslash', ['/*', '/admin/*'], '/admin%5cx'],
    ['a slash escaped twice', ['/*', '/admin/*'], '/admin%252Fx'],
    ['a slash escaped thrice', ['/*', '/admin/*'], '/admin%25252Fx'],
    ['a fullwidth slash', ['/*', '/admin/*'], '/admin%EF%BC%8Fx'],
    ['a yen sign', ['/*', '/admin/*'], '/admin%C2%A5x'],
    ['a division slash', ['/*', '/admin/*'], '/admin%E2%88%95x'],
    ['a letter escaped', ['/*', '/admin/*'], '/%61dmin/x'],
    ['a letter escaped twice', ['/*', '/admin/*'], '/%2561dmin/x'],
    ['an empty segment', ['/*', '/admin/*'], '//admin/x'],
    ['an empty segment within', ['/a/*', '/a/b/*'], '/a//b/x'],
    ['many empty segments', ['/a/*', '/a/b/*'], '/a//////b/x'],
    ['an empty segment for the longer route', ['/a/*', '/a/b'], '/a//b'],
    ['a parameter', ['/*', '/admin/*'], '/admin;v=1/x'],
    ['an empty parameter', ['/*', '/admin/*'], '/admin;/x'],
    ['an escaped parameter', ['/*', '/admin/*'], '/admin%3Bv/x'],
    ['a segment of parameters alone', ['/*', '/admin/*'], '/;v=1/admin/x'],
    ['a parameter that hides a segment', ['/*', '/a/b'], '/a;x%2Fy/b'],
    ['a parameter up to an escaped slash', ['/*', '/a/b'], '/a;x%2Fb'],
    ['a parameter up to the second of two', ['/*', '/a/b'], '/a;x%2Fy%5Cb'],
    ['a parameter before an escaped ?', ['/*', '/a'], '/a;%2Fb%3F/c'],
    ['a stream', ['/*', '/admin/*'], '/admin::$INDEX_ALLOCATION/x'],
    ['a named stream', ['/*', '/admin/*'], '/admin:$I30:$INDEX_ALLOCATION/x'],
    ['an escaped stream', ['/*', '/admin'], '/admin%3A%3A$DATA'],
    ['a stream with a slash in it', ['/*', '/admin'], '/admin:a%2Fb:$DATA'],
    ['a dot at the end', ['/*', '/admin/*'], '/admin./x'],
    ['a dot at the very end', ['/*', '/admin'], '/admin.'],
    ['a space at the end', ['/*', '/admin/*'], '/admin%20/x'],
    ['dots and spaces at the end', ['/*', '/admin/*'], '/admin.%20./x'],
    ['a dotless i', ['/*', '/admin/*'], '/adm%C4%B1n/x'],
    ['a dotted I', ['/*', '/admin/*'], '/ADM%C4%B0N/x'],
    ['a sharp s', ['/*', '/pass'], '/pa%C3%9F'],
    ['a capital sharp s', ['/*', '/pass'], '/pa%E1%BA%9E'],
    ['a long s', ['/*', '/status'], '/%C5%BFtatus'],
    ['an accent', ['/*', '/admin'], '/%C3%A1dmin'],
    ['a letter with a stroke', ['/*', '/login'], '/%C5%82ogin'],
    ['a final sigma', ['/*', '/%CF%83'], '/%CF%82'],
    ['a final sigma in a word', ['/*', '/as'], '/%CE%B1%CF%82'],
    ['a mathematical dotless i', ['/*', '/admin'], '/adm%F0%9D%9A%A4n'],
    ['an unnamed stream of a single colon', ['/*', '/admin'], '/admin:$DATA'],
    ['an unnamed stream in lower case', ['/*', '/admin'], '/admin:$data'],
    ['two streams', ['/*', '/k/b'], '/k:$x%2Fb:$D'],
    ['a parameter before an escaped #', ['/*', '/a'], '/a;x%23/c'],
    ['a stream before an escaped #', ['/*', '/a'], '/a:$x%23/c'],
    ['the exact route inside', ['/api/*', '/api/status'], '/api/status;%2Fx'],
    ['the gateway itself, in another case', ['/*'], '/.Portcullis/status'],
    ['the gateway itself', ['/*'], '/.portcullis'],
    ['the gateway itself, below', ['/*'], '/.portcullis/status'],
    ['the gateway itself, escaped', ['/*'], '/%2Eportcullis/status'],
    ['the gateway itself, behind a slash', ['/*'], '//.portcullis/status'],
    ['the gateway itself, on a host', ['api.example/*'], '/.portcullis%2Fstatus'],
    ['the gateway itself, on a wildcard', ['*.example/*'], '/.portcullis;x'],
    ['another host', ['*.example/*', 'api.example/admin'], '/Admin'],
    // Who takes # for the end sees both routes as /a; who does not keeps them apart.
    ['another case', ['GET /a%23/*', '/a%23/b/*'], '/a%23/B/x'],
    ['a wildcard below any host', ['/*', '*.example/Admin'], '/admin'],
  ])('refuses a path that matches one route while %s leads to another', (_spelling, routes, asked) => {
    expect(choice(routes, asked)).toBe('path_ambiguous');
  });

  it.each<[why: string, routes: string[], asked: string, chosen: string]>([
    ['no other route is there', ['/*'], '/Admin%23%40/', '/*'],
    ['the other spelling is the same route', ['/*', '/tags/*'], '/tags/C%23', '/tags/*'],
    ['both are below the same prefix', ['/*', '/wiki/*'], '/wiki/Why%EF%BC%9F', '/wiki/*'],
    ['the spellings are routes of their own', ['/Docs', '/docs', '/*'], '/Docs', '/Docs'],
    ['the slash makes routes of their own', ['/docs', '/docs/', '/*'], '/docs/', '/docs/'],
    ['all readings are below it', ['/api/*'], '/api/room/%23a%3Ab.example%2Fx', '/api/*'],
    ['an escaped slash leads nowhere else', ['/api/*', '/api/admin/*'], '/api/users/a%2Fadmin', '/api/*'],
    ['all readings are the inner route', ['/api/*', '/api/admin/*'], '/api/admin/a%2Fb', '/api/admin/*'],
    ['only a prefix of the name is that of a route', ['/*', '/admin/*'], '/administrator;v=1', '/*'],
    ["a name begins with the gateway's own", ['/*'], '/.portcullis-x;v', '/*'],
    ["the gateway's own path is not the first", ['/*'], '/a//.portcullis', '/*'],
    ['a colon is no stream', ['/*', '/items/*'], '/items:purge;v', '/*'],
    ['parameters are below it', ['/api/*'], '/api/cars;color=red;year=2020/wheels;side=left', '/api/*'],
    ['a dollar is no stream', ['/*', '/a'], '/a$b//', '/*'],
    ['hex digits are in lower case', ['/caf%C3%A9/*', '/*'], '/caf%c3%a9//x', '/caf%C3%A9/*'],
    ['the route has an escaped delimiter', ['/a%23b/*', '/*'], '/a%23b//x', '/a%23b/*'],
    ['the route ends in a dot', ['/v1./*', '/*'], '/v1.//x', '/v1./*'],
    ['the other path is on another host', ['/*', 'b.example/admin'], '/Admin', '/*'],
  ])('takes an unusual spelling where %s', (_why, routes, asked, chosen) => {
    expect(choice(routes, asked)).toBe(chosen);
  });

  it('answers 404, not 400, where only the other spelling has a route: nothing would be forwarded', () => {
    expect(choice(['/admin/*'], '/Admin/x')).toBe('route_not_found');
  });
});

describe('a preflight', () => {
  const preflight = (routes: readonly Route[], asked: string | undefined) => {
    const match = matchRoute(buildRouteTable(routes), 'OPTIONS', targetOf('/a'), asked);
    if (match.ok) return [match.value.route.name, match.value.preflight];
    return match.error.reason === 'method_not_allowed' ? match.error.allow : match.error.reason;
  };
  const open = { preflight: 'origin' } as const;

  it.each<[string, Route[], string | undefined, unknown]>([
    ['goes to the route of the method asked about', [route('GET /a', open)], 'GET', ['GET /a', true]],
    ['goes to a route for every method', [route('/a', open)], 'PATCH', ['/a', true]],
    ['asks about HEAD where GET is', [route('GET /a', open)], 'HEAD', ['GET /a', true]],
    ['follows the asked method', [route('GET /a'), route('PUT /a', open)], 'PUT', ['PUT /a', true]],
    ['stays a request elsewhere', [route('GET /a'), route('PUT /a', open)], 'GET', ['GET', 'PUT', 'HEAD']],
    ['about an absent method is a request', [route('GET /a', open)], 'PUT', ['GET', 'HEAD']],
    ['is a request where the route says reject', [route('/a')], 'GET', ['/a', false]],
    [
      'belongs to a route naming OPTIONS',
      [route('GET /a', open), route('OPTIONS /a')],
      'GET',
      ['OPTIONS /a', false],
    ],
    [
      'is open where that route is',
      [route('GET /a'), route('OPTIONS /a', open)],
      'GET',
      ['OPTIONS /a', true],
    ],
    ['never asks about TRACE', [route('/a', open)], 'TRACE', ['/a', false]],
    ['is case-sensitive', [route('GET /a', open)], 'get', ['GET', 'HEAD']],
    ['a plain OPTIONS is none', [route('/a', open)], undefined, ['/a', false]],
    ['a plain OPTIONS needs its method', [route('GET /a', open)], undefined, ['GET', 'HEAD']],
    ['does not change the path rules', [route('/b', open)], 'GET', 'route_not_found'],
  ])('%s', (_rule, routes, asked, expected) => {
    expect(preflight(routes, asked)).toEqual(expected);
  });
});

describe('conflictingRoutes', () => {
  const conflicts = (...written: string[]) =>
    conflictingRoutes(written.map((one) => route(one))).map(([a, b]) => `${a.name} = ${b.name}`);

  it.each<[string[], string[]]>([
    [['/a', '/a'], ['/a = /a']],
    [['GET /a', 'GET,POST /a'], ['GET /a = GET,POST /a']],
    [
      ['/a/*', '/a/*', '/a/*'],
      ['/a/* = /a/*', '/a/* = /a/*', '/a/* = /a/*'],
    ],
    [['h.example/a', 'H.example/a'], ['h.example/a = H.example/a']],
    [['*.h.example/a', '*.h.example/a'], ['*.h.example/a = *.h.example/a']],
    [['/a@b', '/a%40b'], ['/a@b = /a%40b']],
    [["/a'(b)*", '/a%27%28b%29%2A'], ["/a'(b)* = /a%27%28b%29%2A"]],
    [['/caf%C3%A9', '/caf%c3%a9'], ['/caf%C3%A9 = /caf%c3%a9']],
    [['/caf%C3%A9', '/cafe%CC%81'], ['/caf%C3%A9 = /cafe%CC%81']],
    [['/caf%C3%A9/*', '/cafe/*'], ['/caf%C3%A9/* = /cafe/*']],
    [['/a%23b', '/a'], ['/a%23b = /a']],
    [['/a%3Fb/*', '/a/*'], ['/a%3Fb/* = /a/*']],
    [['/a.', '/a'], ['/a. = /a']],
    [['/a%20/b', '/a/b'], ['/a%20/b = /a/b']],
    [['/a::$DATA', '/a'], ['/a::$DATA = /a']],
    [['/stra%C3%9Fe', '/strasse'], ['/stra%C3%9Fe = /strasse']],
  ])('%j tie', (routes, expected) => {
    expect(conflicts(...routes)).toEqual(expected);
  });

  it.each([
    [['/a', '/b']],
    [['/a', '/a/']],
    [['/a', '/a/*']],
    [['/a', '/A']],
    [['/a', 'GET /a']],
    [['GET /a', 'HEAD /a', 'POST /a']],
    [['/a', 'h.example/a', '*.h.example/a', '*.example/a']],
    [['/*', '/']],
  ])('%j do not', (routes) => {
    expect(conflicts(...routes)).toEqual([]);
    expect(() => buildRouteTable(routes.map((one) => route(one)))).not.toThrow();
  });
});

describe('buildRouteTable', () => {
  it.each([[['/a', '/a']], [['GET,PUT /a', 'PUT /a']], [['/caf%C3%A9', '/caf%c3%a9']]])(
    'throws on the tie %j',
    (routes) => {
      expect(() => buildRouteTable(routes.map((one) => route(one)))).toThrow('tie');
    },
  );

  it.each(['/a/../b', '/a//b', '/a;b', '/%61', '/caf\u00e9'])(
    'throws on the path %s, which no request has',
    (path) => {
      expect(() => buildRouteTable([route(path)])).toThrow('matches no request');
    },
  );
});
