import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startBrowser, type TestBrowser } from '../fixtures/browser.ts';
import { freeFirstPort, runScript, Session } from '../fixtures/demo.ts';
import { openConsole, pasteToken } from './console-page.ts';
import { spoilAccess } from './spoil-access.ts';

/** What README.md says of the page that `npm run dev` shows. */
describe('npm run dev in a real browser', () => {
  let demo: Session;
  let browser: TestBrowser;
  let state: string;
  let app: string;
  let first: number;

  beforeAll(async () => {
    first = await freeFirstPort();
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
    page.waitForFunction((words) => document.body?.textContent.includes(words), text);
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

    await spoilAccess(visitor);
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

  // With CONSOLE_PICTURE its picture is written to that file: `npm run console:picture`.
  it('prints the address of the console, where one logs in, and what gives it something to show', {
    timeout: 240_000,
  }, async () => {
    const picture = process.env.CONSOLE_PICTURE;
    const [, url = '', traffic = ''] =
      /See what is decided, and why: (\S+)[\s\S]*?npm run --silent traffic -- (.*)/.exec(demo.output) ?? [];
    const port = ['--port', `${first}`];
    expect([url, traffic]).toEqual([`http://localhost:${first + 3}/console/`, port.join(' ')]);
    const seconds = picture === undefined ? '12' : '150';
    const answered = await runScript({ script: 'traffic' }, ...port, '--seconds', seconds);
    expect(answered).toMatch(/^Answered: \d+ × 200, \d+ × 401, \d+ × 403, \d+ × 404, \d+ × 405\n$/);
    const { page, offences } = await openConsole(
      browser,
      { url },
      { viewport: { width: 1200, height: 760 }, colorScheme: 'light' },
    );
    await page.getByRole('button', { name: `Log in at localhost:${first + 5}` }).click();
    await page.fill('input[name=name]', 'olga');
    await page.click('button');
    const refused = page.getByRole('list', { name: 'Refusals in the last half hour' });
    for (const reason of ['signature_invalid', 'scope_insufficient', 'method_not_allowed']) {
      await refused.getByText(reason).waitFor();
    }
    await page.getByText('No alarm runs, as judged').waitFor();
    if (picture !== undefined) await page.screenshot({ path: picture });
    await refused.getByText('signature_invalid').click();
    await page.getByRole('table', { name: 'Refused requests' }).getByText('/orders/5').first().waitFor();
    // Every page has something to show: the login is one that gateway and token service take as well.
    const open = (name: string) =>
      page.getByRole('navigation', { name: 'Pages' }).getByRole('link', { name }).click();
    await open('Policy');
    await page
      .getByRole('table', { name: 'Routes and what each requires' })
      .getByText('/orders/*')
      .first()
      .waitFor();
    await open('Sessions and keys');
    await page.getByRole('table', { name: 'Signing keys' }).getByText('current: signs').waitFor();
    await open('Revocations');
    await page.getByRole('button', { name: 'See what it hits' }).waitFor();
    expect(await page.getByRole('alert').count()).toBe(0);
    expect(offences).toEqual([]);
  });

  it('lets one in with a pasted token of the token service too, to what that token may see', async () => {
    const port = ['--port', `${first}`];
    const token = await runScript({ script: 'token' }, ...port, '--aud', `http://localhost:${first + 3}`);
    const { page } = await openConsole(browser, { url: `http://localhost:${first + 3}/console/#/sessions` });
    await pasteToken(page, token);
    await page.getByRole('alert').getByText('does not let this token').waitFor();
  });
});
