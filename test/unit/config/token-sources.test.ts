import { describe, expect, it } from 'vitest';
import { compilePolicy } from '../../../src/config/compile.ts';
import { envWith, problemsOf, RULES, type Table } from './rules.ts';

const COOKIE = { cookie: '__Host-access' };
const LOGIN = 'https://login.example/?return_to={url}';

function compiled(route: Table) {
  const result = compilePolicy(envWith({}, route), RULES);
  if (!result.ok) throw new Error(JSON.stringify(result.error));
  const [compiledRoute] = result.value.policy.routes;
  if (compiledRoute === undefined) throw new Error('no route');
  return { route: compiledRoute, warnings: result.value.warnings };
}

describe('token_sources', () => {
  it.each<[readonly unknown[], readonly object[]]>([
    [['bearer'], [{ kind: 'bearer' }]],
    [
      [{ header: 'Cf-Access-Jwt-Assertion' }],
      [{ kind: 'header', name: 'cf-access-jwt-assertion', scheme: undefined, padded: false }],
    ],
    [
      ['bearer', { header: 'Authorization', scheme: 'Token' }],
      [{ kind: 'bearer' }, { kind: 'header', name: 'authorization', scheme: 'token', padded: false }],
    ],
    [
      [{ header: 'X-Amzn-Oidc-Data', padded: true }],
      [{ kind: 'header', name: 'x-amzn-oidc-data', scheme: undefined, padded: true }],
    ],
    [
      [{ ...COOKIE, allowed_origins: ['https://app.example', 'http://localhost:3000'] }],
      [
        {
          kind: 'cookie',
          name: '__Host-access',
          allowedOrigins: new Set(['https://app.example', 'http://localhost:3000']),
        },
      ],
    ],
    [[{ query: 'access_token' }], [{ kind: 'query', name: 'access_token' }]],
    [[{ websocket_protocol: 'bearer' }], [{ kind: 'websocket_protocol', name: 'bearer', form: 'next' }]],
    [
      [{ websocket_protocol: 'base64url.bearer.authorization.k8s.io.' }],
      [{ kind: 'websocket_protocol', name: 'base64url.bearer.authorization.k8s.io.', form: 'rest' }],
    ],
  ])('%j', (token_sources, sources) => {
    const { access, upstream } = compiled({ token_sources }).route;
    expect(access.sources).toEqual(sources);
    const others = sources.filter((source) => !('kind' in source) || source.kind !== 'bearer');
    expect(upstream.consumes).toEqual(others.length === 0 ? undefined : others);
  });

  it('is a bearer token where nothing is said, and costs the route nothing', () => {
    const { access, upstream, login } = compiled({}).route;
    expect([access.sources, access.multipleTokens]).toEqual([[{ kind: 'bearer' }], undefined]);
    expect([upstream.consumes, upstream.tellAuthenticated, login]).toEqual([undefined, undefined, undefined]);
  });

  it('has an order where the route names one', () => {
    const token_sources = ['bearer', COOKIE];
    expect(compiled({ token_sources, multiple_tokens: 'first' }).route.access.multipleTokens).toBe('first');
    expect(
      compiled({ token_sources, multiple_tokens: 'refuse' }).route.access.multipleTokens,
    ).toBeUndefined();
  });

  it.each<[Table, string, string[]]>([
    [{ token_sources: [] }, 'token_sources', ['an empty list']],
    [{ token_sources: 'bearer' }, 'token_sources', ['["bearer"]']],
    [{ token_sources: ['Bearer'] }, 'token_sources[0]', ['did you mean "bearer"?']],
    [{ token_sources: ['cookie'] }, 'token_sources[0]', ['{ cookie = "…" }']],
    [{ token_sources: [{}] }, 'token_sources[0]', ['no place']],
    [{ token_sources: [{ ...COOKIE, query: 'a' }] }, 'token_sources[0]', ['cookie and query', 'exactly one']],
    [
      { token_sources: [{ cokie: 'a' }] },
      'token_sources[0].cokie',
      ['an unknown key', 'did you mean "cookie"?'],
    ],
    [{ token_sources: ['bearer', 'bearer'] }, 'token_sources[1]', ['a second time']],
    [{ token_sources: [COOKIE, COOKIE] }, 'token_sources[1]', ['"__Host-access" a second time']],
    [{ token_sources: [{ query: 't-x' }, { query: 'T_x' }] }, 'token_sources[1]', ['a second time']],
    [
      { token_sources: ['bearer', { header: 'Authorization' }] },
      'token_sources[1]',
      ['"authorization" a second time'],
    ],
    [
      {
        token_sources: [
          { header: 'X-A', scheme: 'B' },
          { header: 'x-a', scheme: 'b' },
        ],
      },
      'token_sources[1]',
      ['a second time'],
    ],
    [{ token_sources: [{ header: 'X_Token' }] }, 'token_sources[0].header', ['letters, digits']],
    [{ token_sources: [{ header: 'X Token' }] }, 'token_sources[0].header', ['a header name']],
    ...[
      'Cookie',
      'Host',
      'Connection',
      'Proxy-Authorization',
      'Sec-WebSocket-Protocol',
      'X-Forwarded-For',
    ].map((header): [Table, string, string[]] => [
      { token_sources: [{ header }] },
      'token_sources[0].header',
      ['without another meaning'],
    ]),
    [
      { token_sources: [{ header: 'authorization', scheme: 'BEARER' }] },
      'token_sources[0]',
      ['"bearer", which is this'],
    ],
    [{ token_sources: [{ header: 'X-A', scheme: 'a b' }] }, 'token_sources[0].scheme', ['"Token"']],
    [{ token_sources: [{ ...COOKIE, scheme: 'Token' }] }, 'token_sources[0].scheme', ['beside header']],
    [{ token_sources: [{ ...COOKIE, padded: true }] }, 'token_sources[0].padded', ['beside header']],
    [
      { token_sources: [{ query: 't', allowed_origins: ['https://a.example'] }] },
      'token_sources[0].allowed_origins',
      ['beside cookie'],
    ],
    [{ token_sources: [{ cookie: '__host-a' }] }, 'token_sources[0].cookie', ['"__Host-"']],
    [{ token_sources: [{ cookie: '__SECURE-a' }] }, 'token_sources[0].cookie', ['"__Secure-"']],
    ...['', 'a b', 'a;b', 'a=b', 'a,b', 'a"b', 'ä', 'a%20'].map((cookie): [Table, string, string[]] => [
      { token_sources: [{ cookie }] },
      'token_sources[0].cookie',
      ['a cookie name'],
    ]),
    ...[
      '*',
      'https://a.example/',
      'https://A.example',
      'https://a.example:443',
      'a.example',
      'null',
      'http://a.example',
      'https://*.a.example',
      'app://a',
    ].map((origin): [Table, string, string[]] => [
      { token_sources: [{ ...COOKIE, allowed_origins: [origin] }] },
      'token_sources[0].allowed_origins[0]',
      ['as a browser writes them'],
    ]),
    ...['', 'a.b', '1a', 'a b', 'a[]', 'a%5F'].map((query): [Table, string, string[]] => [
      { token_sources: [{ query }] },
      'token_sources[0].query',
      ['a query parameter'],
    ]),
    [
      { token_sources: [{ websocket_protocol: 'a b' }] },
      'token_sources[0].websocket_protocol',
      ['subprotocol'],
    ],
    [
      { token_sources: [{ websocket_protocol: 'bearer' }], methods: ['POST'] },
      'token_sources[0]',
      ['without GET'],
    ],
    [{ multiple_tokens: 'first' }, 'multiple_tokens', ['beside one token source']],
    [{ token_sources: [COOKIE], multiple_tokens: 'refuse' }, 'multiple_tokens', ['beside one token source']],
    [
      { token_sources: ['bearer', COOKIE], multiple_tokens: 'last' },
      'multiple_tokens',
      ['"refuse", "first"'],
    ],
    [
      {
        token_sources: ['bearer', { header: 'Cf-Access-Jwt-Assertion' }],
        multiple_tokens: 'first',
        keep_headers: ['Cf-Access-Jwt-Assertion'],
      },
      'keep_headers',
      ['verified by nobody', 'forward_token'],
    ],
    [{ authentication: 'none', token_sources: ['bearer'] }, 'token_sources', ['nobody is known']],
    [{ authentication: 'none', multiple_tokens: 'first' }, 'multiple_tokens', ['nobody is known']],
    [
      { authentication: 'none', on_unauthenticated: { redirect: LOGIN } },
      'on_unauthenticated',
      ['nobody is known'],
    ],
  ])('%j is refused', (route, key, words) => {
    const problems = problemsOf(envWith({}, route));
    expect(problems.map(({ path }) => path)).toEqual([`ROUTES.orders.${key}`]);
    const { found = '', allowed = '', hint = '' } = problems[0] ?? {};
    for (const word of words) expect(`${found} | ${allowed} | ${hint}`).toContain(word);
  });

  it.each<[Table, string[]]>([
    [{ query: 'access_token' }, ['ROUTES.orders.token_sources[0].query']],
    [{ cookie: 'access' }, ['ROUTES.orders.token_sources[0].cookie']],
    [{ cookie: 'a__Host-access' }, ['ROUTES.orders.token_sources[0].cookie']],
    [{ cookie: '__Host-access' }, []],
    [{ cookie: '__Secure-access' }, []],
    [{ websocket_protocol: 'bearer' }, []],
  ])('%j is warned of: %j', (source, paths) => {
    expect(compiled({ token_sources: [source] }).warnings.map(({ path }) => path)).toEqual(paths);
  });
});

describe('ROUTE_DEFAULTS', () => {
  const ROUTE_DEFAULTS = {
    token_sources: ['bearer', COOKIE],
    multiple_tokens: 'first',
    on_unauthenticated: { redirect: LOGIN },
  };

  it('say for all routes where tokens stand, but for those that ask for none', () => {
    const ROUTES = {
      app: { path: '/app', origin: 'https://a.example' },
      open: { path: '/open', origin: 'https://a.example', authentication: 'none' },
    };
    const result = compilePolicy(envWith({}, {}, { ROUTES, ROUTE_DEFAULTS }), RULES);
    expect(result).toMatchObject({
      ok: true,
      value: {
        policy: {
          routes: [
            {
              access: { sources: [{ kind: 'bearer' }, { kind: 'cookie' }], multipleTokens: 'first' },
              login: { after: '' },
            },
            { access: { sources: [] } },
          ],
        },
      },
    });
  });
});

describe('authentication = "optional"', () => {
  it('has all that a route with tokens has, and tells the origin', () => {
    const { access, upstream } = compiled({ authentication: 'optional', scope: ['a'] }).route;
    expect([access.authentication, access.profiles.size, access.revocation.mode]).toEqual([
      'optional',
      1,
      'strict',
    ]);
    expect(upstream.tellAuthenticated).toBe(true);
  });

  it('needs an issuer', () => {
    const env = { ...envWith({}, { authentication: 'optional' }), ISSUERS: undefined };
    expect(problemsOf(env).map(({ path }) => path)).toEqual(['ISSUERS']);
  });
});

describe('on_unauthenticated', () => {
  it.each([
    ['https://login.example/?return_to={url}', 'https://login.example/?return_to=', ''],
    ['https://login.example/a/b?x=1&rd={url}&y=2', 'https://login.example/a/b?x=1&rd=', '&y=2'],
    ['http://localhost:8080/login?u={url}', 'http://localhost:8080/login?u=', ''],
  ])('%s', (redirect, before, after) => {
    expect(compiled({ on_unauthenticated: { redirect } }).route.login).toEqual({ before, after });
  });

  it.each([
    'https://login.example/',
    'https://login.example/{url}',
    'https://{url}/?a=b',
    '{url}',
    '/login?u={url}',
    'http://login.example/?u={url}',
    'https://login.example/?u={url}&v={url}',
    'https://login.example/?u={path}',
    'https://login.example/?u={url}#x',
    'https://login.example/#?u={url}',
    'https://login.example/?u=https://{url}',
    'https://login.example/?u=x{url}',
    'https://login.example/?u={url}x',
    'https://login.example/?{url}',
    'https://login.example/? u={url}',
    'https://l\u00f6gin.example/?u={url}',
    'https://login.example\\@evil.example/?u={url}',
    'https://user:TOP-SECRET@login.example/?u={url}',
    'javascript:alert(1)?u={url}',
    'https://login.example/?u={url}\r\nSet-Cookie: a=b',
  ])('%j is refused', (redirect) => {
    const problems = problemsOf(envWith({}, { on_unauthenticated: { redirect } }));
    expect(problems.map(({ path }) => path)).toEqual(['ROUTES.orders.on_unauthenticated.redirect']);
    expect(JSON.stringify(problems)).not.toContain('TOP-SECRET');
  });

  it('needs to say where', () => {
    const post = problemsOf(envWith({}, { on_unauthenticated: { redirect: LOGIN }, methods: ['POST'] }));
    expect(post.map(({ path, allowed }) => [path, allowed])).toEqual([
      ['ROUTES.orders.on_unauthenticated', 'GET among the methods'],
    ]);
    const problems = problemsOf(envWith({}, { on_unauthenticated: {} }));
    expect(problems).toMatchObject([{ path: 'ROUTES.orders.on_unauthenticated.redirect', found: 'nothing' }]);
  });
});
