import type { Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startBrowser, type TestBrowser } from '../fixtures/browser.ts';
import { type ConsoleStack, startConsoleWithTokenService } from '../fixtures/console.ts';
import type { LoginStack } from '../fixtures/login-stack.ts';
import { openConsole } from './console-page.ts';

let stack: ConsoleStack;
let login: LoginStack;
let browser: TestBrowser;

beforeAll(async () => {
  [{ stack, login }, browser] = await Promise.all([startConsoleWithTokenService(), startBrowser()]);
});
afterAll(() => Promise.all([browser?.stop(), stack?.stop()]));

const logIn = async (page: Page, name: string) => {
  await page.getByRole('button', { name: 'Log in at' }).click();
  await page.fill('input[name=name]', name);
  await page.click('button');
};

describe('the console with a login at the token service (RFC 8414, RFC 9700 §2.6)', () => {
  it('lets one in by code and PKCE, with the token in memory alone', async () => {
    const { page, offences } = await openConsole(browser, { url: `${stack.url}#/revocations` });
    const asked = page.waitForRequest((request) =>
      request.url().startsWith(`${login.service.url}/authorize?`),
    );
    const redeemed = page.waitForResponse((response) => response.url() === `${login.service.url}/token`);
    await logIn(page, 'alice');
    await page.getByRole('heading', { name: 'Revocations', level: 1 }).waitFor();
    expect(await page.locator('.caller').textContent()).toBe('admin:tokens:corp|alice');
    expect(await page.locator('.role').textContent()).toBe('operator');
    expect(page.url()).toBe(`${stack.url}#/revocations`);
    expect(await page.evaluate(() => [localStorage.length, sessionStorage.length])).toEqual([0, 0]);
    const parameters = Object.fromEntries(new URL((await asked).url()).searchParams);
    expect(parameters).toMatchObject({
      scope: 'revocations:read revocations:write events:read',
      code_challenge_method: 'S256',
    });
    expect(parameters).not.toHaveProperty('nonce');
    const { cookie } = await (await redeemed).request().allHeaders();
    expect(cookie).toBeUndefined();
    expect(offences).toEqual([]);
  });

  it('says what was refused in a form that the page may read', async () => {
    const { page } = await openConsole(browser, stack);
    await page.route(`${login.service.url}/authorize?**`, (route) => {
      const url = new URL(route.request().url());
      url.searchParams.set('code_challenge', 'A'.repeat(43));
      return route.continue({ url: url.href });
    });
    await logIn(page, 'mallory');
    await page.getByRole('alert').getByText('The grant is not valid').waitFor();
    expect(await page.evaluate(() => [localStorage.length, sessionStorage.length])).toEqual([0, 0]);
  });

  it('lets no page of another origin read what the token endpoint answers', async () => {
    const page = await browser.page();
    await page.goto(`${login.service.url}/.well-known/jwks.json`.replace('127.0.0.1', 'localhost'));
    const ask = (body: string) =>
      page.evaluate(
        async ([url, form]) =>
          fetch(`${url}/token`, { method: 'POST', body: new URLSearchParams(form) }).then(
            ({ status }) => status,
            () => 'unreadable',
          ),
        [login.service.url, body] as const,
      );
    expect(await ask('grant_type=authorization_code&client_id=console')).toBe('unreadable');
    await page.goto(stack.url);
    // The console's own policy lets it ask; that is the origin the client is registered with.
    expect(await ask('grant_type=authorization_code&client_id=console')).toBe(400);
  });
});
