import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { startBrowser, type TestBrowser } from '../fixtures/browser.ts';
import { type ConsoleStack, startConsole } from '../fixtures/console.ts';
import { seriousFindings } from './axe.ts';
import { loggedIn, openConsole, pasteToken } from './console-page.ts';

let stack: ConsoleStack;
let browser: TestBrowser;

beforeAll(async () => {
  [stack, browser] = await Promise.all([startConsole(), startBrowser()]);
});
afterAll(() => Promise.all([browser?.stop(), stack?.stop()]));

describe('the console with a pasted token', () => {
  it('lets an operator in, says who that is, and forgets the token on the way out', async () => {
    const { page, offences } = await openConsole(browser, stack);
    expect(await seriousFindings(page)).toEqual([]);
    await pasteToken(page, await stack.adminToken());
    expect(await page.locator('.caller').textContent()).toBe('admin:ops:alice');
    expect(await page.locator('.role').textContent()).toBe('operator');
    expect(await seriousFindings(page)).toEqual([]);
    const kept = () =>
      page.evaluate(() => [localStorage.length, sessionStorage.length, document.cookie, location.search]);
    expect(await kept()).toEqual([0, 0, '', '']);
    await page.getByRole('button', { name: 'Log out' }).click();
    await page.getByRole('alert').getByText('Logged out', { exact: true }).waitFor();
    expect(await page.getByLabel('Admin token').inputValue()).toBe('');
    expect(offences).toEqual([]);
  });

  it('says what a token is refused for, and shows a reader that nothing can be changed', async () => {
    const { page } = await openConsole(browser, stack);
    await page.getByLabel('Admin token').fill('not.a.token');
    await page.getByLabel('Admin token').press('Enter');
    await page.getByRole('alert').getByText('Unauthorized (401)').waitFor();
    await pasteToken(page, await stack.adminToken({ scope: 'revocations:read' }));
    expect(await page.locator('.role').textContent()).toBe('read-only');
  });

  it('ends the session once its token is no longer taken', async () => {
    const { page } = await openConsole(browser, stack);
    await pasteToken(page, await stack.adminToken({ jti: 'to-be-revoked' }));
    const revoked = await fetch(`${stack.gateway.controlUrl}/v1/revocations`, {
      method: 'POST',
      headers: { Authorization: `Bearer ${await stack.adminToken()}`, 'Content-Type': 'application/json' },
      body: JSON.stringify({ issuer: stack.issuer.url, jti: 'to-be-revoked' }),
    });
    expect(revoked.status).toBe(201);
    await page.getByRole('alert').getByText('Logged out', { exact: true }).waitFor({ timeout: 30_000 });
  });

  it('is used without a mouse', async () => {
    const { page } = await loggedIn(browser, stack);
    await page.locator('body').press('Tab');
    expect(await page.evaluate(() => document.activeElement?.textContent)).toBe('Skip to the page');
    await page.keyboard.press('Enter');
    expect(await page.evaluate(() => document.activeElement?.tagName)).toBe('H1');
  });

  it('cannot be framed, and runs no script that is not its own', async () => {
    const { page, offences } = await openConsole(browser, stack);
    await page
      .evaluate(() => {
        const script = document.createElement('script');
        script.textContent = "window.__pwned = 'inline'";
        document.body.append(script);
      })
      .catch(() => undefined);
    await vi.waitFor(() => expect(offences.join()).toMatch(/require-trusted-types-for|script-src/), {
      timeout: 20_000,
    });
    expect(offences.join()).not.toContain('a script ran');
  });
});
