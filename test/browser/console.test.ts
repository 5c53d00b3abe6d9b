import type { Route } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it, onTestFinished, vi } from 'vitest';
import { startBrowser, type TestBrowser, under } from '../fixtures/browser.ts';
import { type ConsoleStack, startConsole } from '../fixtures/console.ts';
import { startScriptedServer } from '../fixtures/http-faults.ts';
import { seriousFindings } from './axe.ts';
import { loggedIn, openConsole, pasteToken } from './console-page.ts';

/** A page that shows another in a frame. */
async function serveFrame(url: string): Promise<{ readonly port: number }> {
  const server = await startScriptedServer((_request, response) =>
    response.writeHead(200, { 'content-type': 'text/html' }).end(`<iframe src="${url}"></iframe>`),
  );
  onTestFinished(server.stop);
  return server;
}

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

  it('is not ended by a late answer to the session before it', async () => {
    const { page } = await openConsole(browser, stack);
    const held: Route[] = [];
    await page.route('**/v1/metrics', (route) => (held.length === 0 ? held.push(route) : route.continue()));
    await pasteToken(page, await stack.adminToken());
    await vi.waitFor(() => expect(held).toHaveLength(1), { timeout: 20_000 });
    await page.getByRole('button', { name: 'Log out' }).click();
    await pasteToken(page, await stack.adminToken({ sub: 'bob' }));
    const late = page.waitForResponse((response) => response.status() === 401);
    await held[0]?.fulfill({ status: 401, json: { title: 'Unauthorized' } });
    await late;
    await page.getByRole('heading', { name: 'Requests a second' }).waitFor();
    expect(await page.locator('.caller').textContent()).toBe('admin:ops:bob');
  });

  it('forgets the token when its page is left, though a browser may keep the page whole', async () => {
    const { page } = await loggedIn(browser, stack);
    await page.evaluate(() => dispatchEvent(new PageTransitionEvent('pagehide', { persisted: true })));
    await page.getByRole('alert').getByText('Logged out', { exact: true }).waitFor();
  });

  it('is used without a mouse', async () => {
    const { page } = await loggedIn(browser, stack);
    await page.locator('body').press('Tab');
    expect(await page.evaluate(() => document.activeElement?.textContent)).toBe('Skip to the page');
    await page.keyboard.press('Enter');
    expect(await page.evaluate(() => document.activeElement?.tagName)).toBe('H1');
  });

  it('cannot be framed, by another site or by its own', async () => {
    const page = await browser.page();
    for (const site of ['app.localhost', 'localhost'] as const) {
      const frames = await serveFrame(stack.url);
      await page.goto(under(site, frames));
      const [framed] = page.frames().slice(1);
      await vi.waitFor(() => expect(framed?.url()).toBe('chrome-error://chromewebdata/'), {
        timeout: 20_000,
      });
      expect(await framed?.locator('#app').count()).toBe(0);
    }
  });

  it('runs no script that is not its own', async () => {
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
