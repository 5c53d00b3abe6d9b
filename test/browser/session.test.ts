import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { BrowserContext, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startBrowser, type TestBrowser } from '../fixtures/browser.ts';
import { REPOSITORY } from '../fixtures/bundle.ts';
import { type Deployment, startDeployment } from '../fixtures/deployment.ts';
import { AUDIENCE } from '../fixtures/issuer.ts';
import { type LoginStack, startLoginStack } from '../fixtures/login-stack.ts';
import { type OriginResponder, reply, startOrigin } from '../fixtures/origin.ts';
import { freePort } from '../fixtures/token-service.ts';
import { type Gateway, startGateway } from '../fixtures/workerd.ts';
import { spoilAccess } from './spoil-access.ts';

/** examples/browser behind the gateway, which sends /session/* to the token service; the provider is another site. */
const TYPES: Readonly<Record<string, string>> = { html: 'text/html', js: 'text/javascript' };
const site: OriginResponder = (socket, request) => {
  const name = /^\/app\/([\w-]+\.(html|js))/.exec(request.target)?.[1];
  if (name === undefined)
    return reply(200, [['Content-Type', 'text/html']], '<p>an order</p>')(socket, request);
  const type = TYPES[name.slice(name.indexOf('.') + 1)] ?? '';
  reply(
    200,
    [['Content-Type', type]],
    readFileSync(join(REPOSITORY, 'examples/browser', name)),
  )(socket, request);
};

describe('a session in a real browser', () => {
  let deployment: Deployment;
  let stack: LoginStack;
  let gateway: Gateway;
  let browser: TestBrowser;
  let app: string;

  beforeAll(async () => {
    const [port, servicePort, origin] = [await freePort(), await freePort(), await startOrigin(site)];
    app = `http://localhost:${port}`;
    const issuer = `http://127.0.0.1:${servicePort}`;
    deployment = await startDeployment({}, { origin });
    [stack, browser, gateway] = await Promise.all([
      startLoginStack({ port: servicePort, origin: app, secrets: deployment.writer }),
      startBrowser(),
      startGateway({
        port,
        secrets: deployment.writer,
        vars: {
          ISSUERS: {
            main: {
              issuer,
              audience: [AUDIENCE],
              algorithms: ['ES256'],
              profile: 'rfc9068',
              jwks_uri: `${issuer}/.well-known/jwks.json`,
            },
          },
          ROUTES: {
            session: { path: ['/session', '/session/*'], origin: issuer, authentication: 'none' },
            app: { path: '/app/*', origin: origin.url, authentication: 'none' },
            orders: {
              path: '/orders/*',
              origin: origin.url,
              issuers: ['main'],
              token_sources: [{ cookie: '__Host-session' }],
              on_unauthenticated: { redirect: `${app}/session/login?return_to={url}` },
            },
          },
        },
      }),
    ]);
  });
  afterAll(async () => {
    await browser.stop();
    await Promise.all([gateway.stop(), stack.stop()]);
    await deployment.stop();
  });

  const logIn = async (page: Page, name: string) => {
    await page.fill('input[name=name]', name);
    await page.click('button');
  };
  const open = async (visitor: BrowserContext) => {
    const page = await visitor.newPage();
    await page.goto(`${app}/app/index.html`);
    return page;
  };
  const says = (page: Page, text: string) =>
    page.waitForFunction((words) => document.body?.textContent.includes(words), text);
  const loggedIn = async (name: string) => {
    const visitor = await browser.visitor();
    const page = await open(visitor);
    await says(page, 'Nobody is logged in');
    await page.click('#login');
    await logIn(page, name);
    await says(page, `Logged in as corp|${name}`);
    return { visitor, page };
  };
  const called = async (page: Page) => {
    const answered = page.waitForResponse((response) => response.url() === `${app}/orders/1`);
    await page.click('#call');
    return (await answered).status();
  };
  const cookieNames = async (visitor: BrowserContext) =>
    (await visitor.cookies()).map(({ name }) => name).sort();

  it('logs in at another site and comes back logged in, under SameSite=Strict, with nothing for scripts to read', async () => {
    const { visitor, page } = await loggedIn('alice');
    expect(page.url()).toBe(`${app}/app/index.html`);
    expect(await page.evaluate(() => document.cookie)).toBe('');
    const kept = (await visitor.cookies()).filter(({ name }) => name.includes('session'));
    const ours = kept.filter(({ domain, name }) => domain === 'localhost' && name.startsWith('__'));
    expect(
      ours
        .map(({ name, path, sameSite, httpOnly, secure }) => [name, path, sameSite, httpOnly, secure])
        .sort(),
    ).toEqual([
      ['__Host-session', '/', 'Strict', true, true],
      ['__Secure-session-refresh', '/session/refresh', 'Strict', true, true],
    ]);
    expect(await called(page)).toBe(200);
    // The provider's answer, with its code, is not what the back button leads to.
    const history = await page.evaluate(() => document.referrer);
    expect(history).toBe('');
  });

  it('leads on to a guarded page: the navigation after the login carries the cookie already', async () => {
    const visitor = await browser.visitor();
    const page = await visitor.newPage();
    await page.goto(`${app}/orders/7?x=1`);
    await logIn(page, 'bob');
    await says(page, 'an order');
    expect(page.url()).toBe(`${app}/orders/7?x=1`);
  });

  it('refreshes silently on 401 and repeats the call', async () => {
    const { visitor, page } = await loggedIn('carol');
    await spoilAccess(visitor);
    const statuses: number[] = [];
    page.on('response', (response) => {
      if (response.url() === `${app}/orders/1`) statuses.push(response.status());
    });
    await page.click('#call');
    await page.waitForFunction(() => document.getElementById('answer')?.textContent === '200');
    await expect.poll(() => statuses).toEqual([401, 200]);
  });

  it('lets two tabs race: one refreshes under the lock, both go on, and without the lock both do too', async () => {
    const { visitor, page } = await loggedIn('dave');
    const other = await open(visitor);
    await says(other, 'Logged in as');
    await spoilAccess(visitor);
    let refreshes = 0;
    visitor.on('request', (request) => {
      if (request.url().endsWith('/session/refresh')) refreshes += 1;
    });
    await Promise.all([page.click('#call'), other.click('#call')]);
    for (const tab of [page, other]) {
      await tab.waitForFunction(() => document.getElementById('answer')?.textContent === '200');
    }
    expect(refreshes).toBeGreaterThan(0);
    // Ten at once from two tabs, with no lock at all.
    const race = () =>
      Promise.all(
        Array.from({ length: 5 }, async () => (await fetch('/session/refresh', { method: 'POST' })).status),
      );
    const statuses = (await Promise.all([page.evaluate(race), other.evaluate(race)])).flat();
    expect(statuses.every((status) => [200, 503].includes(status))).toBe(true);
    expect(statuses).toContain(200);
    expect([await called(page), await called(other)]).toEqual([200, 200]);
  });

  it('logs out in one tab, and the other is told and can do nothing any more', async () => {
    const { visitor, page } = await loggedIn('erin');
    const other = await open(visitor);
    await says(other, 'Logged in as');
    await page.click('#logout');
    await says(page, 'Nobody is logged in');
    await says(other, 'Nobody is logged in');
    expect((await cookieNames(visitor)).filter((name) => /^__(Host|Secure)-session/.test(name))).toEqual([]);
    expect(await other.evaluate(async () => (await fetch('/orders/1')).status)).toBe(401);
  });

  it('logs out everywhere: another browser can neither call nor refresh', async () => {
    const here = await loggedIn('frank');
    const there = await loggedIn('frank');
    await here.page.click('#logout-all');
    await says(here.page, 'Nobody is logged in');
    await there.page.click('#call');
    await says(there.page, 'Nobody is logged in');
    expect(
      await there.page.evaluate(async () => (await fetch('/session/refresh', { method: 'POST' })).status),
    ).toBe(401);
  });

  it('gives another site no use of the cookies: its forms and scripts are refused', async () => {
    const { visitor, page } = await loggedIn('grace');
    for (const path of ['/session/refresh', '/session/logout']) {
      const evil = await visitor.newPage();
      await evil.goto(`${stack.provider.url}/interaction/none`);
      const answered = evil.waitForResponse((response) => response.url() === app + path);
      await evil.evaluate((action) => {
        const form = document.createElement('form');
        Object.assign(form, { action, method: 'post' });
        document.body.append(form);
        form.submit();
      }, app + path);
      expect((await answered).status()).toBe(403);
    }
    expect(await called(page)).toBe(200);
  });
});
