import { describe, expect, it } from 'vitest';
import { compiled, envWith, problemsOf, type Table } from './rules.ts';

const SECRETS = { ORIGIN_KEY: 'k-0123456789', TWO_LINES: 'a\nb', EMPTY: '' };
const upstreamOf = (route: Table) => compiled(envWith({}, route, SECRETS)).policy.routes[0]?.upstream;

describe('the path to the origin', () => {
  it.each<[Table, unknown]>([
    [{}, undefined],
    [{ origin: 'https://o.example/base' }, { base: '/base', replaced: 0, segments: [] }],
    [{ origin: 'https://o.example/a/b%20c' }, { base: '/a/b%20c', replaced: 0, segments: [] }],
    [{ strip_prefix: '/orders' }, { base: '', replaced: 1, segments: [] }],
    [
      { path: '/api/v1/orders', strip_prefix: '/api/v1' },
      { base: '', replaced: 2, segments: [] },
    ],
    [{ rewrite: '/v2/o/*' }, { base: '', replaced: 1, segments: ['v2', 'o'] }],
    [{ rewrite: '/*' }, { base: '', replaced: 1, segments: [] }],
    [
      { path: '/a/b', rewrite: '/c' },
      { base: '', replaced: 2, segments: ['c'] },
    ],
    [
      { path: '/a/b', rewrite: '/' },
      { base: '', replaced: 2, segments: [] },
    ],
    [
      { path: '/*', rewrite: '/v2/*', origin: 'https://o.example/x' },
      { base: '/x', replaced: 0, segments: ['v2'] },
    ],
    [
      { path: '/u/:a/:b', rewrite: '/v/:a/w/:b' },
      { base: '', replaced: 3, segments: ['v', 1, 'w', 2] },
    ],
    [
      { path: '/u/:a/:b', rewrite: '/v/:b/w/:a' },
      { base: '', replaced: 3, segments: ['v', 2, 'w', 1], reorders: true },
    ],
  ])('%j', (route, path) => {
    expect(upstreamOf(route)?.path).toEqual(path);
  });

  it('keeps the base out of the origin', () => {
    expect(upstreamOf({ origin: 'https://o.example/base' })?.origin).toEqual({
      kind: 'url',
      origin: 'https://o.example',
    });
  });
});

describe('what the origin is asked as, and with which certificate', () => {
  it.each<[Table, unknown]>([
    [
      { origin: 'service:ORDERS', origin_host: 'client' },
      { kind: 'service', binding: 'ORDERS', host: 'client' },
    ],
    [
      { origin: 'service:ORDERS', origin_host: 'o.example' },
      { kind: 'service', binding: 'ORDERS', host: 'o.example' },
    ],
    [
      { origin: 'https://o.example', mtls: 'ORDERS' },
      { kind: 'url', origin: 'https://o.example', mtls: 'ORDERS' },
    ],
  ])('%j', (route, origin) => {
    expect(upstreamOf(route)?.origin).toEqual(origin);
  });
});

describe('headers', () => {
  it('are compiled in three lists', () => {
    const edits = {
      set: { 'X-Api-Key': { secret: 'ORIGIN_KEY' }, 'X-Real-IP': { request: 'client_address' } },
      append: { 'Accept-Language': 'en' },
      remove: ['Cookie', 'X_Debug'],
    };
    expect(upstreamOf({ request_headers: edits })?.requestHeaders).toEqual({
      remove: new Set(['cookie', 'x-debug']),
      set: [
        { header: 'X-Api-Key', value: { from: 'secret', binding: 'ORIGIN_KEY' } },
        { header: 'X-Real-IP', value: { from: 'request', part: 'client_address' } },
      ],
      append: [{ header: 'Accept-Language', value: { from: 'text', text: 'en' } }],
    });
  });

  it('that a route sets are stripped from clients everywhere, unless they have a standard meaning', () => {
    const set = { 'X-Api-Key': { secret: 'ORIGIN_KEY' }, 'User-Agent': 'gateway' };
    const { mappedHeaders } = compiled(envWith({}, { request_headers: { set } }, SECRETS)).policy;
    expect([...mappedHeaders]).toEqual(['x-api-key']);
  });

  it('hold no secret', () => {
    const set = { 'X-Api-Key': { secret: 'ORIGIN_KEY' } };
    expect(JSON.stringify(upstreamOf({ request_headers: { set } }))).not.toContain(SECRETS.ORIGIN_KEY);
  });

  it('take all claims, or a list joined', () => {
    const headers = { 'X-Payload': { payload: 'base64url' }, 'X-Roles': { claim: 'roles', join: ',' } };
    expect(upstreamOf({ headers })?.headers).toMatchObject([
      { header: 'X-Payload', payload: true },
      { header: 'X-Roles', claim: ['roles'], type: 'array', join: ',', payload: false },
    ]);
  });
});

describe('mistakes', () => {
  const request = (edits: Table): Table => ({ request_headers: edits });
  const response = (edits: Table): Table => ({ response_headers: edits });
  const set = (name: string, value: unknown = 'x') => request({ set: { [name]: value } });

  it.each<[Table, string, string]>([
    [{ origin: 'https://o.example/base/' }, 'origin', 'did you mean "https://o.example/base"?'],
    [{ origin: 'https://o.example/a/../b' }, 'origin', 'everybody reads alike'],
    [{ origin: 'https://o.example/a%2fb' }, 'origin', 'everybody reads alike'],
    [{ origin: 'https://o.example//a' }, 'origin', '"https://host'],
    [{ origin: 'https://o.example/a?b' }, 'origin', '"https://host'],
    [{ strip_prefix: '/api' }, 'strip_prefix', 'whole segments'],
    [{ strip_prefix: '/ord' }, 'strip_prefix', 'whole segments'],
    [{ strip_prefix: 'orders' }, 'strip_prefix', 'whole segments'],
    [{ strip_prefix: '/' }, 'strip_prefix', 'whole segments'],
    [{ strip_prefix: '/orders', rewrite: '/v2/*' }, 'strip_prefix', 'one of the two'],
    [{ rewrite: '/v2' }, 'rewrite', 'did you mean "/v2/*"?'],
    [{ path: '/orders', rewrite: '/v2/*' }, 'rewrite', 'without "/*"'],
    [{ rewrite: '/../*' }, 'rewrite', 'everybody reads alike'],
    [{ rewrite: '/a//b/*' }, 'rewrite', 'everybody reads alike'],
    [{ rewrite: '/a?b=c/*' }, 'rewrite', 'everybody reads alike'],
    [{ rewrite: 'v2/*' }, 'rewrite', 'everybody reads alike'],
    [{ rewrite: '/v2/:id/*' }, 'rewrite', 'it has none'],
    [{ path: '/u/:id', rewrite: '/v2/:no' }, 'rewrite', ':id'],
    [{ authentication: 'none', end_with_token: true }, 'end_with_token', 'nobody is known'],
    [{ mtls: 'ABSENT' }, 'mtls', 'mtls_certificates'],
    [{ origin: 'service:ORDERS', mtls: 'ORDERS' }, 'mtls', 'beside an https origin'],
    [{ origin_host: 'client' }, 'origin_host', 'X-Forwarded-Host'],
    [{ origin: 'service:ORDERS', origin_host: 'a b' }, 'origin_host', 'host name'],
    [{ max_body: -1 }, 'max_body', 'a whole number'],
    [request({}), 'request_headers', 'set, append or remove'],
    [request({ add: {} }), 'request_headers.add', 'an unknown key'],
    [set('Host'), 'request_headers.set.Host', 'frames'],
    [set('Content-Length'), 'request_headers.set.Content-Length', 'frames'],
    [set('content_length'), 'request_headers.set.content_length', 'frames'],
    [set('Transfer-Encoding'), 'request_headers.set.Transfer-Encoding', 'frames'],
    [set('Connection'), 'request_headers.set.Connection', 'frames'],
    [set('Upgrade'), 'request_headers.set.Upgrade', 'frames'],
    [set('X-Forwarded-For'), 'request_headers.set.X-Forwarded-For', 'does not write itself'],
    [set('X-Portcullis-Omitted'), 'request_headers.set.X-Portcullis-Omitted', 'does not write itself'],
    [set('CF-Ray'), 'request_headers.set.CF-Ray', 'does not write itself'],
    [set('Sec-WebSocket-Key'), 'request_headers.set.Sec-WebSocket-Key', 'does not write itself'],
    [set('User_Agent'), 'request_headers.set.User_Agent', 'standard spelling'],
    [set('X Y'), 'request_headers.set."X Y"', 'RFC 9110'],
    [set('X-A', 'a\r\nb'), 'request_headers.set.X-A', 'text'],
    [set('X-A', 'é'), 'request_headers.set.X-A', 'text'],
    [set('X-A', ' a'), 'request_headers.set.X-A', 'text'],
    [set('X-A', ''), 'request_headers.set.X-A', 'text'],
    [set('X-A', {}), 'request_headers.set.X-A', 'one of secret and request'],
    [set('X-A', { secret: 'ORIGIN_KEY', request: 'host' }), 'request_headers.set.X-A', 'one of'],
    [set('X-A', { request: 'cookie' }), 'request_headers.set.X-A.request', '"method"'],
    [set('X-A', { secret: 'ABSENT' }), 'request_headers.set.X-A.secret', 'no secret of this name'],
    [set('X-A', { secret: 'TWO_LINES' }), 'request_headers.set.X-A.secret', 'no header can carry'],
    [set('X-A', { secret: 'EMPTY' }), 'request_headers.set.X-A.secret', 'no header can carry'],
    [
      set('X-A', { secret: 'q8Zr5Kx2Wm7Np4' }),
      'request_headers.set.X-A.secret',
      'looks like a secret itself',
    ],
    [request({ set: { 'X-A': 'b' }, remove: ['x_a'] }), 'request_headers.set.X-A', 'once'],
    [request({ remove: ['X-Real-IP'] }), 'request_headers.remove[0]', 'removed anyway'],
    [{ ...set('X-User'), headers: { x_user: 'sub' } }, 'request_headers.set.X-User', 'no claim'],
    [
      { ...set('Authorization', { secret: 'ORIGIN_KEY' }), forward_token: true },
      'request_headers.set.Authorization',
      'forward_token',
    ],
    [
      { ...set('X-Goog-IAP-JWT-Assertion'), keep_headers: ['X-Goog-IAP-JWT-Assertion'] },
      'request_headers.set.X-Goog-IAP-JWT-Assertion',
      'keep_headers',
    ],
    [{ ...set('Remote-User'), keep_headers: ['Remote-User'] }, 'keep_headers[0]', 'clients could write'],
    [
      response({ set: { 'X-A': { secret: 'ORIGIN_KEY' } } }),
      'response_headers.set.X-A.secret',
      'in a response',
    ],
    [
      {
        ...response({ set: { 'Access-Control-Allow-Origin': '*' } }),
        cors: { origins: ['https://app.example.com'] },
      },
      'response_headers.set.Access-Control-Allow-Origin',
      'cors',
    ],
    [response({ set: { 'Set-Cookie': 'a=b' } }), 'response_headers.set.Set-Cookie', 'does not write'],
    [response({ set: { 'Content-Encoding': 'gzip' } }), 'response_headers.set.Content-Encoding', 'frames'],
    [{ headers: { 'X-P': { payload: 'base64url', claim: 'sub' } } }, 'headers.X-P.claim', 'all claims'],
    [{ headers: { 'X-P': { payload: 'json' } } }, 'headers.X-P.payload', 'base64url'],
    [{ headers: { 'X-R': { claim: 'roles', join: '%' } } }, 'headers.X-R.join', '","'],
    [{ headers: { 'X-R': { claim: 'roles', join: ',', type: 'string' } } }, 'headers.X-R.type', '"array"'],
  ])('%j', (route, key, words) => {
    const problems = problemsOf(envWith({}, route, SECRETS));
    expect(problems.map(({ path }) => path)).toContain(`ROUTES.orders.${key}`);
    expect(problems).toHaveLength(1);
    expect(JSON.stringify(problems).replaceAll('\\"', '"')).toContain(words);
    for (const secret of ['k-0123456789', 'q8Zr5Kx2Wm7Np4'])
      expect(JSON.stringify(problems)).not.toContain(secret);
  });
});

describe('signed identity', () => {
  const SIGNING = { issuer: 'https://api.example', sealing_keys: ['IDENTITY_SECRET'] };
  const withSigning = (route: Table, gateway: Table = { signed_identity: SIGNING }, rest: Table = {}) =>
    envWith({}, route, {
      ...SECRETS,
      GATEWAY: gateway,
      IDENTITY_SECRET: 'i'.repeat(32),
      SHORT: 'short',
      IDENTITY_KEYS: {},
      ...rest,
    });

  it.each<[Table, unknown]>([
    [
      { signed_identity: true },
      {
        header: 'X-Portcullis-Identity',
        audience: 'https://orders.example',
        insteadOfHeaders: false,
        covered: ['x-portcullis-omitted', 'x-portcullis-authenticated'],
      },
    ],
    [
      { origin: 'service:ORDERS', signed_identity: {}, headers: { 'X-User': 'sub' } },
      {
        header: 'X-Portcullis-Identity',
        audience: 'https://ORDERS.internal',
        insteadOfHeaders: false,
        covered: ['x-user', 'x-portcullis-omitted', 'x-portcullis-authenticated'],
      },
    ],
    [
      {
        origin: 'https://o.example:8443/base',
        headers: { 'X-User': 'sub' },
        signed_identity: { header: 'X-Id', audience: 'orders', instead_of_headers: true },
      },
      {
        header: 'X-Id',
        audience: 'orders',
        insteadOfHeaders: true,
        covered: ['x-user', 'x-portcullis-omitted', 'x-portcullis-authenticated'],
      },
    ],
  ])('%j', (route, signed) => {
    const { policy } = compiled(withSigning(route));
    expect(policy.routes[0]?.upstream.signedIdentity).toEqual(signed);
    expect(policy.signing).toEqual({ issuer: 'https://api.example', sealing: ['IDENTITY_SECRET'] });
  });

  it('is none where the route says false', () => {
    expect(upstreamOf({ signed_identity: false })?.signedIdentity).toBeUndefined();
  });

  const signed = { signed_identity: true };
  it.each<[Table, Table, Table, string, string]>([
    [signed, {}, {}, 'GATEWAY.signed_identity', 'nothing'],
    [{}, { signed_identity: SIGNING }, {}, 'GATEWAY.signed_identity', 'none has it'],
    [
      signed,
      { signed_identity: SIGNING },
      { IDENTITY_KEYS: undefined },
      'IDENTITY_KEYS',
      'IdentityKeysObject',
    ],
    [
      signed,
      { signed_identity: { ...SIGNING, sealing_keys: ['SHORT'] } },
      {},
      'GATEWAY.signed_identity.sealing_keys[0]',
      '32 characters',
    ],
    [
      signed,
      { signed_identity: { ...SIGNING, sealing_keys: ['ABSENT'] } },
      {},
      'GATEWAY.signed_identity.sealing_keys[0]',
      'no secret of that name',
    ],
    [
      signed,
      { signed_identity: { issuer: 'https://a.example' } },
      {},
      'GATEWAY.signed_identity.sealing_keys',
      'nothing',
    ],
    [
      signed,
      { signed_identity: { sealing_keys: ['IDENTITY_SECRET'] } },
      {},
      'GATEWAY.signed_identity.issuer',
      'nothing',
    ],
    [
      signed,
      { signed_identity: { ...SIGNING, issuer: 'gateway' } },
      {},
      'GATEWAY.signed_identity.issuer',
      'https URL',
    ],
    [
      { signed_identity: { header: 'Authorization' } },
      { signed_identity: SIGNING },
      {},
      'ROUTES.orders.signed_identity.header',
      'of your own',
    ],
    [
      { signed_identity: { header: 'X-Id' }, headers: { x_id: 'sub' } },
      { signed_identity: SIGNING },
      {},
      'ROUTES.orders.signed_identity.header',
      'nothing else',
    ],
    [
      { signed_identity: { instead_of_headers: true } },
      { signed_identity: SIGNING },
      {},
      'ROUTES.orders.signed_identity.instead_of_headers',
      'no headers',
    ],
    [
      { signed_identity: true, authentication: 'none' },
      { signed_identity: SIGNING },
      {},
      'ROUTES.orders.signed_identity',
      'nobody is known',
    ],
  ])('%j with %j and %j is refused', (route, gateway, rest, path, words) => {
    const problems = problemsOf(withSigning(route, gateway, rest));
    expect(problems.map((each) => each.path)).toEqual([path]);
    expect(JSON.stringify(problems)).toContain(words);
  });
});
