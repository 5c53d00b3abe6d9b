import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { AUDIENCE, type Issuer, startIssuer } from '../fixtures/issuer.ts';
import { Listener } from '../fixtures/listener.ts';
import { echo, type Origin, type ReceivedRequest, reply, startOrigin } from '../fixtures/origin.ts';
import { exchange, openSocket, type RawResponse, requestBytes } from '../fixtures/raw-http.ts';
import { type Gateway, startGateway } from '../fixtures/workerd.ts';

let issuer: Issuer;
let origin: Origin;
let gateway: Gateway;

const KEY = 'origin-key-0123456789';

beforeAll(async () => {
  issuer = await startIssuer();
  origin = await startOrigin();
  const open = { authentication: 'none', revocation: { mode: 'off' } };
  const guarded = { revocation: { mode: 'off' }, origin: origin.url };
  gateway = await startGateway({
    vars: {
      ISSUERS: { main: { issuer: issuer.url, audience: [AUDIENCE], algorithms: ['ES256', 'RS256'] } },
      ROUTES: {
        based: { ...open, path: '/based/*', origin: `${origin.url}/base` },
        stripped: { ...open, path: '/api/v1/*', strip_prefix: '/api', origin: `${origin.url}/base` },
        bare: { ...open, path: '/bare/*', strip_prefix: '/bare', origin: origin.url },
        rewritten: { ...open, path: '/old/*', rewrite: '/new/deep/*', origin: origin.url },
        user: { ...open, path: '/users/:id', rewrite: '/v2/people/:id', origin: origin.url },
        items: {
          ...open,
          path: '/users/:id/items/*',
          rewrite: '/items/:id/of/*',
          origin: `${origin.url}/base`,
        },
        swapped: {
          ...open,
          path: '/swapped/:id/:kind/*',
          rewrite: '/:kind/:id/*',
          origin: origin.url,
        },
        exact: { ...open, path: '/one', rewrite: '/two', origin: origin.url },
        as_client: { ...open, path: '/as-client', origin: 'service:ORDERS', origin_host: 'client' },
        as_named: { ...open, path: '/as-named', origin: 'service:ORDERS', origin_host: 'orders.example' },
        certified: { ...open, path: '/certified', origin: 'https://real.example', mtls: 'CERTIFIED' },
        edited: {
          ...open,
          path: '/edited/*',
          origin: origin.url,
          request_headers: {
            set: {
              'X-Api-Key': { secret: 'ORIGIN_KEY' },
              'X-Env': 'prod',
              Authorization: { secret: 'ORIGIN_KEY' },
              'X-Asked': { request: 'host' },
              'X-Asked-Path': { request: 'path' },
              'X-Asked-Method': { request: 'method' },
              'X-Asked-Scheme': { request: 'scheme' },
              'X-Real-IP': { request: 'client_address' },
            },
            append: { 'Accept-Language': 'en' },
            remove: ['Cookie', 'X-Debug'],
          },
          response_headers: {
            set: { 'Strict-Transport-Security': 'max-age=63072000' },
            append: { 'Set-Cookie': 'seen=1', Vary: 'Authorization' },
            remove: ['Server', 'X-Powered-By'],
          },
        },
        limited: { ...open, path: '/limited', origin: origin.url, max_body: 10 },
        payload: {
          ...guarded,
          path: '/payload',
          headers: {
            'X-Payload': { payload: 'base64url' },
            'X-Roles': { claim: 'roles', join: ',' },
          },
        },
      },
    },
    secrets: { ORIGIN_KEY: KEY },
    services: { ORDERS: `127.0.0.1:${origin.port}`, CERTIFIED: `127.0.0.1:${origin.port}` },
    revocationObject: false,
  });
});

afterEach(() => origin.respondWith(echo));

afterAll(async () => {
  await gateway?.stop();
  await Promise.all([origin?.stop(), issuer?.stop()]);
});

type Headers = readonly (readonly [string, string])[];

async function pass(
  target: string,
  headers: Headers = [],
  { method = 'GET', body = '' } = {},
): Promise<{ readonly response: RawResponse | undefined; readonly arrived: readonly ReceivedRequest[] }> {
  const before = origin.received.length;
  const bytes = requestBytes(method, target, [['Host', 'api.test'], ...headers], body);
  const [response] = await exchange(gateway.port, bytes);
  return { response, arrived: origin.received.slice(before) };
}

describe('the path at the origin', () => {
  it.each([
    ['/based', '/base/based'],
    ['/based/', '/base/based/'],
    ['/based/a%20b/c?x=1&x=2', '/base/based/a%20b/c?x=1&x=2'],
    ['/api/v1', '/base/v1'],
    ['/api/v1/orders/7?q=/api/v1', '/base/v1/orders/7?q=/api/v1'],
    ['/bare', '/'],
    ['/bare/', '/'],
    ['/bare?x', '/?x'],
    ['/bare/bare/x', '/bare/x'],
    ['/old/a', '/new/deep/a'],
    ['/old', '/new/deep'],
    ['/one?x=1', '/two?x=1'],
    ['/users/7', '/v2/people/7'],
    ['/users/a%20b', '/v2/people/a%20b'],
    ['/users/7/items/x/y', '/base/items/7/of/x/y'],
    ['/swapped/7/a%20b/x%2Fy', '/a%20b/7/x%2Fy'],
  ])('%s becomes %s', async (target, path) => {
    const { arrived } = await pass(target);
    expect(arrived.map((request) => [request.target, request.values('host')])).toEqual([
      [path, [`127.0.0.1:${origin.port}`]],
    ]);
  });

  it.each([
    '/based/..',
    '/based/../admin',
    '/based/%2e%2e/admin',
    '/based/..%2fadmin',
    '/based/x%2f..%2f..%2fadmin',
    '/based/..%5cadmin',
    '/based/%252e%252e/admin',
    '/based/..;/admin',
    '/based/%00',
    '/bare/../../etc/passwd',
    '/bare/%2e%2e%2fetc',
    '/old/..%2f..%2fadmin',
    '/users/..',
    '/users/%2e%2e',
    '/users/..%2fadmin',
    '/users/a%2fb',
    '/users/../items/x',
    '/users/%2e%2e/items/x',
    '/api/v1/../v2',
    '/api/v1%2f..%2f..%2fx',
  ])('%s never leaves the base', async (target) => {
    const { arrived, response } = await pass(target);
    expect(arrived).toEqual([]);
    expect([400, 404]).toContain(response?.status);
  });

  it.each(['/swapped/7/a%2F8/x', '/swapped/7/a%5c8/x', '/swapped/7/a%3F/x'])(
    '%s would move another segment into the place of a parameter',
    async (target) => {
      const { arrived, response } = await pass(target);
      expect(arrived).toEqual([]);
      expect(response?.status).toBe(400);
    },
  );

  it('a path that becomes too long by it is refused', async () => {
    const { arrived, response } = await pass(`/old/${'a'.repeat(8_192 - 5)}`);
    expect([arrived, response?.status]).toEqual([[], 400]);
  });

  it('cannot name another host', async () => {
    for (const target of ['/bare//evil.test/x', '/bare/@evil.test', '/bare/:80']) {
      const { arrived } = await pass(target);
      for (const request of arrived) expect(request.values('host')).toEqual([`127.0.0.1:${origin.port}`]);
    }
  });
});

describe('what comes back', () => {
  const own = () => origin.url;
  it.each([
    ['/based/x', () => '/base/login', '/login'],
    ['/based/x', () => '/base', '/'],
    ['/based/x', () => '/other', '/other'],
    ['/based/x', () => '/basement', '/basement'],
    ['/based/x', () => `${own()}/base/a?b=c#d`, 'http://api.test/a?b=c#d'],
    ['/based/x', () => `//127.0.0.1:${origin.port}/base/a`, 'http://api.test/a'],
    ['/based/x', () => 'https://elsewhere.example/base/a', 'https://elsewhere.example/base/a'],
    ['/based/x', () => '/base//evil.test', 'http://api.test//evil.test'],
    ['/based/x', () => 'y', '/based/y'],
    ['/api/v1/a/b', () => '../c', '/api/v1/c'],
    ['/api/v1/a', () => '/base/v1/b', '/api/v1/b'],
    ['/bare/x', () => '/', '/bare'],
    ['/bare/x', () => '/y', '/bare/y'],
    ['/old/x', () => '/new/deep/y', '/old/y'],
    ['/old/x', () => '/new/y', '/new/y'],
    ['/one', () => '/two/7', '/one/7'],
    ['/users/7/items/x', () => '/base/items/7/of/y', '/users/7/items/y'],
    ['/users/7/items/x', () => '/base/items/8/of/y', '/base/items/8/of/y'],
    ['/based/x', () => 'http://[', 'http://['],
    ['/limited', () => `${own()}/a`, undefined],
  ])('%s: a Location comes back as one the client knows, case %#', async (target, location, mapped) => {
    const given = location();
    origin.respondWith(
      reply(302, [
        ['Location', given],
        ['Content-Location', given],
      ]),
    );
    const { response } = await pass(target);
    expect([response?.header('location'), response?.header('content-location')]).toEqual([
      mapped ?? given,
      mapped ?? given,
    ]);
  });

  it.each([
    ['/based/x', 'a=b; Path=/base; Secure', 'a=b; Path=/; Secure'],
    ['/based/x', 'a=b; path = /base/x', 'a=b; path = /x'],
    ['/based/x', 'a=b; Path=/', 'a=b; Path=/'],
    ['/based/x', 'a=b; Path=/basement', 'a=b; Path=/basement'],
    ['/based/x', 'a=b', 'a=b'],
    ['/api/v1/x', 'a=/base; Path=/base/v1', 'a=/base; Path=/api/v1'],
    ['/bare/x', 'a=b; Path=/; HttpOnly', 'a=b; Path=/bare; HttpOnly'],
    ['/bare/x', '__Host-a=b; Path=/; Secure', '__Host-a=b; Path=/; Secure'],
  ])('%s: the cookie %s', async (target, cookie, mapped) => {
    origin.respondWith(
      reply(200, [
        ['Set-Cookie', 'first=1'],
        ['Set-Cookie', cookie],
      ]),
    );
    const { response } = await pass(target);
    const cookies = response?.headers.filter(([name]) => name === 'set-cookie').map(([, value]) => value);
    expect(cookies).toEqual(['first=1', mapped]);
  });
});

describe('what the origin is asked as', () => {
  it.each([
    ['/as-client', 'api.test'],
    ['/as-named', 'orders.example'],
    ['/certified', 'real.example'],
  ])('%s: %s', async (target, host) => {
    const { arrived } = await pass(target);
    expect(arrived.map((request) => request.values('host'))).toEqual([[host]]);
  });
});

describe('headers', () => {
  it('are set, appended and removed, whatever the client sent', async () => {
    const { arrived, response } = await pass('/edited/a%20b?q', [
      ['X-Api-Key', 'guess'],
      ['X_Api_Key', 'guess'],
      ['Authorization', 'Bearer client'],
      ['X-Env', 'test'],
      ['X-Real-IP', '192.0.2.1'],
      ['Cookie', 'a=b'],
      ['x_debug', '1'],
      ['X-Debug', '1'],
      ['Accept-Language', 'de'],
      ['X-Other', 'stays'],
    ]);
    expect(response?.status).toBe(200);
    const [request] = arrived;
    const values = (name: string) => request?.values(name);
    expect({
      key: [values('x-api-key'), values('x_api_key'), values('authorization')],
      env: values('x-env'),
      asked: [values('x-asked'), values('x-asked-path'), values('x-asked-method'), values('x-asked-scheme')],
      address: values('x-real-ip'),
      gone: [values('cookie'), values('x_debug'), values('x-debug')],
      language: values('accept-language')?.join(', '),
      other: values('x-other'),
    }).toEqual({
      key: [[KEY], [], [KEY]],
      env: ['prod'],
      asked: [['api.test'], ['/edited/a%20b'], ['GET'], ['http']],
      address: [],
      gone: [[], [], []],
      language: 'de, en',
      other: ['stays'],
    });
  });

  it('that a route sets reach no other route from a client', async () => {
    const { arrived } = await pass('/bare/x', [
      ['X-Api-Key', 'guess'],
      ['X.Api.Key', 'guess'],
    ]);
    expect([arrived[0]?.values('x-api-key'), arrived[0]?.values('x.api.key')]).toEqual([[], []]);
  });

  it('of the response are changed, and no secret is in it or in the log', async () => {
    origin.respondWith(
      reply(
        200,
        [
          ['Server', 'x/1'],
          ['X-Powered-By', 'y'],
          ['Vary', 'Accept'],
          ['Set-Cookie', 'a=b'],
        ],
        'body',
      ),
    );
    const { response } = await pass('/edited/x');
    const all = (name: string) => response?.headers.filter(([key]) => key === name).map(([, value]) => value);
    expect([
      all('server'),
      all('x-powered-by'),
      all('strict-transport-security'),
      all('vary')?.join(', '),
      all('set-cookie'),
      response?.body,
    ]).toEqual([[], [], ['max-age=63072000'], 'Accept, Authorization', ['a=b', 'seen=1'], 'body']);
    expect(JSON.stringify(response)).not.toContain(KEY);
    expect(gateway.output()).not.toContain(KEY);
  });

  it('carry all claims, and a joined list', async () => {
    const claims = { sub: 'ada-é', roles: ['a b', 'c'] };
    const token = await issuer.sign(claims);
    const { arrived } = await pass('/payload', [
      ['Authorization', `Bearer ${token}`],
      ['X-Payload', 'e30'],
    ]);
    const [payload = ''] = arrived[0]?.values('x-payload') ?? [];
    expect(JSON.parse(Buffer.from(payload, 'base64url').toString())).toMatchObject(claims);
    expect(arrived[0]?.values('x-roles')).toEqual(['a b,c']);
  });

  it('name a list that cannot be joined, and do not send it', async () => {
    const token = await issuer.sign({ roles: ['a,b', 'c'] });
    const { arrived } = await pass('/payload', [['Authorization', `Bearer ${token}`]]);
    expect(arrived[0]?.values('x-roles')).toEqual([]);
    expect(arrived[0]?.values('x-portcullis-omitted')).toEqual(['X-Roles']);
  });
});

describe('max_body', () => {
  const chunked: Headers = [['Transfer-Encoding', 'chunked']];
  const chunks = (...texts: string[]) =>
    `${texts.map((text) => `${text.length.toString(16)}\r\n${text}\r\n`).join('')}0\r\n\r\n`;

  it.each([
    ['announced', [['Content-Length', '10']] as Headers, '0123456789'],
    ['counted', chunked, chunks('01234', '56789')],
  ])('lets content of exactly that much pass, %s', async (_, headers, body) => {
    const { arrived, response } = await pass('/limited', headers, { method: 'POST', body });
    expect(response?.status).toBe(200);
    expect(arrived[0]?.body).toBe('0123456789');
  });

  it.each([
    ['announced', [['Content-Length', '11']] as Headers, '0123456789a'],
    ['announced with zeros before', [['Content-Length', '0011']] as Headers, '0123456789a'],
    ['announced and never sent', [['Content-Length', '4000000000']] as Headers, ''],
    ['counted', chunked, chunks('01234', '56789a')],
    ['counted in one chunk', chunked, chunks('0123456789abcdef')],
    [
      'counted, whatever length is announced beside',
      [['Content-Length', '5'], ...chunked] as Headers,
      chunks('01234', '56789a'),
    ],
  ])('refuses more with 413, %s', async (_, headers, body) => {
    const { arrived, response } = await pass('/limited', headers, { method: 'POST', body });
    expect(response?.status).toBe(413);
    expect(response?.header('content-type')).toBe('application/problem+json');
    expect(arrived).toEqual([]);
    await gateway.logged(({ reason }) => reason === 'content_too_large');
  });

  it('breaks off what an origin has begun to read: it never sees an end', async () => {
    let uploaded = '';
    origin.respondWith((socket) => {
      socket.on('data', (chunk) => {
        uploaded += chunk.toString('latin1');
      });
    }, 'head');
    const arrival = origin.next();
    const socket = await openSocket(gateway.port);
    const client = new Listener(socket);
    socket.write(requestBytes('POST', '/limited', [['Host', 'api.test'], ...chunked], '5\r\n01234\r\n'));
    const request = await arrival;
    await expect.poll(() => uploaded).toContain('01234');
    socket.write(chunks('56789', 'abcde'));
    await client.hears('413');
    await request.closed;
    socket.destroy();
    expect(uploaded).not.toContain('0\r\n\r\n');
    expect(uploaded).not.toContain('abcde');
  });

  it('after the origin has answered, the answer breaks off with it', async () => {
    origin.respondWith((socket) => {
      socket.write('HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nup\r\n');
    }, 'head');
    const arrival = origin.next();
    const socket = await openSocket(gateway.port);
    const client = new Listener(socket);
    socket.write(requestBytes('POST', '/limited', [['Host', 'api.test'], ...chunked], '5\r\n01234\r\n'));
    const request = await arrival;
    await client.hears('up');
    socket.write(chunks('56789', 'abcde'));
    await request.closed;
    await client.closed;
    expect(client.text).not.toContain('0\r\n\r\n');
  });
});
