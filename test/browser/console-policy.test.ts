import type { Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startBrowser, type TestBrowser } from '../fixtures/browser.ts';
import { bearer, send } from '../fixtures/client.ts';
import { type ConsoleStack, startConsole, startConsoleWithGateway } from '../fixtures/console.ts';
import { loggedIn } from './console-page.ts';
import { expectSound, VIEWS } from './console-views.ts';
import { HOSTILE } from './hostile-text.ts';

let stack: ConsoleStack;
let browser: TestBrowser;

const open = (options = {}) => loggedIn(browser, stack, { path: '/policy', ...options });
const routes = (page: Page) =>
  page.getByRole('table', { name: 'Routes and what each requires' }).locator('tbody tr');
const reach = (page: Page) => page.getByRole('region', { name: 'Who may reach a path' });
const find = async (page: Page, method: string, url: string) => {
  await page.getByLabel('Method').fill(method);
  await page.getByLabel('Host and path').fill(url);
  await page.getByRole('button', { name: 'Find its route' }).click();
};

const reporting = (origin: string) => ({
  reporting: { path: '/reporting/*', origin, issuers: ['main'], scope: ['x:read'], enforce: 'report' },
  slow: {
    path: '/slow/*',
    origin,
    issuers: ['main'],
    require: { any: [{ scope: ['a'] }, { not: { claim: 'role', equals: HOSTILE[0] } }] },
    revocation: { mode: 'cached', max_staleness: '30s' },
  },
});

beforeAll(async () => {
  const origin = 'http://127.0.0.1:9';
  [stack, browser] = await Promise.all([
    startConsoleWithGateway({
      gateway: {
        ROUTES_MORE: reporting(origin),
        CANDIDATE_ROUTES: {
          orders: { path: '/orders/*', origin, issuers: ['main'], scope: ['orders:read', 'orders:list'] },
        },
        GATEWAY: { explain: { issuer: 'staff', scope: ['revocations:read'] }, candidate_share: 100 },
      },
    }),
    startBrowser(),
  ]);
  await send(stack.gateway, 'GET', '/reporting/1');
  await send(stack.gateway, 'GET', '/orders/1', [bearer(await stack.issuer.sign({ scope: 'orders:read' }))]);
});
afterAll(() => Promise.all([browser?.stop(), stack?.stop()]));

describe('Policy', () => {
  it('shows what each route requires, and opens one by keyboard', async () => {
    const { page, offences } = await open();
    const orders = routes(page).filter({ hasText: '/orders/*' });
    await orders.getByText('a token with scope orders:read').waitFor();
    await routes(page).filter({ hasText: '/public/*' }).getByText('nothing: it is public').waitFor();
    await routes(page).filter({ hasText: '/slow/*' }).getByText('within 30 s').waitFor();
    await routes(page).filter({ hasText: '/reporting/*' }).getByText('only reports').waitFor();
    await orders.getByRole('button').focus();
    await page.keyboard.press('Enter');
    const dialog = page.getByRole('dialog', { name: 'Route orders' });
    await dialog.getByText('GET, POST, PUT').waitFor();
    await dialog.getByText('a revocation bites with the next request').waitFor();
    await page.keyboard.press('Escape');
    expect(offences).toEqual([]);
  });

  it('says who may reach a path, and why nobody', async () => {
    const { page } = await open();
    await find(page, 'GET', 'api.test/admin');
    await reach(page).getByText('It requires a token with role equals "admin"').waitFor();
    await find(page, 'GET', 'api.test/public/x');
    await reach(page).getByText('It requires nothing: it is public').waitFor();
    await find(page, 'DELETE', 'api.test/orders/7');
    await reach(page).getByText('Nobody: method_not_allowed').waitFor();
    await reach(page).getByText('The route is for GET, POST, PUT').waitFor();
    await find(page, 'GET', 'api.test/nowhere');
    await reach(page).getByText('No route is for api.test/nowhere.').waitFor();
    await find(page, 'GET', 'api.test/orders%2F7');
    await reach(page).getByText('Nobody:').waitFor();
  });

  it('counts what would be refused, and what a candidate decides otherwise', async () => {
    const { page } = await open();
    await page
      .getByRole('table', { name: 'What routes that only report would have refused' })
      .getByText('credentials_missing')
      .waitFor({ timeout: 40_000 });
    await page.getByText('Decided otherwise so far').waitFor({ timeout: 40_000 });
    const row = page
      .getByRole('table', { name: 'Routes of the candidate that are others' })
      .locator('tbody tr');
    expect(await row.count()).toBe(1);
    await row.getByText('scope orders:read and orders:list').waitFor();
  });

  it('tells of a revocation how soon it bites, route by route', async () => {
    const { page } = await loggedIn(browser, stack, { path: '/revocations' });
    await page.getByLabel('Its identifier').fill('user-1');
    await page.getByRole('button', { name: 'See what it hits' }).click();
    const dialog = page.getByRole('dialog', { name: 'What this revokes' });
    await dialog.getByText('within 30 s: slow').waitFor();
    await dialog.getByText(/^with the next request: .*orders/).waitFor();
    await dialog.getByText(/^never, until the token expires: .*unchecked/).waitFor();
  });

  it('runs nothing of a policy or of what is typed', async () => {
    const { page, offences } = await open();
    await routes(page).filter({ hasText: '/slow/*' }).getByText('__pwned').waitFor();
    await routes(page).filter({ hasText: '/slow/*' }).getByRole('button').click();
    await page.getByRole('dialog').getByText('__pwned').waitFor();
    await page.keyboard.press('Escape');
    for (const text of HOSTILE) {
      await find(page, 'GET', `api.test/nowhere/${encodeURI(text)}`);
      await reach(page).getByText('Nobody:').waitFor();
    }
    expect(await page.locator('#app script, #app iframe, #app img, #app svg').count()).toBe(0);
    expect(offences).toEqual([]);
  });

  it('says so where the gateway does not answer this admin, and where control knows none', async () => {
    const alone = await startConsole();
    try {
      const { page } = await loggedIn(browser, alone, { path: '/policy' });
      await page.getByRole('alert').getByText('CONTROL.console.gateway').waitFor();
    } finally {
      await alone.stop();
    }
  });
});

describe.each(VIEWS)('seen %s', (name, view) => {
  it('is accessible and fits', async () => {
    const { page } = await open(view);
    await routes(page).first().waitFor();
    await find(page, 'GET', 'api.test/admin');
    await reach(page).getByText('It requires').waitFor();
    await page
      .getByRole('table', { name: 'What routes that only report would have refused' })
      .waitFor({ timeout: 40_000 });
    await expectSound(page, `policy-${name}`);
    await routes(page).filter({ hasText: '/slow/*' }).getByRole('button').click();
    await expectSound(page, `policy-${name}-route`);
  });
});
