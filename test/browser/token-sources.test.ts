import type { Page } from 'playwright-core';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { startBrowser, type TestBrowser, under } from '../fixtures/browser.ts';
import { issuerTable } from '../fixtures/deployment.ts';
import { type Issuer, startIssuer } from '../fixtures/issuer.ts';
import type { Origin } from '../fixtures/origin.ts';
import {
  type OriginResponder,
  type ReceivedRequest,
  reply,
  startOrigin,
  webSocketEcho,
} from '../fixtures/origin.ts';
import { type Gateway, startGateway } from '../fixtures/workerd.ts';

const COOKIE = '__Host-access';
const KUBERNETES = 'base64url.bearer.authorization.k8s.io.';

let browser: TestBrowser;
let issuer: Issuer;
let origin: Origin;
/** Another origin with pages of its own, and a login page. */
let elsewhere: Origin;
/** One that a route lists. */
let partner: Origin;
let gateway: Gateway;
let token: string;
let chosen: string | undefined;

/** Pages and WebSockets; `/in` logs in by a cookie, as a login page would. */
const site: OriginResponder = (socket, request) => {
  if (request.values('upgrade').length > 0) return webSocketEcho(chosen)(socket, request);
  const headers: [string, string][] = [['Content-Type', 'text/html']];
  if (request.target === '/open/in') {
    headers.push(['Set-Cookie', `${COOKIE}=${token}; Path=/; Secure; HttpOnly; SameSite=None`]);
    headers.push(['Set-Cookie', 'theme=dark; Path=/']);
  }
  reply(200, headers, `<h1>${request.target}</h1>`)(socket, request);
};

const page: OriginResponder = reply(200, [['Content-Type', 'text/html']], '<h1>elsewhere</h1>');

beforeAll(async () => {
  [browser, issuer, origin, elsewhere, partner] = await Promise.all([
    startBrowser(),
    startIssuer(),
    startOrigin(),
    startOrigin(page),
    startOrigin(page),
  ]);
  const guarded = { origin: origin.url, headers: { 'X-User-Id': 'sub' }, revocation: { mode: 'off' } };
  const redirect = `${under('localhost', elsewhere)}/login?return_to={url}`;
  gateway = await startGateway({
    vars: {
      ISSUERS: { main: issuerTable(issuer) },
      ROUTES: {
        open: { path: '/open/*', origin: origin.url, authentication: 'none' },
        app: {
          ...guarded,
          path: '/app/*',
          token_sources: [{ cookie: COOKIE }],
          on_unauthenticated: { redirect },
        },
        partner: {
          ...guarded,
          path: '/partner/*',
          token_sources: [{ cookie: COOKIE, allowed_origins: [under('localhost', partner)] }],
        },
        maybe: {
          ...guarded,
          path: '/maybe/*',
          authentication: 'optional',
          token_sources: [{ cookie: COOKIE }],
        },
        live: {
          ...guarded,
          path: '/live/*',
          token_sources: [{ websocket_protocol: 'bearer' }, { websocket_protocol: KUBERNETES }],
        },
      },
    },
  });
  token = await issuer.sign();
});

afterAll(() =>
  Promise.all([
    browser?.stop(),
    gateway?.stop(),
    origin?.stop(),
    elsewhere?.stop(),
    partner?.stop(),
    issuer?.stop(),
  ]),
);

beforeEach(() => {
  chosen = undefined;
  origin.respondWith(site);
});

const at = (path: string) => `${under('localhost', gateway)}${path}`;

/** What reached the origin under this path. */
const arrived = (path: string): readonly ReceivedRequest[] =>
  origin.received.filter(({ target }) => target.startsWith(path));

async function loggedIn(): Promise<Page> {
  const page = await browser.page();
  await page.goto(at('/open/in'));
  return page;
}

/** The kind of answer and its status, of a request that the page makes with its cookies; or the error. */
const send = (page: Page, url: string, method: string) =>
  page.evaluate(
    async ([target, verb]) => {
      const mode = new URL(target, location.href).origin === location.origin ? 'same-origin' : 'no-cors';
      const options = { method: verb, mode, credentials: 'include' } as const;
      return await fetch(target, options).then(
        ({ status, type }) => `${type} ${status}`,
        (error: unknown) => String(error),
      );
    },
    [url, method] as const,
  );

/** How a WebSocket of the page fares: `open` and the protocol, or `failed`. */
const connect = (page: Page, url: string, protocols: readonly string[]) =>
  page.evaluate(
    ([target, offered]) =>
      new Promise<string>((resolve) => {
        const socket = new WebSocket(target, [...offered]);
        socket.onopen = () => socket.send('hello');
        socket.onmessage = ({ data }) => {
          resolve(`open ${socket.protocol} ${data}`);
          socket.close();
        };
        socket.onerror = () => resolve('failed');
      }),
    [url.replace(/^http/, 'ws'), protocols] as const,
  );

describe('a __Host- cookie', () => {
  it('opens pages, is unseen by their scripts, and never reaches the origin', async () => {
    const page = await loggedIn();
    await page.goto(at('/app/page'));
    expect(await page.textContent('h1')).toBe('/app/page');
    expect(await page.evaluate(() => document.cookie)).toBe('theme=dark');
    const [request] = arrived('/app/page');
    expect(request?.values('cookie')).toEqual(['theme=dark']);
    expect(request?.values('x-user-id')).toEqual(['user-1']);
  });

  it.each(['POST', 'PUT', 'DELETE'])('lets a page of the same origin %s', async (method) => {
    const page = await loggedIn();
    await page.goto(at('/app/page'));
    expect(await send(page, `/app/${method}`, method)).toBe('basic 200');
  });

  it('lets a form of the same origin be sent, even from a page that tells no origin', async () => {
    const page = await loggedIn();
    await page.goto(at('/app/page'));
    await page.evaluate(() => {
      document.head.innerHTML = '<meta name="referrer" content="no-referrer">';
      document.body.innerHTML = '<form method="post" action="/app/form"><button>send</button></form>';
    });
    await Promise.all([page.waitForURL('**/app/form'), page.click('button')]);
    expect(await page.textContent('h1')).toBe('/app/form');
  });

  it('opens a WebSocket from a page of the same origin', async () => {
    const page = await loggedIn();
    await page.goto(at('/app/page'));
    expect(await connect(page, at('/app/socket'), [])).toBe('open  hello');
  });
});

describe('a page of another origin, in the browser of somebody who is logged in', () => {
  /** Of the same site, so that its requests carry the cookie whatever the browser thinks of third parties. */
  async function attacked(host: 'localhost' | 'evil.localhost' = 'localhost'): Promise<Page> {
    const page = await loggedIn();
    await page.goto(`${under(host, elsewhere)}/`);
    return page;
  }

  it('gets a page read with the cookie, so that the cookie is there at all', async () => {
    await send(await attacked(), at('/app/read-across'), 'GET');
    expect(arrived('/app/read-across')[0]?.values('x-user-id')).toEqual(['user-1']);
  });

  it('changes nothing by a script', async () => {
    await send(await attacked(), at('/app/script-across'), 'POST');
    await gateway.logged(
      (line) => line.path === '/app/script-across' && line.reason === 'cross_site_request',
    );
    expect(arrived('/app/script-across')).toEqual([]);
  });

  it.each(['localhost', 'evil.localhost'] as const)('changes nothing by a form, from %s', async (host) => {
    const page = await attacked(host);
    const path = `/app/form-${host}`;
    await page.evaluate((action) => {
      document.body.innerHTML = `<form method="post" action="${action}"><button>win</button></form>`;
    }, at(path));
    await Promise.all([page.waitForURL(`**${path}`), page.click('button')]);
    await gateway.logged((line) => line.path === path && line.reason === 'cross_site_request');
    expect(arrived(path)).toEqual([]);
  });

  it('opens no WebSocket', async () => {
    expect(await connect(await attacked(), at('/app/socket-across'), [])).toBe('failed');
    await gateway.logged(
      (line) => line.path === '/app/socket-across' && line.reason === 'cross_site_request',
    );
    expect(arrived('/app/socket-across')).toEqual([]);
  });

  it('changes what a route lets it that lists it, and nothing unlisted', async () => {
    const page = await loggedIn();
    await page.goto(`${under('localhost', partner)}/`);
    await send(page, at('/partner/listed'), 'POST');
    expect(arrived('/partner/listed')).toHaveLength(1);
    await page.goto(`${under('localhost', elsewhere)}/`);
    await send(page, at('/partner/unlisted'), 'POST');
    await gateway.logged((line) => line.path === '/partner/unlisted' && line.reason === 'cross_site_request');
    expect(arrived('/partner/unlisted')).toEqual([]);
  });
});

describe('a visitor without a token', () => {
  it('is sent to the login page with the way back', async () => {
    const page = await browser.page();
    await page.goto(at('/app/deep/page?a=1&b=%26#part'));
    const url = new URL(page.url());
    expect([url.origin, url.pathname]).toEqual([under('localhost', elsewhere), '/login']);
    expect(url.searchParams.get('return_to')).toBe(at('/app/deep/page?a=1&b=%26'));
    // Fetch Metadata is the browser's own: a page cannot pretend to navigate.
    await page.goto(at('/open/page'));
    const seen = await page.evaluate(async () => {
      const { status, redirected } = await fetch('/app/data', { headers: { accept: 'text/html' } });
      return [status, redirected];
    });
    expect(seen).toEqual([401, false]);
    expect(await connect(page, at('/app/socket'), [])).toBe('failed');
  });

  it('comes back to the page after logging in, for nothing of the redirect was kept', async () => {
    const page = await browser.page();
    await page.goto(at('/app/again'));
    expect(new URL(page.url()).pathname).toBe('/login');
    await page.goto(at('/open/in'));
    await page.goto(at('/app/again'));
    expect(await page.textContent('h1')).toBe('/app/again');
  });

  it('sees a page for everybody as nobody, and as somebody once logged in', async () => {
    const page = await browser.page();
    await page.goto(at('/maybe/first'));
    await page.goto(at('/open/in'));
    await page.goto(at('/maybe/second'));
    const told = (path: string) => arrived(path)[0]?.values('x-portcullis-authenticated');
    expect([told('/maybe/first'), told('/maybe/second')]).toEqual([['false'], ['true']]);
  });
});

describe('a WebSocket with the token among its subprotocols', () => {
  const encoded = (text: string) => `${KUBERNETES}${Buffer.from(text).toString('base64url')}`;

  it('opens where the origin selects none: the gateway selects the name', async () => {
    const page = await loggedIn();
    expect(await connect(page, at('/live/alone'), ['bearer', token])).toBe('open bearer hello');
    expect(await connect(page, at('/live/unselected'), ['chat', 'bearer', token])).toBe('open bearer hello');
    expect(arrived('/live/')[0]?.values('sec-websocket-protocol')).toEqual([]);
  });

  it('opens with what the origin selects', async () => {
    chosen = 'chat';
    const page = await loggedIn();
    expect(await connect(page, at('/live/chosen'), ['bearer', token, 'chat'])).toBe('open chat hello');
    expect(await connect(page, at('/live/kubernetes'), [encoded(token), 'chat'])).toBe('open chat hello');
  });

  it('fails in a browser where none of those it offered is selected', async () => {
    const page = await loggedIn();
    expect(await connect(page, at('/live/none-selected'), [encoded(token), 'chat'])).toBe('failed');
    expect(arrived('/live/none-selected')).toHaveLength(1);
    // The origin alone: the standard's rule, and no doing of the gateway.
    const direct = under('localhost', origin);
    expect(await connect(page, `${direct}/live/direct`, ['chat'])).toBe('failed');
  });

  it('does not open with a bad token, or none', async () => {
    const page = await loggedIn();
    expect(await connect(page, at('/live/bad'), ['bearer', `${token}x`])).toBe('failed');
    expect(await connect(page, at('/live/absent'), ['chat'])).toBe('failed');
    expect(arrived('/live/bad').concat(arrived('/live/absent'))).toEqual([]);
  });
});
