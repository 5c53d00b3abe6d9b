import { describe, expect, it } from 'vitest';
import { compiled, envWith, problemsOf, type Table } from './rules.ts';

const told = (require: unknown, route: Table = {}) =>
  problemsOf(envWith({}, { path: '/users/:id/*', require, ...route })).map(
    ({ path, found, allowed, hint }) => [path, `${found} | ${allowed} | ${hint ?? ''}`] as const,
  );

const deep = (levels: number): Table => (levels === 0 ? { client: 'x' } : { not: deep(levels - 1) });
const x = { claim: 'x' };

describe('require', () => {
  it.each<[unknown, string, string[], Table?]>([
    [7, '', ['7', 'a table']],
    [[], '', ['an empty list', 'a table']],
    [{}, '', ['no requirement', 'one of all, any, not']],
    [{ all: [] }, '.all', ['an empty list', 'at least one']],
    [{ any: [] }, '.any', ['an empty list', 'at least one']],
    [{ all: [7] }, '.all[0]', ['7', 'a table']],
    [{ any: [{ all: [{}] }] }, '.any[0].all[0]', ['no requirement']],
    [{ not: null }, '.not', ['null', 'a table']],
    [{ not: {} }, '.not', ['no requirement']],
    [{ none: [] }, '.none', ['an unknown key', 'all, any, not']],
    [{ all: [{ scopes: ['a'] }] }, '.all[0].scopes', ['did you mean "scope"?']],
    [{ scope: ['a'], client: 'x' }, '', ['scope and client', 'all = [ … ]']],
    [{ all: [{ client: 'x' }], scope: ['a'] }, '', ['all and scope', 'all = [ … ]']],
    [{ scope: ['a b'] }, '.scope[0]', ['without spaces']],
    [{ client: 'x', scope_match: 'any' }, '', ['scope_match beside client']],
    [{ equals: 'a' }, '', ['no requirement']],
    [x, '', ['no test', 'equals, one_of']],
    [{ ...x, equals: 1, one_of: [1] }, '', ['equals and one_of']],
    [{ ...x, min: 1, equals: 1 }, '', ['equals and min']],
    [{ claim: '$.x', exists: true }, '.claim', ['did you mean "/x"?']],
    [{ ...x, equals: null }, '.equals', ['null']],
    [{ ...x, equals: 2 ** 53 }, '.equals', ['9007199254740991']],
    [{ ...x, min: 2 ** 53 }, '.min', ['9007199254740991']],
    [{ ...x, max: '7' }, '.max', ['"7"', 'a number']],
    [{ ...x, min: 2, max: 1 }, '.min', ['2 above max 1']],
    [{ ...x, one_of: [] }, '.one_of', ['at least one']],
    [{ ...x, contains: ['a'] }, '.contains', ['an element']],
    [{ ...x, contains_any: [] }, '.contains_any', ['at least one']],
    [{ ...x, contains_all: [['a']] }, '.contains_all[0]', ['an element']],
    [{ ...x, contains: 'a b', separator: 'space' }, '.contains', ['words, since separator']],
    [{ ...x, contains_any: ['a', 'b,c'], separator: 'comma' }, '.contains_any', ['"b,c"', 'words']],
    [{ ...x, contains_all: [7], separator: 'comma' }, '.contains_all', ['7', 'words']],
    [{ ...x, contains: ' a', separator: 'comma' }, '.contains', ['words']],
    [{ ...x, contains: 'a', separator: ',' }, '.separator', ['"space", "comma"']],
    [{ ...x, equals: 'a', separator: 'comma' }, '', ['separator beside equals']],
    [{ ...x, equals: 'a', case_sensitive: true }, '', ['case_sensitive beside equals']],
    [{ client: 'a', case_sensitive: true }, '', ['case_sensitive beside client']],
    [{ ...x, exists: 'yes' }, '.exists', ['true or false']],
    [{ ...x, matches: 'abc' }, '.matches', ['write equals']],
    [{ ...x, matches: '*' }, '.matches', ['exists = true']],
    [{ ...x, matches: 'a**' }, '.matches', ['"a**"']],
    [{ ...x, matches: `${'a'.repeat(256)}*` }, '.matches', ['256']],
    [{ ...x, has_key: '' }, '.has_key', ['a member']],
    [{ ...x, equals_param: 'ID' }, '.equals_param', ['"ID"', 'did you mean "id"?']],
    [{ ...x, equals_param: 'tenant' }, '.equals_param', ['"id"', '/users/:tenant']],
    [{ ...x, contains_param: ':id' }, '.contains_param', ['":id"', 'such as "id"']],
    [{ ...x, equals_param: 'id' }, '.equals_param', ['which has none'], { path: '/users/*' }],
    [{ subject: '' }, '.subject', ['a "sub" value']],
    [{ client: [] }, '.client', ['at least one']],
    [{ issuer: 'acne' }, '.issuer', ['"acne"', 'did you mean "acme"?']],
    [{ max_token_age: 60 }, '.max_token_age', ['a duration']],
    [{ acr: ['a b'] }, '.acr[0]', ['"a b"']],
    [{ acr: ['a"'] }, '.acr[0]', ['"a']],
    [{ amr: [] }, '.amr', ['at least one']],
    [{ max_auth_age: '0s' }, '.max_auth_age', ['"1s"']],
    [{ method: 'get' }, '.method', ['"get"']],
    [{ method: ['GET', 'DELETE'] }, '.method', ['"DELETE"', 'does not take'], { methods: ['GET', 'PUT'] }],
    [{ method: ['GET', 'PUT'] }, '.method', ['every method'], { methods: ['GET', 'PUT'] }],
    [{ host: 'A.example' }, '.host', ['"A.example"']],
    [{ host: 'b.example' }, '.host', ['does not take'], { host: 'a.example' }],
    [{ host: 'a.example' }, '.host', ['every host'], { host: 'a.example' }],
    [{ host: '*.example' }, '.host', ['every host'], { host: '*.a.example' }],
    [{ host: ['a.b.example', 'c.example'] }, '.host', ['does not take'], { host: '*.b.example' }],
    [deep(6), '.not.not.not.not.not.not', ['at most 5']],
    [{ any: Array(65).fill({ client: 'x' }) }, '', ['66 tables', 'at most 64']],
  ])('%j', (require, at, words, route) => {
    const problems = told(require, route);
    expect(problems.map(([path]) => path)).toEqual([`ROUTES.orders.require${at}`]);
    for (const word of words) expect(problems[0]?.[1]).toContain(word);
  });

  it('is refused where nobody is known', () => {
    expect(told({ client: 'x' }, { authentication: 'none' })).toEqual([
      ['ROUTES.orders.require', expect.stringContaining('nobody is known')],
    ]);
  });

  it.each([[deep(5)], [{ any: Array(63).fill({ client: 'x' }) }]])('takes what just fits', (require) => {
    expect(told(require)).toEqual([]);
  });

  it('compiles to plain data of the shape it was written in', () => {
    const require = {
      all: [
        { claim: 'mail', matches: 'a*b' },
        { not: { claim: 'sub', equals_param: 'id' } },
        { any: [{ scope: ['a', 'a'] }, { claim: 'n', min: 1 }, { acr: ['mfa'] }] },
      ],
    };
    const route = { path: '/users/:id/*', scope: ['s'], claims: [{ claim: 'x', equals: 1 }], require };
    const [only] = compiled(envWith({}, route)).policy.routes;
    const requirement = only?.access.requirement;
    expect(requirement).toEqual({
      kind: 'all',
      of: [
        { kind: 'scope', values: ['s'], match: 'all' },
        { kind: 'equals', name: 'x', path: ['x'], value: 1 },
        {
          kind: 'all',
          of: [
            { kind: 'matches', name: 'mail', path: ['mail'], pieces: ['a', 'b'], at: 'require.all[0]' },
            {
              kind: 'not',
              at: 'require.all[1]',
              of: {
                kind: 'equals_param',
                name: 'sub',
                path: ['sub'],
                parameter: 'id',
                separator: undefined,
                caseSensitive: false,
                inDoubt: true,
                at: 'require.all[1].not',
              },
            },
            {
              kind: 'any',
              of: [
                { kind: 'scope', values: ['a'], match: 'all', at: 'require.all[2].any[0]' },
                {
                  kind: 'range',
                  name: 'n',
                  path: ['n'],
                  min: 1,
                  max: undefined,
                  at: 'require.all[2].any[1]',
                },
                {
                  kind: 'authentication',
                  acr: ['mfa'],
                  amr: undefined,
                  maxAgeSeconds: undefined,
                  at: 'require.all[2].any[2]',
                },
              ],
            },
          ],
        },
      ],
    });
    expect(structuredClone(requirement)).toEqual(requirement);
  });
});
