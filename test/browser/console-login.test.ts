import type { Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { startBrowser, type TestBrowser } from '../fixtures/browser.ts';
import { type ConsoleStack, startConsoleWithLogin } from '../fixtures/console.ts';
import type { LoginProvider } from '../fixtures/login-provider.ts';
import { openConsole } from './console-page.ts';

let stack: ConsoleStack;
let provider: LoginProvider;
let browser: TestBrowser;

beforeAll(async () => {
  const [started, running] = await Promise.all([startConsoleWithLogin(), startBrowser()]);
  ({ stack, provider } = started);
  browser = running;
});
afterAll(() => Promise.all([browser?.stop(), stack?.stop()]));

const leave = (page: Page) => page.getByRole('button', { name: 'Log in at' }).click();
const logIn = async (page: Page, name: string) => {
  await leave(page);
  await page.fill('input[name=name]', name);
  await page.click('button');
};
const storage = (page: Page) => page.evaluate(() => [localStorage.length, sessionStorage.length]);
const refused = (page: Page) => page.getByRole('alert').getByText('The login did not succeed').waitFor();

describe('the console with a login at a provider', () => {
  it('comes back to the page one was on, with the token in memory alone', async () => {
    const { page, offences } = await openConsole(browser, { url: `${stack.url}#/refusals` });
    await logIn(page, 'alice');
    await page.getByRole('heading', { name: 'Refusals', level: 1 }).waitFor();
    expect(page.url()).toBe(`${stack.url}#/refusals`);
    expect(await page.locator('.caller').textContent()).toBe('admin:people:alice');
    expect(await page.locator('.role').textContent()).toBe('operator');
    expect(await storage(page)).toEqual([0, 0]);
    // The code is not what the back button leads to.
    await page.goBack();
    expect(page.url()).not.toContain('code=');
    expect(offences).toEqual([]);
  });

  it('asks with PKCE, state, nonce and the resource, and keeps those until the answer alone', async () => {
    const { page } = await openConsole(browser, stack);
    const asked = page.waitForRequest((request) => request.url().startsWith(`${provider.url}/auth?`));
    await leave(page);
    const parameters = new URL((await asked).url()).searchParams;
    expect(Object.fromEntries(parameters)).toMatchObject({
      response_type: 'code',
      client_id: 'page',
      redirect_uri: stack.url,
      scope: 'openid revocations:read revocations:write events:read',
      code_challenge_method: 'S256',
      resource: 'https://control.test',
      state: expect.stringMatching(/^[\w-]{43}$/),
      nonce: expect.stringMatching(/^[\w-]{43}$/),
      code_challenge: expect.stringMatching(/^[\w-]{43}$/),
    });
    await page.goto(stack.url);
    await page.getByRole('button', { name: 'Log in at' }).waitFor();
    expect(await storage(page)).toEqual([0, 0]);
  });

  it('can be begun again by whoever comes back without having logged in', async () => {
    const { page } = await openConsole(browser, stack);
    const login = page.getByRole('button', { name: 'Log in at' });
    const left = page.waitForRequest(`${provider.url}/auth?**`);
    // Answered so that the browser stays where it is.
    await page.route(`${provider.url}/auth?**`, (route) => route.fulfill({ status: 204 }));
    await login.click();
    await left;
    await page.getByRole('button', { name: 'Log in at', disabled: true }).waitFor();
    // As a browser does that has kept the page whole.
    await page.evaluate(() => dispatchEvent(new PageTransitionEvent('pageshow', { persisted: true })));
    await page.getByRole('button', { name: 'Log in at', disabled: false }).waitFor();
  });

  it('says what the provider refused', async () => {
    const { page } = await openConsole(browser, stack);
    await logIn(page, '');
    await refused(page);
    expect(page.url()).toBe(stack.url);
  });

  it.each([
    ['an answer to nothing that was asked', (url: URL) => url.searchParams.set('state', 'another')],
    [
      'the answer of another issuer (RFC 9207)',
      (url: URL) => url.searchParams.set('iss', 'https://evil.test'),
    ],
    ['an answer without its issuer', (url: URL) => url.searchParams.delete('iss')],
    ['a code of somebody else', (url: URL) => url.searchParams.set('code', 'x'.repeat(43))],
  ])('does not take %s', async (_, change) => {
    const { page } = await openConsole(browser, stack);
    provider.alterAnswers(change);
    onTestFinished(() => provider.alterAnswers(undefined));
    await logIn(page, 'mallory');
    await refused(page);
    expect(await storage(page)).toEqual([0, 0]);
    expect(page.url()).toBe(stack.url);
  });

  it.each(['nonce', 'code_challenge'])(
    'does not take the answer to a question with another %s, such as a code put in from another login',
    async (name) => {
      const { page } = await openConsole(browser, stack);
      await page.route(`${provider.url}/auth?**`, (route) => {
        const url = new URL(route.request().url());
        url.searchParams.set(name, 'x'.repeat(43));
        return route.continue({ url: url.href });
      });
      await logIn(page, 'mallory');
      await refused(page);
      expect(await storage(page)).toEqual([0, 0]);
      expect(page.url()).toBe(stack.url);
    },
  );

  it('does not take an answer that this browser did not ask for', async () => {
    const { page } = await openConsole(browser, { url: `${stack.url}?code=abc&state=def` });
    await refused(page);
    expect(page.url()).toBe(stack.url);
  });

  it('says so where the provider does not answer', async () => {
    const { page } = await openConsole(browser, stack);
    provider.interrupt((_request, response) => response.writeHead(503).end());
    await leave(page);
    await refused(page);
    provider.interrupt(undefined);
  });
});
