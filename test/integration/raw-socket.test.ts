import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { send } from '../fixtures/client.ts';
import { issuerTable } from '../fixtures/deployment.ts';
import { type Issuer, startIssuer } from '../fixtures/issuer.ts';
import { type Origin, type ReceivedRequest, startOrigin } from '../fixtures/origin.ts';
import { exchange, type RawResponse, rawRequest, requestBytes } from '../fixtures/raw-http.ts';
import { readings } from '../fixtures/readings.ts';
import { type Gateway, startGateway } from '../fixtures/workerd.ts';

/** What lies open, and what only a token opens: apart, so that a bypass shows as a request in the wrong place. */
let open: Origin;
let guarded: Origin;
/** Where a request must never go: it is in no configuration. */
let elsewhere: Origin;
let issuer: Issuer;
let gateway: Gateway;

beforeAll(async () => {
  [open, guarded, elsewhere, issuer] = await Promise.all([
    startOrigin(),
    startOrigin(),
    startOrigin(),
    startIssuer(),
  ]);
  gateway = await startGateway({
    vars: {
      ISSUERS: { main: issuerTable(issuer) },
      ROUTES: {
        public: { path: '/public/*', origin: open.url, authentication: 'none' },
        orders: {
          path: '/orders/*',
          origin: guarded.url,
          issuers: ['main'],
          headers: { 'X-User-Id': 'sub' },
          revocation: { mode: 'off' },
        },
        inner: {
          path: '/public/inner/*',
          origin: guarded.url,
          issuers: ['main'],
          revocation: { mode: 'off' },
        },
        named: { path: '/*', host: 'open.test', origin: open.url, authentication: 'none' },
        named_orders: {
          path: '/*',
          host: 'guarded.test',
          origin: guarded.url,
          issuers: ['main'],
          revocation: { mode: 'off' },
        },
      },
    },
  });
});

afterAll(async () => {
  await gateway?.stop();
  await Promise.all([open, guarded, elsewhere, issuer].map((server) => server?.stop()));
});

const since = { open: 0, guarded: 0, events: 0 };

beforeEach(async () => {
  // Whatever a test before this one has sent has arrived when this has, on however busy a machine.
  await send(gateway, 'GET', '/public/before');
  since.open = open.received.length;
  since.guarded = guarded.received.length;
  since.events = requestEvents();
});

const requestEvents = () => gateway.logs().filter((line) => line.event === 'request').length;
const atOpen = (): readonly ReceivedRequest[] => open.received.slice(since.open);
const settled = () => new Promise((resolve) => setTimeout(resolve, 15));

/** All that came back within the time; an endless wait or a closed connection is as good as a refusal here. */
const answers = (bytes: string, responses = 2): Promise<RawResponse[]> =>
  exchange(gateway.port, bytes, { responses, timeoutMs: 150 }).catch(() => []);

/** Nothing behind a token, nothing outside the configuration, no request that the gateway has not decided on. */
async function expectNoBypass() {
  expect(guarded.received.slice(since.guarded).map(({ target }) => target)).toEqual([]);
  expect(elsewhere.received).toEqual([]);
  // An event may come through the log some time after its request came through the gateway.
  await expect.poll(() => requestEvents() - since.events).toBeGreaterThanOrEqual(atOpen().length);
  for (const request of atOpen()) {
    expect(request.values('host')).toEqual([`127.0.0.1:${open.port}`]);
    for (const reading of readings(request.target))
      expect(reading).toMatch(/^\/public(\/(?!inner(\/|$))|$)/i);
    expect(
      request.headers.filter(([name]) => name.toLowerCase().replace(/[^a-z0-9]/g, '-') === 'x-user-id'),
    ).toEqual([]);
  }
}

const STEPS_BACK = [
  '../',
  '..%2f',
  '..%2F',
  '%2e%2e/',
  '%2E%2E/',
  '.%2e/',
  '%2e./',
  '%2e%2e%2f',
  '..%5c',
  '..%5C',
  '..\\',
  '%2e%2e\\',
  '%2e%2e%5c',
  '..;/',
  '..;a=b/',
  '..%3b/',
  ';/../',
  ';x/../',
  '..%00/',
  '..\x00/',
  '..%09/',
  '..\t/',
  '..%0d/',
  '..%0a/',
  '..%20/',
  '%20../',
  '..%c0%af',
  '..%c1%9c',
  '..%e0%80%af',
  '..%f0%80%80%af',
  '%c0%ae%c0%ae/',
  '..%252f',
  '%252e%252e/',
  '%252e%252e%252f',
  '..%255c',
  '..%25252f',
  '..%u002f',
  '..%u2215',
  '%u002e%u002e/',
  '..%ef%bc%8f',
  '%ef%bc%8e%ef%bc%8e/',
  '..%e2%88%95',
  '..%e2%81%84',
  '.%e2%80%8b./',
  '..%ad/',
  './../',
  '/../',
  '//../',
  '././../',
  'x/../../',
  'x/..%2f../',
  'x%2f../../',
  'x%2f..%2f..%2f',
  '..%2f..%2f',
  '%2e%2e%2f%2e%2e%2f',
  '..%',
  '..%2',
  '..%zz/',
  '..%2g',
  '...//',
  '.../',
  '..#/',
  '..%23/',
  '..%3f/',
  '..?/',
  '..\xc0\xaf',
  '\xef\xbc\x8e\xef\xbc\x8e/',
  '..\xad/',
  '..\x7f/',
  '..\x80/',
  '..|/',
  '..^/',
  "..'/",
  '..\u0060/',
  '..{/',
  '..</',
  '.. /',
];

describe('paths', () => {
  it.each(STEPS_BACK)('/public/%jorders/1 does not lead out of /public', async (step) => {
    for (const target of [
      `/public/${step}orders/1`,
      `/public/x/${step}inner/1`,
      `/public${step}`,
      `/public/${step}`,
    ]) {
      const before = open.received.length;
      await answers(requestBytes('GET', target, [['Host', 'api.test']]), 1);
      for (const request of open.received.slice(before)) expect(request.target).toBe(target);
    }
    await expectNoBypass();
  });

  it.each([
    '//orders/1',
    '///orders/1',
    '/%2forders/1',
    '/./orders/1',
    '/%2e/orders/1',
    '/public/../orders/1',
    '/orders;x/1',
    '/orders%2f1',
    '/orders%5c1',
    '/%6frders/1',
    '/orders/%31',
    '/orders//1',
    '/orders/./1',
    '/orders/1%00',
    '/orders/1;a',
    '/public/%2finner/1',
    '/public//inner/1',
    '/public/inner%2f1',
    '/public/%69nner/1',
    '/public/./inner/1',
    '/public/inner;/1',
    '/public/;/inner/1',
    '/public/inner;x%2F1',
    '/public/inner%3b/1',
    '/public/inner%252f1',
    '/public/inner%25252f1',
    '/public/inner%5c1',
    '/public/inner./1',
    '/public/inner%20/1',
    '/public/inner::$INDEX_ALLOCATION/1',
    '/public/inner:$I30:$INDEX_ALLOCATION/1',
    '/public/inner%3Fx',
    '/public/inner%23x',
    '/public/INNER/1',
    '/public/%2569nner/1',
    '/public/%C4%B1nner/1',
    '/public/%C4%B0nner/1',
    '/public/%EF%BD%89nner/1',
    '/public/in%E2%80%8Bner/1',
    '/public/%C3%ADnner/1',
    '/public%EF%BC%8Finner/1',
    '/public/x/.%252e/inner/1',
    '/public/a^b',
    '/public/{a}',
    '/public/caf\xc3\xa9',
    '/.portcullis',
    '/.Portcullis/status',
    '/%2Eportcullis/status',
    '/.portcullis/%68ealth',
    '/.%70ortcullis/health?/.portcullis',
    '//.portcullis/health',
    '/.portcullis;x/health',
    '/.portcullis%2Fhealth',
    '/public/inner%00/1',
    '/public\\inner/1',
    '\\public/x',
    '/\\elsewhere',
    '/public/x\\..\\..\\orders',
    '/pub%6cic/x',
    '/publi%63/x',
    '/%70%75%62%6c%69%63/x',
    'public/x',
    'orders/1',
    '',
    '?',
    '#',
    '*',
    '/*',
    '/#/public/x',
  ])('%j is refused or is nothing', async (target) => {
    const [response] = await answers(requestBytes('GET', target, [['Host', 'api.test']]), 1);
    expect([400, 401, 404, 501, undefined]).toContain(response?.status);
    await expectNoBypass();
    expect(atOpen()).toEqual([]);
  });

  it.each(['/public/x#/../../orders/1', '/public/x#inner', '/public/#'])(
    '%j: a fragment never reaches an origin',
    async (target) => {
      await answers(requestBytes('GET', target, [['Host', 'api.test']]), 1);
      await expectNoBypass();
      for (const request of atOpen()) expect(request.target).not.toContain('#');
    },
  );

  it('the case of a path is the path: another case is another resource', async () => {
    for (const target of ['/PUBLIC/x', '/Orders/1', '/oRders/1']) {
      const response = await rawRequest(gateway.port, requestBytes('GET', target, [['Host', 'api.test']]));
      expect(response.status).toBe(404);
    }
    await expectNoBypass();
  });

  it.each([
    '/public',
    '/public/',
    '/public/x',
    '/public/a.b/c..d/...e',
    '/public/%C3%A9',
    '/public/a%20b',
    '/public/~u/@v/$w/!x',
    '/public/x?q=%2e%2e%2f&r=../../orders',
    '/public/caf%c3%A9',
    '/public//orders',
    '/public///',
    '/public/a%2Fb',
    '/public/a%2fb%5cc',
    '/public/a%252Fb/%7Eme/a%2Db',
    '/public/cars;color=red;year=2020/wheels;side=left',
    '/public/a|b/[c]',
    '/public/x::$DATA',
    '/public/%E2%80%8B%EF%BC%8F%C3%9F',
    '/public/a%3Fb%23c%3Bd',
    '/public/x?',
    '/public/x?a=1?b=2',
    '/public/x?url=//elsewhere/',
    '/public/x?%00',
    '/public/insider/1',
    '/public/x?#',
    `/public/${'a'.repeat(4_000)}`,
  ])('%j arrives as it was sent', async (target) => {
    const response = await rawRequest(gateway.port, requestBytes('GET', target, [['Host', 'api.test']]));
    expect(response.status).toBe(200);
    expect(atOpen().map((request) => request.target.replace(/\?$/, ''))).toEqual([
      target.replace(/#.*$/, '').replace(/\?$/, ''),
    ]);
    await expectNoBypass();
  });
});

describe('absolute and authority targets', () => {
  // The runtime drops scheme and authority of an absolute target and keeps Host (RFC 9112 §3.2.2 would do the reverse).
  it.each<readonly [string, () => string]>([
    ['elsewhere', () => `${elsewhere.url}/public/x`],
    ['the guarded origin', () => `${guarded.url}/public/x`],
    ['with credentials in it', () => `http://api.test@127.0.0.1:${elsewhere.port}/public/x`],
    ['with another scheme', () => `ftp://127.0.0.1:${elsewhere.port}/public/x`],
    ['with a host that has an open route', () => 'http://open.test/public/x'],
  ])('an absolute target, %s, goes where its path and Host go', async (_name, target) => {
    await answers(requestBytes('GET', target(), [['Host', 'api.test']]), 1);
    await answers(requestBytes('GET', target().replace('/public', '/orders'), [['Host', 'api.test']]), 1);
    await answers(requestBytes('GET', target(), [['Host', 'guarded.test']]), 1);
    await expectNoBypass();
    for (const request of atOpen()) {
      expect(request.target).toBe('/public/x');
      expect(request.values('x-forwarded-host')).toEqual(['api.test']);
    }
  });

  it.each<readonly [string, string, () => string]>([
    ['GET', 'scheme-relative', () => `//127.0.0.1:${elsewhere.port}/public/x`],
    ['GET', 'scheme-relative with an extra slash', () => `///127.0.0.1:${elsewhere.port}/public/x`],
    ['GET', 'at sign first', () => `@127.0.0.1:${elsewhere.port}/public/x`],
    ['GET', 'dot first', () => `.127.0.0.1:${elsewhere.port}/public/x`],
    ['GET', 'port first', () => `:${elsewhere.port}/public/x`],
    ['GET', 'a file', () => 'file:///etc/passwd'],
    ['GET', 'a script', () => 'javascript:alert(1)'],
    ['CONNECT', 'a tunnel', () => `127.0.0.1:${elsewhere.port}`],
    ['OPTIONS', 'the server itself', () => '*'],
  ])('%s, %s: goes nowhere', async (method, _name, target) => {
    const [response] = await answers(requestBytes(method, target(), [['Host', 'api.test']]), 1);
    // CONNECT never reaches a Worker: the runtime itself answers 500.
    expect([400, 404, 405, 501, method === 'CONNECT' ? 500 : undefined, undefined]).toContain(
      response?.status,
    );
    await expectNoBypass();
    expect(atOpen()).toEqual([]);
  });
});

describe('Host', () => {
  const hosts = [
    'api.test/public/x?',
    'api.test/public/x#',
    'api.test/public',
    'api.test/',
    'api.test?',
    'api.test#',
    'api.test\\',
    'user@api.test',
    'user:pass@api.test',
    '@api.test',
    'api.test, open.test',
    'api.test,open.test',
    'open.test ,',
    'api.test:80:80',
    'api.test:99999',
    'api.test:-1',
    'api.test:8o',
    ':80',
    '[::1',
    '::1',
    '[::1]x',
    'api..test',
    '.api.test',
    'api.test..',
    'api test',
    'api\ttest',
    'api%2etest',
    'open%2etest',
    '%6fpen.test',
    'open.test%00',
    'open.test\x00',
    'öpen.test',
    'open\xe3\x80\x82test',
    'open.test/',
    'open.test?',
    'open.test#',
    'open.test\\',
    'x@open.test',
    'http://open.test',
    '//open.test',
    '',
    ' ',
    '.',
    '..',
    '/',
    '*',
    "'",
    '"',
    '<',
    '0x7f.1',
    '127.1',
    '2130706433',
    'a'.repeat(300),
  ];

  it.each(hosts)('%j is no host, and no request under it arrives anywhere', async (host) => {
    for (const target of ['/orders/1', '/public/x', '/']) {
      const [response] = await answers(requestBytes('GET', target, [['Host', host]]), 1);
      expect([400, 401, 404, undefined]).toContain(response?.status);
    }
    await expectNoBypass();
    expect(atOpen()).toEqual([]);
  });

  it.each([
    ['two hosts, the open one first', ['open.test', 'guarded.test']],
    ['two hosts, the open one last', ['guarded.test', 'open.test']],
    ['the same host twice', ['open.test', 'open.test']],
    ['none', []],
  ])('%s: nothing arrives', async (_name, values) => {
    const headers = values.map((value) => ['Host', value] as const);
    const [response] = await answers(requestBytes('GET', '/x', headers), 1);
    expect([400, 404, undefined]).toContain(response?.status);
    await expectNoBypass();
    expect(atOpen()).toEqual([]);
  });

  it.each(['GUARDED.TEST', 'guarded.test:8443', 'Guarded.Test:80', 'guarded.test.'])(
    '%j is the guarded host or no host',
    async (host) => {
      const response = await rawRequest(gateway.port, requestBytes('GET', '/x', [['Host', host]]));
      expect([400, 401, 404]).toContain(response.status);
      await expectNoBypass();
    },
  );

  it.each([
    'X-Forwarded-Host',
    'X-Host',
    'Forwarded',
    'X-Original-Host',
    'X-Original-URL',
    'X-Rewrite-URL',
    'X-Forwarded-Uri',
  ])('%s changes no decision', async (name) => {
    const response = await rawRequest(
      gateway.port,
      requestBytes('GET', '/orders/1', [
        ['Host', 'api.test'],
        [name, name.endsWith('Host') ? 'open.test' : '/public/x'],
        ['X-HTTP-Method-Override', 'OPTIONS'],
        ['User-Agent', 'kube-probe'],
      ]),
    );
    expect(response.status).toBe(401);
    await expectNoBypass();
  });
});

const SMUGGLED = 'GET /orders/smuggled HTTP/1.1\r\nHost: api.test\r\nX-User-Id: root\r\n\r\n';
const chunked = (text: string) => `${text.length.toString(16)}\r\n${text}\r\n0\r\n\r\n`;

describe('message framing', () => {
  const framings: readonly (readonly [name: string, headers: string, body: string])[] = [
    [
      'Content-Length and Transfer-Encoding',
      'Content-Length: 4\r\nTransfer-Encoding: chunked',
      chunked(SMUGGLED),
    ],
    [
      'Transfer-Encoding and Content-Length',
      'Transfer-Encoding: chunked\r\nContent-Length: 5',
      `0\r\n\r\n${SMUGGLED}`,
    ],
    ['two lengths', `Content-Length: 0\r\nContent-Length: ${SMUGGLED.length}`, SMUGGLED],
    ['two lengths, the long one first', `Content-Length: ${SMUGGLED.length}\r\nContent-Length: 0`, SMUGGLED],
    ['a list of lengths', `Content-Length: 0, ${SMUGGLED.length}`, SMUGGLED],
    ['a length with a sign', 'Content-Length: +0', SMUGGLED],
    ['a negative length', 'Content-Length: -1', SMUGGLED],
    ['a length in hex', 'Content-Length: 0x0', SMUGGLED],
    ['a length with a space in it', 'Content-Length: 0 1', SMUGGLED],
    ['an empty length', 'Content-Length: ', SMUGGLED],
    ['a length beyond 64 bits', 'Content-Length: 18446744073709551616', SMUGGLED],
    ['a space before the colon', 'Content-Length : 0\r\nTransfer-Encoding : chunked', SMUGGLED],
    ['another coding', 'Transfer-Encoding: xchunked', chunked(SMUGGLED)],
    ['a coding after chunked', 'Transfer-Encoding: chunked, identity', chunked(SMUGGLED)],
    ['chunked twice', 'Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked', chunked(SMUGGLED)],
    [
      'chunked and identity on two lines',
      'Transfer-Encoding: identity\r\nTransfer-Encoding: chunked',
      chunked(SMUGGLED),
    ],
    ['chunked in quotes', 'Transfer-Encoding: "chunked"', chunked(SMUGGLED)],
    ['chunked after a vertical tab', 'Transfer-Encoding: \x0bchunked', chunked(SMUGGLED)],
    ['chunked on a folded line', 'Transfer-Encoding:\r\n chunked', chunked(SMUGGLED)],
    [
      'an underscore',
      `Transfer_Encoding: chunked\r\nContent-Length: ${chunked(SMUGGLED).length}`,
      chunked(SMUGGLED),
    ],
    ['a chunk size in words', 'Transfer-Encoding: chunked', `zz\r\n${SMUGGLED}\r\n0\r\n\r\n`],
    ['a negative chunk size', 'Transfer-Encoding: chunked', `-1\r\n${SMUGGLED}\r\n0\r\n\r\n`],
    [
      'a chunk size beyond 64 bits',
      'Transfer-Encoding: chunked',
      `1${'0'.repeat(16)}\r\n${SMUGGLED}\r\n0\r\n\r\n`,
    ],
    [
      'a chunk extension with a line feed',
      'Transfer-Encoding: chunked',
      `2;\nxx\r\nab\r\n0\r\n\r\n${SMUGGLED}`,
    ],
    ['bare line feeds after chunks', 'Transfer-Encoding: chunked', `2\nab\n0\n\n${SMUGGLED}`],
    ['a trailer that is a header', 'Transfer-Encoding: chunked', '0\r\nX-User-Id: root\r\n\r\n'],
    ['a request behind the body', 'Content-Length: 2', `ab${SMUGGLED}`],
    ['a body that is a request', `Content-Length: ${SMUGGLED.length}`, SMUGGLED],
    ['a chunked body that is a request', 'Transfer-Encoding: chunked', chunked(SMUGGLED)],
    [
      'an upgrade to HTTP/2',
      'Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAAA',
      SMUGGLED,
    ],
    ['an expectation', `Expect: 100-continue\r\nContent-Length: ${SMUGGLED.length}`, SMUGGLED],
    [
      'an upgrade to WebSocket',
      'Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==',
      SMUGGLED,
    ],
  ];

  it.each(framings)(
    '%s: nothing in the body becomes a request at an origin',
    async (_name, headers, body) => {
      for (const method of ['POST', 'GET', 'HEAD']) {
        await answers(`${method} /public/x HTTP/1.1\r\nHost: api.test\r\n${headers}\r\n\r\n${body}`);
      }
      await settled();
      await expectNoBypass();
      for (const request of atOpen()) expect(request.target).toBe('/public/x');
    },
  );

  it.each([
    ['a bare line feed', 'X-A: b\nX-User-Id: root'],
    ['a bare carriage return', 'X-A: b\rX-User-Id: root'],
    ['a folded line', 'X-A: b\r\n X-User-Id: root'],
    ['a folded identity header', 'X-User-Id:\r\n root'],
    ['a space before the colon', 'X-User-Id : root'],
    ['a tab before the colon', 'X-User-Id\t: root'],
    ['a space first', ' X-User-Id: root'],
    ['a NUL in the name', 'X-User-Id\x00: root'],
    ['a NUL in the value', 'X-A: b\x00\r\nX-User-Id: root'],
    ['a no-break space in the name', 'X-User-Id\xa0: root'],
    ['a colon in the name', ':X-User-Id: root'],
    ['an empty name', ': root\r\nX-User-Id: root'],
    ['an underscore', 'X_User_Id: root'],
    ['dots and others', 'X.User.Id: root\r\nX~User~Id: root\r\nX!User!Id: root\r\nX*User|Id: root'],
  ])('%s cannot smuggle an identity in', async (_name, header) => {
    await answers(`GET /public/x HTTP/1.1\r\nHost: api.test\r\n${header}\r\n\r\n`, 1);
    await settled();
    await expectNoBypass();
    for (const request of atOpen()) {
      expect(request.values('x-user-id')).toEqual([]);
      expect(request.headers.filter(([name, value]) => /user/i.test(name) && value.includes('root'))).toEqual(
        [],
      );
    }
  });

  it.each([
    ['HTTP/1.0', 'GET /orders/1 HTTP/1.0\r\nHost: api.test\r\n\r\n'],
    ['HTTP/0.9', 'GET /orders/1\r\n\r\n'],
    ['HTTP/2 preface', 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n'],
    ['a version from the future', 'GET /orders/1 HTTP/9.9\r\nHost: api.test\r\n\r\n'],
    ['line feeds only', 'GET /orders/1 HTTP/1.1\nHost: api.test\n\n'],
    ['tabs for spaces', 'GET\t/orders/1\tHTTP/1.1\r\nHost: api.test\r\n\r\n'],
    ['two spaces', 'GET  /orders/1  HTTP/1.1\r\nHost: api.test\r\n\r\n'],
    ['a space in the target', 'GET /public/x /orders/1 HTTP/1.1\r\nHost: api.test\r\n\r\n'],
    ['a line feed in the target', 'GET /public/x\n/orders/1 HTTP/1.1\r\nHost: api.test\r\n\r\n'],
    ['a carriage return in the target', 'GET /public/x\r/orders/1 HTTP/1.1\r\nHost: api.test\r\n\r\n'],
    ['an unknown method', 'GETT /orders/1 HTTP/1.1\r\nHost: api.test\r\n\r\n'],
    ['a lower-case method', 'get /orders/1 HTTP/1.1\r\nHost: api.test\r\n\r\n'],
    ['TLS', '\x16\x03\x01\x00\xa5\x01\x00\x00\xa1\x03\x03'],
  ])('%s gets nothing from behind the gateway', async (_name, bytes) => {
    await answers(bytes);
    await settled();
    await expectNoBypass();
  });

  it('pipelined requests are decided one by one, each on its own credentials', async () => {
    const token = await issuer.sign();
    const get = (target: string, headers: readonly (readonly [string, string])[] = []) =>
      requestBytes('GET', target, [['Host', 'api.test'], ...headers]);
    const bytes = [
      get('/orders/1', [['Authorization', `Bearer ${token}`]]),
      get('/orders/2'),
      get('/public/3'),
      get('/orders/4', [['Authorization', 'Bearer e30.e30.e30']]),
    ].join('');
    const responses = await exchange(gateway.port, bytes, { responses: 4 });
    expect(responses.map(({ status }) => status)).toEqual([200, 401, 200, 401]);
    expect(guarded.received.slice(since.guarded).map(({ target }) => target)).toEqual(['/orders/1']);
  });
});

describe('after all this', () => {
  it('the gateway still answers, and a token still opens', async () => {
    const token = await issuer.sign();
    const response = await rawRequest(
      gateway.port,
      requestBytes('GET', '/orders/1', [
        ['Host', 'api.test'],
        ['Authorization', `Bearer ${token}`],
      ]),
    );
    expect(response.status).toBe(200);
  });
});
