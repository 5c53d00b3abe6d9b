import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startBrowser, type TestBrowser } from '../fixtures/browser.ts';
import { freeFirstPort, Session } from '../fixtures/demo.ts';

/** What README.md says of the page that `npm run dev` shows. */
describe('npm run dev in a real browser', () => {
  let demo: Session;
  let browser: TestBrowser;
  let state: string;
  let app: string;

  beforeAll(async () => {
    const first = await freeFirstPort();
    app = `http://localhost:${first}/app/`;
    state = await mkdtemp(join(tmpdir(), 'portcullis-demo-'));
    demo = new Session('dev', '--port', `${first}`, '--state', state);
    [browser] = await Promise.all([startBrowser(), demo.says('Ctrl-C ends it all')]);
  });
  afterAll(async () => {
    await Promise.all([browser.stop(), demo.interrupt()]);
    await rm(state, { recursive: true, force: true });
  });

  const says = (page: Page, text: string) =>
    page.waitForFunction((words) => document.body.textContent.includes(words), text);
  const logIn = async (page: Page, name: string) => {
    await page.click('#login');
    await page.fill('input[name=name]', name);
    await page.click('button');
    await says(page, `Logged in as login|${name}`);
  };

  it('prints the address of a page that logs in, calls, refreshes silently, and logs out', async () => {
    expect(demo.output).toContain(app);
    const visitor = await browser.visitor();
    const page = await visitor.newPage();
    await page.goto(app);
    await says(page, 'Nobody is logged in');
    await page.click('#call');
    await page.waitForFunction(() => document.getElementById('answer')?.textContent === '401');
    await logIn(page, 'alice');
    expect(page.url()).toBe(app);
    await page.click('#call');
    await page.waitForFunction(() => document.getElementById('answer')?.textContent === '200');

    await visitor.clearCookies({ name: '__Host-session' });
    const refreshed = page.waitForResponse((response) => response.url().endsWith('/session/refresh'));
    await page.click('#call');
    expect((await refreshed).status()).toBe(200);
    await page.waitForFunction(() => document.getElementById('answer')?.textContent === '200');

    await page.click('#logout');
    await says(page, 'Nobody is logged in');
    await page.click('#call');
    await page.waitForFunction(() => document.getElementById('answer')?.textContent === '401');
  });

  it('lets one come back as somebody else', async () => {
    const page = await browser.page();
    await page.goto(app);
    await logIn(page, 'bob');
    await page.click('#logout');
    await says(page, 'Nobody is logged in');
    await logIn(page, 'carol');
  });
});
