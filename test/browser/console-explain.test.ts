import type { Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startBrowser, type TestBrowser } from '../fixtures/browser.ts';
import { type ConsoleStack, startConsole, startConsoleWithGateway } from '../fixtures/console.ts';
import { loggedIn } from './console-page.ts';
import { expectSound, VIEWS } from './console-views.ts';
import { HOSTILE } from './hostile-text.ts';

let stack: ConsoleStack;
let browser: TestBrowser;

const open = (options = {}) => loggedIn(browser, stack, { path: '/explain', ...options });
const expired = () => {
  const now = Math.floor(Date.now() / 1_000);
  return stack.issuer.sign({ scope: 'orders:read', iat: now - 780, exp: now - 190 });
};
const ask = (page: Page) => page.getByRole('button', { name: 'Send and ask the gateway' }).click();
const answer = (page: Page) => page.getByRole('region', { name: 'What the gateway says' });

beforeAll(async () => {
  [stack, browser] = await Promise.all([startConsoleWithGateway(), startBrowser()]);
});
afterAll(() => Promise.all([browser?.stop(), stack?.stop()]));

describe('Explain', () => {
  it('reads a token in the browser, and sends it when told to alone', async () => {
    const { page, offences } = await open();
    const token = await expired();
    const sent: string[] = [];
    page.on('request', (request) => void sent.push(`${request.url()} ${request.postData() ?? ''}`));
    await page.getByLabel('Token', { exact: true }).fill(token);
    await page.getByText('expired 3 min ago').waitFor();
    await page.getByRole('region', { name: 'The token' }).getByText('orders:read').waitFor();
    await page.getByLabel('URL').fill('api.test/orders/7');
    expect(sent.join('\n')).not.toContain(token);
    await ask(page);
    await answer(page).getByText('401 expired').waitFor();
    await answer(page)
      .getByText(/^The token expired: its "exp" is .*3 min ago/)
      .waitFor();
    await answer(page).getByText('Its times').waitFor();
    expect(sent.filter((each) => each.includes(token))).toEqual([
      expect.stringContaining(`/v1/explain {"method":"GET","url":"https://api.test/orders/7"`),
    ]);
    expect(
      await page.evaluate(() => [localStorage.length, sessionStorage.length, location.href.includes('ey')]),
    ).toEqual([0, 0, false]);
    expect(stack.gateway.output()).not.toContain(token.split('.')[1]);
    expect(offences).toEqual([]);
  });

  it('forgets the token on leaving the page, and when told to', async () => {
    const { page } = await open();
    const signature = (await expired()).split('.')[2];
    await page.getByLabel('Token', { exact: true }).fill(await expired());
    await page.getByRole('link', { name: 'Revocations' }).click();
    await page.getByRole('heading', { name: 'Revocations', level: 1 }).waitFor();
    await page.goBack();
    await page.getByText('Paste a token, and it is read here.').waitFor();
    expect(await page.getByLabel('Token', { exact: true }).inputValue()).toBe('');
    await page.getByLabel('Token', { exact: true }).fill(await expired());
    await page.getByRole('button', { name: 'Clear' }).click();
    await page.getByText('Paste a token, and it is read here.').waitFor();
    expect(await page.getByLabel('Token', { exact: true }).inputValue()).toBe('');
    expect(await page.content()).not.toContain(signature);
  });

  it('says what a route requires that the token has not, by keyboard alone', async () => {
    const { page } = await open();
    await page.getByLabel('Token', { exact: true }).focus();
    await page.keyboard.insertText(await stack.issuer.sign({ role: 'user' }));
    await page.keyboard.press('Tab');
    await page.keyboard.press('Tab');
    await page.keyboard.insertText('https://api.test/admin');
    await page.keyboard.press('Enter');
    await answer(page).getByText('403 claim_forbidden').waitFor();
    await answer(page).getByText('The route wants: role equals "admin"').waitFor();
    await answer(page).locator('.tree').getByText('role equals "admin"').waitFor();
    await answer(page).getByText('does not hold, the token has "user"').waitFor();
  });

  it('says which header is none, and what the gateway cannot read', async () => {
    const { page } = await open();
    await page.getByLabel('URL').fill('api.test/x');
    await page.getByLabel('Other headers').fill('A: 1\nno header');
    await ask(page);
    await page.getByRole('alert').getByText('Header line 2').waitFor();
    await page.getByLabel('Other headers').fill('');
    await page.getByLabel('URL').fill('ftp://api.test/with space');
    await ask(page);
    await page.getByRole('alert').getByText('no request that the gateway can read').waitFor();
  });

  it('runs nothing of a token or a request', async () => {
    const { page, offences } = await open();
    for (const text of HOSTILE) {
      const token = await stack.issuer.sign(
        { sub: text, [text]: [text], scope: text },
        { header: { kid: text } },
      );
      await page.getByLabel('Token', { exact: true }).fill(token);
      await page.getByLabel('URL').fill(`https://api.test/orders/${encodeURI(text)}`);
      await ask(page);
      await answer(page).getByText('401 key_not_found').waitFor();
      await page.getByRole('button', { name: 'Clear' }).click();
    }
    expect(await page.locator('#app script, #app iframe, #app img, #app svg').count()).toBe(0);
    expect(offences).toEqual([]);
  });

  it('says so where control knows no gateway', async () => {
    const alone = await startConsole();
    try {
      const { page } = await loggedIn(browser, alone, { path: '/explain' });
      await page.getByLabel('URL').fill('api.test/x');
      await ask(page);
      await page.getByRole('alert').getByText('CONTROL.console.gateway').waitFor();
    } finally {
      await alone.stop();
    }
  });
});

describe.each(VIEWS)('seen %s', (name, view) => {
  it('is accessible and fits', async () => {
    const { page } = await open(view);
    await page.getByLabel('Token', { exact: true }).fill(await expired());
    await page.getByLabel('URL').fill('https://api.test/orders/7');
    await ask(page);
    await answer(page).getByText('401 expired').waitFor();
    await expectSound(page, `explain-${name}`);
  });
});
