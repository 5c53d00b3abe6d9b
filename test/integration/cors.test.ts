import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { bearer, type HeaderLines, send, tally } from '../fixtures/client.ts';
import { type Deployment, routeTables, startDeployment } from '../fixtures/deployment.ts';
import { echo, gzipped, type Origin, reply, startOrigin, webSocketEcho } from '../fixtures/origin.ts';

const PAGE = 'https://app.example.com';
const PREVIEW = 'https://pr-7.preview.example.com';
const STRANGER = 'https://evil.test';

let origin: Origin;
let deployment: Deployment;
let token: string;

beforeAll(async () => {
  origin = await startOrigin();
  const guarded = { origin: origin.url, issuers: ['main'] };
  const cors = { origins: [PAGE, 'https://*.preview.example.com'] };
  deployment = await startDeployment(
    {
      ROUTES_CORS: {
        read: { ...guarded, path: '/cors/*', methods: ['GET', 'OPTIONS'], cors },
        write: {
          ...guarded,
          path: '/cors/*',
          methods: ['POST'],
          scope: ['x'],
          cors: { origins: [PREVIEW], credentials: true },
        },
        remove: { ...guarded, path: '/cors/*', methods: ['DELETE'] },
        open: { path: '/open/*', origin: origin.url, authentication: 'none', cors: { origins: ['*'] } },
        gone: { path: '/gone', origin: 'http://127.0.0.1:9', authentication: 'none', cors },
      },
      ROUTES: routeTables(origin),
    },
    { origin },
  );
  token = await deployment.issuer.sign({ scope: 'orders:read' });
});
afterAll(() => deployment?.stop());

const ask = async (method: string, target: string, headers: HeaderLines = []) => {
  const sent = await send(deployment.gateway, method, target, headers);
  const cors = sent.response.headers.filter(
    ([name]) => name.startsWith('access-control-') || name === 'vary',
  );
  return { ...sent, cors: Object.fromEntries(cors), count: cors.length };
};
const from = (page: string): readonly [string, string] => ['Origin', page];
const preflight = (target: string, page: string, method: string, more: HeaderLines = []) =>
  ask('OPTIONS', target, [from(page), ['Access-Control-Request-Method', method], ...more]);

const EXPOSED = 'WWW-Authenticate, Retry-After';
const readable = (page: string) => ({
  'access-control-allow-origin': page,
  'access-control-expose-headers': EXPOSED,
  vary: 'Origin',
});

describe('a preflight', () => {
  it.each([
    ['GET', PAGE, 'GET, HEAD, OPTIONS', {}],
    ['GET', PREVIEW, 'GET, HEAD, OPTIONS', {}],
    ['PATCH asked of the same path', PAGE, undefined, {}],
    ['POST', PREVIEW, 'POST', { 'access-control-allow-credentials': 'true' }],
  ])('for %s by %s is answered by the route of that method', async (method, page, methods, more) => {
    const before = tally(deployment).atOrigin;
    const { response, event, cors, count } = await preflight('/cors/1', page, method.split(' ')[0] ?? '', [
      ['Access-Control-Request-Headers', 'authorization'],
      ['Access-Control-Request-Private-Network', 'true'],
    ]);
    if (methods === undefined) {
      // No route takes PATCH, and the one that names OPTIONS asks for a token as for any OPTIONS.
      expect([response.status, event.route, event.reason]).toEqual([401, 'read', 'credentials_missing']);
      expect(cors).toEqual(readable(page));
      return;
    }
    expect([response.status, response.body, event.decision]).toEqual([204, '', 'allowed']);
    expect(cors).toEqual({
      ...readable(page),
      'access-control-allow-methods': methods,
      'access-control-allow-headers': 'Authorization, Content-Type',
      'access-control-max-age': '600',
      ...more,
    });
    expect(count).toBe(Object.keys(cors).length);
    expect(tally(deployment).atOrigin).toBe(before);
  });

  it.each([STRANGER, 'null', PREVIEW.toUpperCase(), `${PAGE}, ${PAGE}`])('of %s is refused', async (page) => {
    const { response, event, cors } = await preflight('/cors/1', page, 'GET');
    expect([response.status, event.reason, event.route]).toEqual([403, 'cross_origin_forbidden', 'read']);
    expect(cors).toEqual({ vary: 'Origin' });
  });

  it('counts each origin for its own route', async () => {
    const { response, event } = await preflight('/cors/1', PAGE, 'POST');
    expect([response.status, event.route]).toEqual([403, 'write']);
  });

  it('about a method whose route has no cors goes by the route that names OPTIONS', async () => {
    const { response, event } = await preflight('/cors/1', PAGE, 'DELETE');
    expect([response.status, event.route]).toEqual([401, 'read']);
  });

  it('sent twice its Origin is of no page', async () => {
    const { response } = await ask('OPTIONS', '/cors/1', [
      from(PAGE),
      from(PAGE),
      ['Access-Control-Request-Method', 'GET'],
    ]);
    expect(response.status).toBe(403);
  });
});

describe('an answer', () => {
  it.each<[string, string, string, () => HeaderLines, number, string]>([
    ['without a token', 'GET', '/cors/1', () => [], 401, 'credentials_missing'],
    ['with a bad one', 'GET', '/cors/1', () => [bearer('a.b.c')], 401, 'token_malformed'],
    ['to two', 'GET', '/cors/1?access_token=x', () => [bearer(token)], 400, 'credentials_multiple'],
    ['of a method that no route takes', 'PUT', '/cors/1', () => [bearer(token)], 405, 'method_not_allowed'],
    ['of an origin that is away', 'GET', '/gone', () => [], 502, 'origin_unreachable'],
  ])('of our own %s can be read by the page', async (_, method, target, headers, status, reason) => {
    const { response, event, cors } = await ask(method, target, [from(PAGE), ...headers()]);
    expect([response.status, event.reason]).toEqual([status, reason]);
    expect(cors).toEqual(readable(PAGE));
  });

  it('that lacks a scope can be read, with cookies where they are allowed', async () => {
    const { response, cors } = await ask('POST', '/cors/1', [from(PREVIEW), bearer(token)]);
    expect(response.status).toBe(403);
    expect(cors).toEqual({ ...readable(PREVIEW), 'access-control-allow-credentials': 'true' });
  });

  it.each(['/nowhere', '/cors/..%2fx'])('before a route is known, %s, carries nothing', async (target) => {
    const { response, cors } = await ask('GET', target, [from(PAGE)]);
    expect([400, 404]).toContain(response.status);
    expect(cors).toEqual({});
  });

  it('of the origin has ours in place of its own, once, and its Vary besides', async () => {
    origin.respondWith(
      reply(200, [
        ['Access-Control-Allow-Origin', '*'],
        ['Access-Control-Allow-Origin', STRANGER],
        ['Access-Control-Allow-Credentials', 'true'],
        ['Access-Control-Expose-Headers', 'X-Secret'],
        ['Vary', 'Accept'],
        ['ETag', '"1"'],
        ['Set-Cookie', 'a=1'],
        ['Set-Cookie', 'b=2'],
      ]),
    );
    const { response, cors, count } = await ask('GET', '/cors/1', [from(PAGE), bearer(token)]);
    expect(response.status).toBe(200);
    expect(cors).toEqual({ ...readable(PAGE), vary: 'Accept, Origin' });
    expect(count).toBe(3);
    expect(response.header('etag')).toBe('"1"');
    expect(response.headers.filter(([name]) => name === 'set-cookie').map(([, value]) => value)).toEqual([
      'a=1',
      'b=2',
    ]);

    const stranger = await ask('GET', '/cors/1', [from(STRANGER), bearer(token)]);
    expect([stranger.response.status, stranger.cors]).toEqual([200, { vary: 'Accept, Origin' }]);
    origin.respondWith(echo);
  });

  it.each([304, 204, 302, 500])('of the origin with status %i passes', async (status) => {
    origin.respondWith(reply(status, status === 302 ? [['Location', '/x']] : []));
    const { response, cors } = await ask('GET', '/cors/1', [from(PAGE), bearer(token)]);
    expect([response.status, cors]).toEqual([status, readable(PAGE)]);
    origin.respondWith(echo);
  });

  it('that is compressed passes as it came', async () => {
    origin.respondWith(gzipped('read me'));
    const answer = await fetch(`${deployment.gateway.url}/cors/1`, {
      headers: { Origin: PAGE, Authorization: `Bearer ${token}` },
    });
    expect(answer.headers.get('Content-Encoding')).toBe('gzip');
    expect(await answer.text()).toBe('read me');
    origin.respondWith(echo);
  });

  it('that opens a WebSocket passes', async () => {
    origin.respondWith(webSocketEcho());
    const { response } = await ask('GET', '/cors/1', [
      from(PAGE),
      bearer(token),
      ['Connection', 'Upgrade'],
      ['Upgrade', 'websocket'],
      ['Sec-WebSocket-Version', '13'],
      ['Sec-WebSocket-Key', 'dGhlIHNhbXBsZSBub25jZQ=='],
    ]);
    expect(response.status).toBe(101);
    origin.respondWith(echo);
  });

  it('for every page names none', async () => {
    const { cors } = await ask('GET', '/open/1', [from('null')]);
    expect(cors).toEqual({ 'access-control-allow-origin': '*', 'access-control-expose-headers': EXPOSED });
  });

  it('of a route without cors is as it was', async () => {
    origin.respondWith(reply(200, [['Access-Control-Allow-Origin', STRANGER]]));
    const { cors } = await ask('GET', '/public/1', [from(PAGE)]);
    expect(cors).toEqual({ 'access-control-allow-origin': STRANGER });
    expect((await ask('GET', '/orders/1', [from(PAGE)])).cors).toEqual({});
    origin.respondWith(echo);
  });
});
