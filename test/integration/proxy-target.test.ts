import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { echo, type Origin, type ReceivedRequest, startOrigin } from '../fixtures/origin.ts';
import { exchange, type RawResponse, requestBytes } from '../fixtures/raw-http.ts';
import { type Gateway, startGateway } from '../fixtures/workerd.ts';

let origin: Origin;
let gateway: Gateway;

beforeAll(async () => {
  origin = await startOrigin();
  gateway = await startGateway({
    vars: {
      ISSUERS: {},
      ROUTES: {
        all: { path: '/*', origin: origin.url, authentication: 'none', revocation: { mode: 'off' } },
        bound: {
          path: '/bound/*',
          origin: 'service:ORDERS',
          authentication: 'none',
          revocation: { mode: 'off' },
        },
      },
    },
    services: { ORDERS: `127.0.0.1:${origin.port}` },
    revocationObject: false,
  });
});

afterEach(() => origin.respondWith(echo));

afterAll(async () => {
  await gateway?.stop();
  await origin?.stop();
});

/** Sends one request and returns the answer and whatever reached the origin because of it. */
async function pass(
  method: string,
  target: string,
  headers: readonly (readonly [string, string])[] = [],
  body = '',
): Promise<{ readonly response: RawResponse | undefined; readonly arrived: readonly ReceivedRequest[] }> {
  const before = origin.received.length;
  const bytes = requestBytes(method, target, [['Host', 'api.test'], ...headers], body);
  const [response] = await exchange(gateway.port, bytes);
  return { response, arrived: origin.received.slice(before) };
}

const originHost = () => `127.0.0.1:${origin.port}`;

describe('the target arrives byte for byte, at the configured host', () => {
  it.each([
    '/',
    '/a',
    '/a/',
    '/a/b/c.json',
    "/a'b",
    '/a:b@c',
    '/@evil.test',
    '/:80/x',
    '/evil.test:80',
    '/http:/evil.test',
    '/~a!$&()*+,=',
    '/.well-known/x',
    '/a..b',
    '/%C3%A9',
    '/a%20b',
    '/a%27b',
    '/a?',
    '/a?x=1&x=2&y',
    '/a?x=/../..//b',
    '/a?x=?',
    '/a?x=%zz&y=%',
    '/a?x=[1]{2}|^`',
    '/a?x=\\..\\',
    '/a?next=https://evil.test/@x',
  ])('%s', async (target) => {
    const { arrived } = await pass('GET', target);
    expect(arrived.map((request) => [request.method, request.target, request.values('host')])).toEqual([
      ['GET', target, [originHost()]],
    ]);
  });

  it("a raw ' in the query arrives as %27, which the URL standard makes of it", async () => {
    const { arrived } = await pass('GET', "/a?x='1'");
    expect(arrived[0]?.target).toBe('/a?x=%271%27');
  });

  it.each([
    '//evil.test/x',
    '/a//b',
    '/\\evil.test',
    '/a\\b',
    '/a/../b',
    '/a/./b',
    '/a/%2e%2e/b',
    '/a%2Fb',
    '/a%5Cb',
    '/a%00',
    '/%zz',
    '/a"b',
    '/\xc3\xa9',
    '/...',
  ])('%s either arrives as it is or not at all', async (target) => {
    const { arrived } = await pass('GET', target);
    for (const request of arrived) {
      expect([request.target, request.values('host')]).toEqual([target, [originHost()]]);
    }
  });
});

describe('what the runtime reads before the gateway does', () => {
  it.each([
    ['/a#b@evil.test', '/a'],
    ['http://evil.test/x', '/x'],
  ])('%s can name no other origin', async (target, path) => {
    const { arrived } = await pass('GET', target);
    expect(arrived.map((request) => [request.target, request.values('host')])).toEqual([
      [path, [originHost()]],
    ]);
  });
});

describe('a service binding', () => {
  it('is asked under its own name, whatever host the client used', async () => {
    const { arrived } = await pass('POST', '/bound/x?y=1', [['Content-Length', '2']], 'hi');
    expect(arrived).toHaveLength(1);
    expect(arrived[0]).toMatchObject({ method: 'POST', target: '/bound/x?y=1', body: 'hi' });
    expect(arrived[0]?.values('host')).toEqual(['orders.internal']);
    expect(arrived[0]?.values('x-forwarded-host')).toEqual(['api.test']);
  });
});

describe('the method and the content', () => {
  it.each(['POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS', 'PROPFIND', 'QUERY'])(
    '%s with content',
    async (method) => {
      const { arrived } = await pass(method, '/a', [['Content-Length', '5']], 'hello');
      expect(arrived).toHaveLength(1);
      expect(arrived[0]).toMatchObject({ method, body: 'hello', framing: 'content-length' });
    },
  );

  it.each(['POST', 'PUT', 'PATCH', 'DELETE'])('%s without content', async (method) => {
    const { arrived } = await pass(method, '/a');
    expect(arrived).toHaveLength(1);
    expect(arrived[0]).toMatchObject({ method, body: '' });
  });

  it('chunks arrive as chunks', async () => {
    const chunks = '3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n';
    const { arrived } = await pass('POST', '/a', [['Transfer-Encoding', 'chunked']], chunks);
    expect(arrived[0]).toMatchObject({ body: 'abcde', framing: 'chunked' });
  });

  it.each([
    ['GET', 'Content-Length', '5', 'hello'],
    ['GET', 'Transfer-Encoding', 'chunked', '5\r\nhello\r\n0\r\n\r\n'],
    ['GET', 'Transfer-Encoding', 'chunked', '0\r\n\r\n'],
    ['GET', 'Content-Length', '05', 'hello'],
    ['HEAD', 'Content-Length', '5', 'hello'],
  ])('content in %s (%s: %s) has no meaning and is refused', async (method, name, value, body) => {
    const { arrived, response } = await pass(method, '/a', [[name, value]], body);
    expect(arrived).toEqual([]);
    expect(response?.status).toBe(400);
    expect(response?.header('content-type')).toBe('application/problem+json');
    await gateway.logged(({ reason }) => reason === 'content_unexpected');
  });

  it.each(['0', '00'])('a length of %s in GET is no content', async (length) => {
    const { arrived } = await pass('GET', '/a', [['Content-Length', length]]);
    expect(arrived).toHaveLength(1);
    expect(arrived[0]).toMatchObject({ method: 'GET', framing: 'none', body: '' });
  });

  it('content is passed on as it is, whatever it says it is', async () => {
    const { arrived } = await pass(
      'POST',
      '/a',
      [
        ['Content-Encoding', 'gzip'],
        ['Content-Type', 'application/json; charset=utf-7'],
        ['Content-Length', '4'],
      ],
      '\x1f\x8b\x00\xff',
    );
    expect(arrived[0]?.body).toBe('\x1f\x8b\x00\xff');
    expect(arrived[0]?.values('content-encoding')).toEqual(['gzip']);
    expect(arrived[0]?.values('content-type')).toEqual(['application/json; charset=utf-7']);
  });

  const handshake = [
    ['Connection', 'Upgrade'],
    ['Upgrade', 'websocket'],
    ['Sec-WebSocket-Version', '13'],
    ['Sec-WebSocket-Key', 'dGhlIHNhbXBsZSBub25jZQ=='],
  ] as const;

  it.each(['POST', 'PUT', 'DELETE', 'PATCH', 'OPTIONS', 'HEAD'])(
    '%s with Upgrade: websocket keeps its method and is no upgrade',
    async (method) => {
      const { arrived } = await pass(method, '/a', [...handshake, ['Content-Length', '0']]);
      expect(arrived.map((request) => request.method)).toEqual([method]);
      expect(arrived[0]?.values('upgrade')).toEqual([]);
    },
  );

  it.each(['h2c', 'websocket, h2c', 'h2c, websocket', 'TLS/1.0', 'websocketx'])(
    'Upgrade: %s is not passed on',
    async (protocol) => {
      const { arrived } = await pass('GET', '/a', [
        ['Connection', 'Upgrade'],
        ['Upgrade', protocol],
      ]);
      expect(arrived).toHaveLength(1);
      expect(arrived[0]?.values('upgrade')).toEqual([]);
    },
  );
});

describe("a request's cache directives", () => {
  it('are not added: the origin sees none where the client sent none', async () => {
    const { arrived } = await pass('GET', '/a');
    expect(arrived).toHaveLength(1);
    expect(arrived[0]?.values('cache-control')).toEqual([]);
    expect(arrived[0]?.values('pragma')).toEqual([]);
  });

  it.each([
    ['Cache-Control', 'max-age=60'],
    ['Cache-Control', 'no-cache'],
    ['Pragma', 'no-cache'],
  ])("are the client's own: %s: %s", async (name, value) => {
    const { arrived } = await pass('GET', '/a', [[name, value]]);
    const sent = ['cache-control', 'pragma'].map((each) => [each, arrived[0]?.values(each)]);
    expect(Object.fromEntries(sent)).toEqual({
      'cache-control': [],
      pragma: [],
      [name.toLowerCase()]: [value],
    });
  });
});
