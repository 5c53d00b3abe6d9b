import { afterAll, beforeAll, describe, expect, it, onTestFailed, vi } from 'vitest';
import { startBrowser, type TestBrowser } from '../fixtures/browser.ts';
import { bearer, send } from '../fixtures/client.ts';
import { type ConsoleStack, startConsole } from '../fixtures/console.ts';
import { seriousFindings } from './axe.ts';
import { loggedIn, openConsole, pasteToken } from './console-page.ts';
import { HOSTILE } from './hostile-text.ts';

let stack: ConsoleStack;
let browser: TestBrowser;

const hostileEvent = (text: string, index: number) => ({
  event: 'request',
  time: Date.now() / 1_000,
  reference: `${index}${text}`,
  method: text,
  host: text,
  path: `/${text}`,
  client: text,
  route: text,
  decision: text,
  reason: text,
  evidence: text,
  status: 401,
  issuer: text,
  audience: [text],
  unverified: { issuer: text, audience: [text], expiresAt: text },
  kid: text,
  [text]: text,
});

const read = async (path: string) => {
  const answer = await fetch(`${stack.gateway.controlUrl}${path}`, {
    headers: { Authorization: `Bearer ${await stack.adminToken()}` },
  });
  return (await answer.json()) as { refusals: { path: string }[]; series: unknown[] };
};

beforeAll(async () => {
  [stack, browser] = await Promise.all([startConsole(), startBrowser()]);
  const { gateway, issuer } = stack;
  const good = bearer(await issuer.sign({ scope: 'orders:read' }));
  for (let i = 0; i < 30; i++) await send(gateway, 'GET', `/orders/${i}`, [good]);
  for (let i = 0; i < 9; i++) await send(gateway, 'GET', `/orders/${i}`);
  const now = Math.floor(Date.now() / 1_000);
  const expired = bearer(await issuer.sign({ iat: now - 1_000, exp: now - 400 }));
  for (let i = 0; i < 14; i++) await send(gateway, 'GET', '/orders/expired', [expired]);
  await send(gateway, 'GET', '/orders/1', [bearer(await issuer.sign({ iss: HOSTILE[0] }))]);
  await send(gateway, 'GET', '/nowhere/at-all');
  // What a client can have logged by itself, and then whatever else a field could ever hold.
  for (const text of HOSTILE) {
    const token = await issuer.sign({ iss: text, aud: [text], sub: text }, { header: { kid: text } });
    await send(gateway, 'GET', '/orders/hostile-token', [bearer(token)]);
  }
  await gateway.metrics('add', {
    isolate: 'hostile',
    sequence: 1,
    sums: [],
    refusals: { events: HOSTILE.map(hostileEvent), dropped: 1 },
  });
  await vi.waitFor(
    async () => expect((await read('/v1/refusals?limit=1000')).refusals.length).toBeGreaterThan(30),
    {
      timeout: 40_000,
      interval: 500,
    },
  );
});
afterAll(() => Promise.all([browser?.stop(), stack?.stop()]));

const VIEWS = [
  ['light', { colorScheme: 'light', viewport: { width: 1280, height: 900 } }],
  ['dark', { colorScheme: 'dark', viewport: { width: 1280, height: 900 } }],
  ['phone', { colorScheme: 'light', viewport: { width: 375, height: 740 } }],
] as const;

describe('Now', () => {
  it('shows requests, refusals by reason, routes, issuers and the store', async () => {
    const { page, offences } = await loggedIn(browser, stack);
    await page.getByRole('heading', { name: 'Requests a second' }).waitFor();
    await page.getByRole('list', { name: 'Refusals in the last half hour' }).getByText('expired').waitFor();
    expect(await page.getByRole('img', { name: /^Requests a second/ }).getAttribute('aria-label')).toMatch(
      /\d+ denied, 30 allowed/,
    );
    await page.getByRole('table', { name: 'Slowest routes' }).getByText('orders').waitFor();
    const issuer = page.getByRole('table', { name: 'Issuers' }).getByRole('row', { name: /^main/ });
    await issuer.getByText('fresh').waitFor();
    expect(await issuer.locator('td').allInnerTexts()).toEqual([
      'main',
      expect.stringMatching(/^fresh \d+$/),
      expect.stringMatching(/^in \d+ min$/),
      expect.stringMatching(/^in \d+ h$/),
      expect.stringMatching(/ ago$|^just now$/),
      expect.stringMatching(/ ago$|^just now$/),
      'never',
    ]);
    // A notebook's width, where nothing is left out and nobody has to scroll sideways.
    await page.setViewportSize({ width: 1280, height: 900 });
    const scrolling = await page
      .locator('.scroll')
      .evaluateAll(
        (tables) => tables.filter(({ scrollWidth, clientWidth }) => scrollWidth > clientWidth).length,
      );
    expect(scrolling).toBe(0);
    await page.getByText('no isolate', { exact: true }).waitFor();
    await page.getByText('embedded (Durable Object)').waitFor();
    await page.getByRole('link', { name: 'expired' }).click();
    await page.getByRole('heading', { name: 'Refusals', level: 1 }).waitFor();
    expect(await page.getByLabel('Reason').inputValue()).toBe('expired');
    expect(offences).toEqual([]);
  });
});

describe('while control does not answer as it should', () => {
  const FAULTS = [
    ['403', { status: 403, json: { title: 'Forbidden', detail: 'Not yours.' } }, 'Not yours.'],
    ['429', { status: 429, json: { title: 'Too Many Requests', detail: 'Later.' } }, 'Later.'],
    ['503', { status: 503, body: '<h1>down</h1>' }, 'The control Worker said no more.'],
    [
      'a page in its place',
      { status: 200, body: '<h1>Log in</h1>' },
      'What came is not what control answers',
    ],
    [
      'other JSON',
      { status: 200, json: { at: 'noon', refusals: {} } },
      /not what control answers|could not show/,
    ],
  ] as const;
  // What the page of refusals says of 403 is told by a token without the scope for them.
  const faultsOf = (path: '/now' | '/refusals') =>
    FAULTS.filter(([name]) => path === '/now' || name !== '403').map((fault) => [path, ...fault] as const);
  it.each([...faultsOf('/refusals'), ...faultsOf('/now')])(
    '%s says so of %s',
    async (path, _, answer, said) => {
      const { page, offences } = await openConsole(browser, { url: `${stack.url}#${path}` });
      await page.route(path === '/now' ? '**/v1/metrics' : '**/v1/refusals?*', (route) =>
        route.fulfill(answer),
      );
      await pasteToken(page, await stack.adminToken());
      await page.getByRole('alert').getByText(said).waitFor();
      // The rest of the console goes on.
      await page.getByRole('link', { name: path === '/now' ? 'Refusals' : 'Now', exact: true }).click();
      await page.getByRole('heading', { name: path === '/now' ? 'Refusals' : 'Now', level: 1 }).waitFor();
      expect(await page.getByRole('alert').count()).toBe(0);
      expect(offences).toEqual([]);
    },
  );

  it('keeps what is there, and goes on once control answers again', async () => {
    const { page } = await loggedIn(browser, stack, { path: '/refusals' });
    const rows = page.getByRole('table', { name: 'Refused requests' }).locator('tbody tr');
    await rows.first().waitFor();
    await page.route('**/v1/refusals?*', (route) => route.abort());
    await page.getByRole('alert').getByText('could not be reached').waitFor();
    expect(await rows.count()).toBeGreaterThan(30);
    await page.unroute('**/v1/refusals?*');
    await page.getByRole('alert').waitFor({ state: 'hidden', timeout: 40_000 });
  });
});

describe('Refusals', () => {
  it('follows what is refused, and explains one without a mouse', async () => {
    const { page, offences } = await loggedIn(browser, stack, { path: '/refusals' });
    const rows = page.getByRole('table', { name: 'Refused requests' }).locator('tbody tr');
    await rows.first().waitFor();
    await send(stack.gateway, 'GET', '/orders/seen-live');
    const row = rows.filter({ hasText: '/orders/seen-live' });
    await row.waitFor({ timeout: 40_000 });
    await row.getByRole('button').focus();
    await page.keyboard.press('Enter');
    const dialog = page.getByRole('dialog', { name: '401 credentials_missing' });
    await dialog.getByText('What to do').waitFor();
    expect(await dialog.locator('.stages .refused').textContent()).toContain('Find the token');
    expect(await seriousFindings(page)).toEqual([]);
    await page.keyboard.press('Escape');
    await dialog.waitFor({ state: 'hidden' });
    expect(offences).toEqual([]);
  });

  it('leaves alone what somebody types while the list goes on', async () => {
    const { page } = await loggedIn(browser, stack, { path: '/refusals' });
    const rows = page.getByRole('table', { name: 'Refused requests' }).locator('tbody tr');
    await rows.first().waitFor();
    await page.getByLabel('Route').pressSequentially('ord');
    // The page renders anew for the button, and the text is not entered yet.
    await page.getByRole('button', { name: 'Hold the list' }).dispatchEvent('click');
    await page.getByRole('button', { name: 'Follow again' }).waitFor();
    expect(await page.getByLabel('Route').inputValue()).toBe('ord');
  });

  it('says of an expired token when that was, and filters by reason, route and address', async () => {
    const { page } = await loggedIn(browser, stack, { path: '/refusals' });
    const rows = page.getByRole('table', { name: 'Refused requests' }).locator('tbody tr');
    await page.getByLabel('Reason').selectOption('expired');
    await vi.waitFor(async () => expect(await rows.count()).toBe(14), { timeout: 20_000 });
    await rows.first().getByRole('button').click();
    await page
      .getByRole('dialog')
      .getByText(/^The token expired .*\d min before the request/)
      .waitFor();
    await page.getByRole('button', { name: 'Close' }).click();
    await page.getByLabel('Route').fill('no-such-route');
    await page.getByLabel('Route').press('Tab');
    await page.getByText('Nothing that fits has been refused lately').waitFor();
    expect(page.url()).toContain('reason=expired&route=no-such-route');
  });

  it('runs nothing of what clients wrote, in the list or in any explanation', async () => {
    const { page, offences } = await loggedIn(browser, stack, { path: '/refusals' });
    const rows = page.getByRole('table', { name: 'Refused requests' }).locator('tbody tr');
    await rows.first().waitFor();
    const hostile = rows.filter({ hasText: '__pwned' });
    const count = await hostile.count();
    expect(count).toBeGreaterThanOrEqual(HOSTILE.length);
    await page.getByRole('button', { name: 'Hold the list' }).click();
    for (let i = 0; i < count; i++) {
      await hostile.nth(i).getByRole('button').click();
      await page.getByRole('dialog').getByText('The event').waitFor();
      await page.keyboard.press('Escape');
    }
    expect(await page.locator('#app script, #app iframe, #app img, #app svg').count()).toBe(0);
    expect(offences).toEqual([]);
  });

  it('shows nothing to whoever lacks its scope, and says which that is', async () => {
    const scope = 'revocations:read revocations:write';
    const { page } = await loggedIn(browser, stack, { path: '/refusals', claims: { scope } });
    await page.getByText('Your token lacks the scope for that').waitFor();
    expect(await page.getByRole('table').count()).toBe(0);
  });

  it('shows nothing to whoever may not read', async () => {
    const answer = await fetch(`${stack.gateway.controlUrl}/v1/refusals`, {
      headers: { Authorization: `Bearer ${await stack.adminToken({ scope: 'other' })}` },
    });
    expect(answer.status).toBe(403);
  });
});

describe.each(VIEWS)('seen %s', (name, view) => {
  it.each(['/now', '/refusals'])(
    '%s has nothing that is seriously inaccessible, and no part beyond its width',
    async (path) => {
      const { page } = await loggedIn(browser, stack, { path, ...view });
      onTestFailed(async () => console.log(await browser.screenshot(page, `${name} ${path}`)));
      if (path === '/now') await page.getByRole('list', { name: 'Refusals in the last half hour' }).waitFor();
      else await page.getByRole('table', { name: 'Refused requests' }).waitFor();
      if (process.env.CONSOLE_PICTURES !== undefined) {
        await page.screenshot({
          path: `${process.env.CONSOLE_PICTURES}/${name}${path.replace('/', '-')}.png`,
          fullPage: true,
        });
        if (path === '/refusals') {
          await page.locator('tbody .row-button').nth(3).click();
          await page.getByRole('dialog').waitFor();
          await page.screenshot({ path: `${process.env.CONSOLE_PICTURES}/${name}-explained.png` });
          await page.keyboard.press('Escape');
        }
      }
      expect(await seriousFindings(page)).toEqual([]);
      expect(await page.evaluate(() => document.documentElement.scrollWidth <= innerWidth)).toBe(true);
    },
  );
});
