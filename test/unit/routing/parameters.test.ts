import { describe, expect, it } from 'vitest';
import { areWholeSegments, parametersOf } from '../../../src/routing/path-parameter.ts';
import { overlappingRoutes } from '../../../src/routing/route-conflicts.ts';
import { buildRouteTable, matchRoute } from '../../../src/routing/route-table.ts';
import { route, targetOf } from './requests.ts';

const table = (...written: string[]) => buildRouteTable(written.map((one) => route(one)));

function matched(written: readonly string[], path: string, method = 'GET'): string {
  const match = matchRoute(table(...written), method, targetOf(path));
  if (!match.ok) return match.error.reason;
  const { parameters } = match.value;
  const told = [...(parameters ?? [])].map(([name, { raw, value }]) => `${name}=${value ?? `(${raw})`}`);
  return [match.value.route.name, ...told].join(' ');
}

describe('a parameter', () => {
  const USERS = ['/users/:id', '/users/me', '/users/:id/orders/*', '/users/:id/orders/last', '/users/*'];
  it.each([
    ['/users/7', '/users/:id id=7'],
    ['/users/me', '/users/me'],
    ['/users/7/orders', '/users/:id/orders/* id=7'],
    ['/users/7/orders/3/lines', '/users/:id/orders/* id=7'],
    ['/users/7/orders/last', '/users/:id/orders/last id=7'],
    ['/users/7/profile', '/users/*'],
    ['/users/me/orders/1', '/users/:id/orders/* id=me'],
    ['/users/me/profile', '/users/*'],
    ['/users', '/users/*'],
    ['/users/:id', '/users/:id id=:id'],
    ['/users/7%2F8', 'path_ambiguous'],
    ['/users//7', 'path_ambiguous'],
    ['/users/m%65', 'path_ambiguous'],
    ['/users/Me', 'path_ambiguous'],
    ['/users/me;x', 'path_ambiguous'],
    ['/users/7%3Fx', '/users/:id id=(7%3Fx)'],
    ['/users/caf%C3%A9', '/users/:id id=(caf%C3%A9)'],
    ['/users/%41', '/users/:id id=(%41)'],
    ['/users/a+b', '/users/:id id=(a+b)'],
    ['/users/a%2Bb', '/users/:id id=a+b'],
    ['/other', 'route_not_found'],
  ])('%s → %s', (path, expected) => expect(matched(USERS, path)).toBe(expected));

  it('takes no empty segment', () => {
    expect(matched(['/users/:id'], '/users/')).toBe('route_not_found');
    expect(matched(['/:a/x'], '//x')).toBe('route_not_found');
    expect(matched(['/:a/*'], '/;v/x')).toBe('path_ambiguous');
    expect(matched(['/:a/*'], '/%23/x')).toBe('path_ambiguous');
    expect(matched(['/:a/x', '/*'], '//x;v')).toBe('/*');
    expect(matched(['/:a/x', '/*'], '/%E2%80%8B/x;v')).toBe('path_ambiguous');
    // To one reader the path ends before `?` in full width or the invisible character, to another after it.
    expect(matched(['/:a', '/*'], '/%EF%BC%9F%23/x')).toBe('path_ambiguous');
    expect(matched(['/:a', '/*'], '/%E2%80%8B%3F/x')).toBe('path_ambiguous');
  });

  it('has the name that each method’s route gives it', () => {
    const both = ['GET /users/:id', 'PUT /users/:user'];
    expect(matched(both, '/users/7')).toBe('GET /users/:id id=7');
    expect(matched(both, '/users/7', 'PUT')).toBe('PUT /users/:user user=7');
    expect(matched(both, '/users/7', 'POST')).toBe('method_not_allowed');
  });

  it('stands for itself in a path that holds several', () => {
    expect(matched(['/:tenant/:id/*'], '/acme/7/x')).toBe('/:tenant/:id/* tenant=acme id=7');
    expect(matched(['/:tenant/:id/*'], '/acme%2Fevil/7/x')).toBe(
      '/:tenant/:id/* tenant=(acme%2Fevil) id=(7)',
    );
  });

  it.each([
    ['/acme/7', true],
    ['/acme/caf%C3%A9', true],
    ['/acme/7%2F8', false],
    ['/acme/7%252f8', false],
    ['/acme/7%3Fx', false],
    ['/acme/%E2%80%8B', false],
    ['/acme/%3Bx', false],
    ['/acme/x%3By', true],
    ['/acme%5cx/7', false],
  ])('is one segment to every reader: %s %s', (path, whole) => {
    const found = parametersOf(
      [
        { name: 'tenant', index: 0 },
        { name: 'id', index: 1 },
      ],
      path,
    );
    expect(areWholeSegments(found)).toBe(whole);
  });

  it.each(['/.portcullis/status', '/%2Eportcullis/status', '/.Portcullis/x'])(
    'is never the gateway’s own: %s',
    (path) => expect(matched(['/:a/status', '/:a/:b/*'], path)).toBe('path_ambiguous'),
  );

  it('costs a request to another route no look at readings', () => {
    expect(table('/users/:id', '/orders/*').plain).toBe(true);
    expect(table('/users/:id', '/Orders/*').plain).toBe(false);
  });

  it('finds its way where a name leads nowhere', () => {
    const deep = ['/:a/b/c/d', '/x/:b/c/e', '/x/b/c/f'];
    expect(matched(deep, '/x/b/c/d')).toBe('/:a/b/c/d a=x');
    expect(matched(deep, '/x/b/c/e')).toBe('/x/:b/c/e b=b');
    expect(matched(deep, '/x/b/c/f')).toBe('/x/b/c/f');
    expect(matched(deep, '/x/b/c/g')).toBe('route_not_found');
  });
});

describe('overlappingRoutes', () => {
  const overlaps = (...written: string[]) =>
    overlappingRoutes(written.map((one) => route(one))).map(
      ({ routes: [a, b], meet }) => `${a.name} ${b.name}: ${meet}`,
    );

  it.each<[string[], string[]]>([
    [['/users/me/*', '/users/:id/profile'], ['/users/me/* /users/:id/profile: /users/me/profile']],
    [['/users/me/*', '/users/:id/profile', '/users/me/profile'], []],
    [['/:a/b', '/a/:b'], ['/:a/b /a/:b: /a/b']],
    [['GET /:a/b', 'PUT /a/:b'], ['GET /:a/b PUT /a/:b: /a/b']],
    [['/:a/b', '/a/:b', '/a/b'], []],
    [['/:a/b/*', '/a/*'], ['/:a/b/* /a/*: /a/b/*']],
    [['/:a/b/*', '/a/:b/c/*'], ['/:a/b/* /a/:b/c/*: /a/b/c/*']],
    [['/:a/b', '/a/:b/c'], []],
    [['/users/:id', '/users/:name/*'], []],
    [['/users/:id', '/users/*', '/*', '/users/me'], []],
    [['a.example/:a/b', 'b.example/a/:b'], []],
    [['/:a/', '/x/:b'], []],
    [['/:a/*', '/:a/b/:c'], []],
  ])('%j → %j', (written, expected) => expect(overlaps(...written)).toEqual(expected));

  it('says where parameters multiply beyond a table’s size', () => {
    const many = Array.from({ length: 7 }, (_, at) =>
      Array.from({ length: 12 }, (_, word) => {
        const names = Array.from({ length: 8 + at }, (_, index) =>
          index === at ? `w${word}` : `:p${index}`,
        );
        return `/${names.join('/')}`;
      }),
    ).flat();
    expect(overlaps(...many)).toEqual([expect.stringMatching(/: undefined$/)]);
  });
});
