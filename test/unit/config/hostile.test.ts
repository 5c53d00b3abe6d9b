import { describe, expect, it } from 'vitest';
import { buildRouteTable } from '../../../src/routing/route-table.ts';
import fc from '../../fixtures/draws.ts';
import { Binding, compile, envWith, ISSUER, ROUTE, type Table } from './rules.ts';

const ISSUER_KEYS = [
  'issuer',
  'audience',
  'algorithms',
  'jwks_uri',
  'jwks',
  'hmac_secret',
  'types',
  'profile',
  'clock_tolerance',
  'tenant_claim',
  'allowed_kids',
  'blocked_kids',
  'jwks_cache',
  '__proto__',
  'constructor',
  'x',
];
const ROUTE_KEYS = [
  'path',
  'methods',
  'host',
  'origin',
  'authentication',
  'issuers',
  'scope',
  'scope_match',
  'claims',
  'headers',
  'revocation',
  'timeout',
  'preflight',
  '__proto__',
  'toString',
  'x',
];
const VARIABLES = [
  'ISSUERS',
  'ISSUERS_B',
  'ROUTES',
  'ROUTES_B',
  'GATEWAY',
  'ROUTE',
  'REVOCATIONS',
  'UPSTASH_REDIS_REST_URL',
  'S',
];

const WORDS = [
  'strict',
  'off',
  'none',
  'required',
  'HS256',
  'RS256',
  '5s',
  'acme',
  'S',
  '/',
  '/*',
  '/a',
  '//',
  '/%2e',
  '/%',
  '*',
  '*.',
  'service:S',
  'service:REVOCATIONS',
  'https://',
  'https://a.example',
  'http://[::1',
  'https://%',
  '\ud800',
  '\u0000',
  '~',
  '/~',
  '[',
  'x'.repeat(5_000),
];
const INNER_KEYS = [
  'keys',
  'kty',
  'd',
  'mode',
  'max_staleness',
  'claim',
  'equals',
  'one_of',
  'type',
  'max_age',
  'X-A',
  'x_a',
  'cf-ray',
  '__proto__',
  '',
];

const { tree: anything } = fc.letrec<{ tree: unknown; leaf: unknown }>((tie) => ({
  tree: fc.oneof(
    { depthSize: 'small', withCrossShrink: true },
    tie('leaf'),
    fc.array(tie('tree'), { maxLength: 3 }),
    fc.dictionary(fc.constantFrom(...INNER_KEYS), tie('tree'), { maxKeys: 4 }),
  ),
  leaf: fc.oneof(
    fc.constantFrom(...WORDS),
    fc.string({ unit: 'binary' }),
    fc.webUrl({ withFragments: true, withQueryParameters: true }),
    fc.double(),
    fc.boolean(),
    fc.constantFrom(null, undefined, 1n, Symbol.iterator, () => 1, new Date(Number.NaN), new Map(), /x/),
  ),
}));

const tables = (keys: readonly string[], sound: Table) =>
  fc.dictionary(
    fc.constantFrom('acme', 'b', 'A', '__proto__', 'constructor', ''),
    fc.oneof(
      anything,
      fc
        .tuple(fc.boolean(), fc.dictionary(fc.constantFrom(...keys), anything, { maxKeys: 5 }))
        .map(([sane, table]) => (sane ? { ...sound, ...table } : table)),
    ),
    { maxKeys: 3 },
  );

const env = fc
  .tuple(
    fc.record(
      { ISSUERS: tables(ISSUER_KEYS, ISSUER), ROUTES: tables(ROUTE_KEYS, ROUTE) },
      { requiredKeys: [] },
    ),
    fc.dictionary(fc.constantFrom(...VARIABLES), anything, { maxKeys: 3 }),
  )
  .map(([first, second]) => ({ REVOCATIONS: new Binding(), ...first, ...second }));

describe('a hostile env', () => {
  it('is compiled or refused with words, never thrown at', () => {
    fc.assert(
      fc.property(env, (hostile) => {
        const result = compile(hostile);
        if (result.ok) {
          expect(Object.isFrozen(result.value.policy)).toBe(true);
          expect(result.value.policy.routes.length).toBeGreaterThan(0);
          return;
        }
        expect(result.error.length).toBeGreaterThan(0);
        for (const { path, found, allowed } of result.error) {
          expect(path).not.toBe('');
          expect(found.length).toBeLessThan(400);
          expect(allowed).not.toBe('');
          expect(allowed).not.toBe('Invalid input');
        }
      }),
      { numRuns: 1_500 },
    );
  });

  it('takes no path that routing would throw at, and offers none that it would refuse', () => {
    const parts = [
      '/',
      '/',
      '*',
      'a',
      '.',
      '..',
      ';',
      '\\',
      '?',
      '@',
      '~',
      '%',
      '%2e',
      '%2F',
      '%25',
      '%41',
      '%40',
      '%c3%a9',
      '%C3%A9',
      '%E2%80%8B',
      '%EF%BC%8F',
      '\u00e9',
      '\ud800',
      ' ',
    ];
    const paths = fc.array(fc.constantFrom(...parts), { maxLength: 6 }).map((list) => list.join(''));
    fc.assert(
      fc.property(paths, paths, (a, b) => {
        const ROUTES = { a: { ...ROUTE, path: `/${a}` }, b: { ...ROUTE, path: b } };
        const result = compile(envWith({}, {}, { ROUTES }));
        if (result.ok) {
          expect(() => buildRouteTable(result.value.policy.routes)).not.toThrow();
          return;
        }
        for (const { hint } of result.error) {
          const meant = /^did you mean (".*")\?$/.exec(hint ?? '')?.[1];
          if (meant !== undefined) expect(compile(envWith({}, { path: JSON.parse(meant) })).ok).toBe(true);
        }
      }),
      { numRuns: 1_000 },
    );
  });

  it('compiles to the same twice, and is left as it was', () => {
    fc.assert(
      fc.property(tables(ROUTE_KEYS, ROUTE), (ROUTES) => {
        const hostile = envWith({}, {}, { ROUTES });
        const before = fc.stringify(hostile);
        expect(compile(hostile)).toEqual(compile(hostile));
        expect(fc.stringify(hostile)).toBe(before);
      }),
      { numRuns: 200 },
    );
  });

  const cyclic: Record<string, unknown> = {};
  cyclic.self = cyclic;
  const trapped = new Proxy(
    {},
    {
      get: () => {
        throw new Error('trap');
      },
      has: () => {
        throw new Error('trap');
      },
    },
  );
  let deep: unknown = [];
  for (let depth = 0; depth < 20_000; depth++) deep = [deep];

  it.each<[string, unknown]>([
    ['a cycle', cyclic],
    ['a big integer', { a: 1n }],
    [
      'a getter that throws',
      Object.defineProperty({}, 'a', {
        enumerable: true,
        get: () => {
          throw new Error('trap');
        },
      }),
    ],
    ['toJSON', { toJSON: () => 'x' }],
    ['toJSON that gives nothing', { toJSON: () => undefined }],
    ['depth', { a: deep }],
    ['a key __proto__', JSON.parse('{"__proto__":{"path":"/*"}}')],
    ['a key __proto__ within', JSON.parse('{"a":{"headers":{"__proto__":"sub"}}}')],
    ['null', null],
    ['a symbol', Symbol.iterator],
    ['a function', () => 1],
  ])('%s in place of tables', (_, value) => {
    for (const variable of ['ISSUERS', 'ROUTES_B', 'GATEWAY']) {
      const result = compile(envWith({}, {}, { [variable]: value }));
      expect(result.ok).toBe(false);
    }
  });

  it('survives bindings that throw when looked at', () => {
    const result = compile(envWith({}, { origin: 'service:TRAP' }, { TRAP: trapped }));
    expect(result).toMatchObject({ ok: false, error: [{ path: 'ROUTES.orders.origin' }] });
  });
});
