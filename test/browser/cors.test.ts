import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startBrowser, type TestBrowser, under } from '../fixtures/browser.ts';
import { type Deployment, routeTables, startDeployment } from '../fixtures/deployment.ts';
import { type Origin, reply, startOrigin } from '../fixtures/origin.ts';

let pages: Origin;
let deployment: Deployment;
let browser: TestBrowser;
let token: string;

beforeAll(async () => {
  const origin = await startOrigin(
    reply(
      200,
      [
        ['ETag', '"7"'],
        ['X-Other', 'hidden'],
      ],
      'from the origin',
    ),
  );
  pages = await startOrigin(reply(200, [['Content-Type', 'text/html']], '<p>a page</p>'));
  const cors = {
    origins: [under('app.localhost', pages)],
    expose_headers: ['ETag'],
    methods: ['GET', 'PUT'],
  };
  const guarded = { origin: origin.url, issuers: ['main'] };
  [deployment, browser] = await Promise.all([
    startDeployment(
      {
        ROUTES_CORS: {
          cors: { ...guarded, path: '/cors/*', cors },
          everybody: {
            path: '/open/*',
            origin: origin.url,
            authentication: 'none',
            cors: { origins: ['*'] },
          },
        },
        ROUTES: routeTables(origin),
      },
      { origin },
    ),
    startBrowser(),
  ]);
  token = await deployment.issuer.sign({ scope: 'orders:read' });
});

afterAll(async () => {
  await Promise.all([browser.stop(), deployment.stop(), pages.stop()]);
});

interface Call {
  readonly path: string;
  readonly method?: string;
  readonly headers?: Record<string, string>;
}

/** What a script of a page learns: status and headers, or that there was a network error. */
async function read(host: `${string}localhost`, { path, method = 'GET', headers = {} }: Call) {
  const tab = await browser.page();
  await tab.goto(under(host, pages));
  return await tab.evaluate(
    async (call) => {
      try {
        const response = await fetch(call.url, { method: call.method, headers: call.headers });
        return [
          response.status,
          response.headers.get('www-authenticate'),
          response.headers.get('etag'),
          response.headers.get('x-other'),
        ];
      } catch (error) {
        return String(error);
      }
    },
    { url: under('api.localhost', deployment.gateway) + path, method, headers },
  );
}

const bearer = () => ({ Authorization: `Bearer ${token}` });
const HIDDEN = 'TypeError: Failed to fetch';

describe('a page of another origin', () => {
  it('reads the answer of a route that lets it, and the headers that are exposed', async () => {
    expect(await read('app.localhost', { path: '/cors/1', headers: bearer() })).toEqual([
      200,
      null,
      '"7"',
      null,
    ]);
  });

  it('reads why it was refused', async () => {
    expect(
      await read('app.localhost', { path: '/cors/1', headers: { Authorization: 'Bearer a.b.c' } }),
    ).toEqual([
      401,
      'Bearer realm="api", error="invalid_token", error_description="The access token is not valid."',
      null,
      null,
    ]);
    expect(await read('app.localhost', { path: '/cors/1' })).toEqual([401, 'Bearer realm="api"', null, null]);
  });

  it.each<[string, `${string}localhost`, Call]>([
    ['that is not listed', 'evil.localhost', { path: '/cors/1' }],
    ['with a method that pages may not use', 'app.localhost', { path: '/cors/1', method: 'DELETE' }],
    [
      'with a header that pages may not send',
      'app.localhost',
      { path: '/cors/1', headers: { 'X-Other': '1' } },
    ],
    ['of a route without cors', 'app.localhost', { path: '/orders/1' }],
    ['where there is no route', 'app.localhost', { path: '/nowhere' }],
  ])('%s reads nothing', async (_, host, call) => {
    expect(await read(host, { ...call, headers: { ...bearer(), ...call.headers } })).toBe(HIDDEN);
  });

  it('may use a method that is listed, after a preflight that the origin does not hear of', async () => {
    const before = deployment.origin.received.length;
    expect(await read('app.localhost', { path: '/cors/1', method: 'PUT', headers: bearer() })).toEqual([
      200,
      null,
      '"7"',
      null,
    ]);
    expect(deployment.origin.received.slice(before).map(({ method }) => method)).toEqual(['PUT']);
  });

  it('reads what everybody may, also out of a sandbox', async () => {
    const tab = await browser.page();
    await tab.goto(under('evil.localhost', pages));
    const url = `${under('api.localhost', deployment.gateway)}/open/1`;
    const told = await tab.evaluate(
      (address) =>
        new Promise((resolve) => {
          window.addEventListener('message', ({ data, origin }) => resolve([origin, data]), { once: true });
          const frame = document.createElement('iframe');
          frame.sandbox.add('allow-scripts');
          frame.srcdoc = `<script>fetch(${JSON.stringify(address)}).then((r) => parent.postMessage(r.status, '*'))</script>`;
          document.body.append(frame);
        }),
      url,
    );
    expect(told).toEqual(['null', 200]);
  });
});
