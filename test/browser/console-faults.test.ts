import type { Page, Route } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startBrowser, type TestBrowser } from '../fixtures/browser.ts';
import { type ConsoleStack, startConsoleWithGateway } from '../fixtures/console.ts';
import { loggedIn, openConsole } from './console-page.ts';
import { expectSound } from './console-views.ts';

let stack: ConsoleStack;
let browser: TestBrowser;

const api = async (path: string, body: object) => {
  const answer = await fetch(`${stack.gateway.controlUrl}${path}`, {
    method: 'POST',
    headers: { Authorization: `Bearer ${await stack.adminToken()}`, 'Content-Type': 'application/json' },
    body: JSON.stringify(body),
  });
  expect(answer.status).toBeLessThan(300);
  return (await answer.json()) as { revoked?: boolean };
};
const revoke = (target: Record<string, string>) =>
  api('/v1/revocations', { issuer: stack.issuer.url, ...target });
const isRevoked = async (sub: string) =>
  (await api('/v1/revocations/lookup', { issuer: stack.issuer.url, sub })).revoked;
const rows = (page: Page) => page.getByRole('table', { name: 'Revocations' }).locator('tbody tr');
const go = async (page: Page, title: string) => {
  await page
    .getByRole('navigation', { name: 'Pages' })
    .getByRole('link', { name: title, exact: true })
    .click();
  await page.getByRole('heading', { name: title, level: 1 }).waitFor();
};
/** Holds what fits until it is let go, once. */
async function hold(
  page: Page,
  url: string,
): Promise<{ readonly asked: Promise<Route>; readonly count: () => number }> {
  let count = 0;
  const asked = new Promise<Route>((resolve) => {
    void page.route(url, (route) => {
      if (route.request().method() !== 'POST' && !url.includes('cursor')) return route.continue();
      count++;
      resolve(route);
    });
  });
  return { asked, count: () => count };
}

beforeAll(async () => {
  [stack, browser] = await Promise.all([startConsoleWithGateway(), startBrowser()]);
});
afterAll(() => Promise.all([browser?.stop(), stack?.stop()]));

const FAULTS = [
  [{ status: 403, json: { title: 'Forbidden', detail: 'Not yours.' } }, 'Not yours.'],
  [{ status: 404, json: { title: 'Not Found', detail: 'None here.' } }, 'None here.'],
  [{ status: 409, json: { title: 'Conflict', detail: { no: 'text' }, errors: 'none' } }, 'said no more'],
  [{ status: 429, json: { title: 'Too Many Requests', detail: 'Later.' } }, 'Later.'],
  [{ status: 500, body: '<h1>failed</h1>', contentType: 'text/html' }, 'Status 500'],
  [{ status: 503, body: '' }, 'Status 503'],
  [{ status: 200, body: '<h1>Log in</h1>', contentType: 'text/html' }, 'not what control answers'],
  [{ status: 200, body: '{"revocations":[' }, 'not what control answers'],
  [{ status: 200, json: {} }, /not what control answers|could not show/],
  ['lost', 'could not be reached'],
] as const;

describe('while control does not answer as it should', () => {
  it.each([
    ['Revocations', '**/v1/revocations?*'],
    ['Policy', '**/v1/policy'],
    ['Sessions and keys', '**/v1/keys'],
    ['Explain', '**/v1/explain'],
  ])('%s says what it is, and the rest goes on', async (title, url) => {
    const { page, offences } = await loggedIn(browser, stack);
    for (const [answer, said] of FAULTS) {
      await page.route(url, (route) => (answer === 'lost' ? route.abort() : route.fulfill(answer)));
      await go(page, title);
      if (title === 'Explain') {
        await page.getByLabel('URL').fill('api.test/orders/1');
        await page.getByRole('button', { name: 'Send and ask the gateway' }).click();
      }
      await page.getByRole('alert').getByText(said).first().waitFor();
      await page.unroute(url);
      await go(page, 'Now');
    }
    expect(offences).toEqual([]);
  });

  it.each([{}, { may: 'everything', may_revoke: 'all' }])(
    'lets nobody in who it says nothing of: %j',
    async (said) => {
      const { page, offences } = await openConsole(browser, stack);
      await page.route('**/v1/whoami', (route) => route.fulfill({ status: 200, json: said }));
      await page.getByLabel('Admin token').fill(await stack.adminToken());
      await page.getByRole('button', { name: 'Use this token' }).click();
      await page.getByRole('alert').getByText('not what control answers').waitFor();
      expect(offences).toEqual([]);
    },
  );
});

describe('Revocations while somebody hurries', () => {
  const preview = (page: Page) => page.getByRole('dialog', { name: 'What this revokes' });
  const previewed = async (page: Page, sub: string) => {
    await page.getByLabel('Its identifier').fill(sub);
    await page.getByRole('button', { name: 'See what it hits' }).click();
  };

  it('revokes what was previewed, whatever was typed meanwhile', async () => {
    const { page } = await loggedIn(browser, stack, { path: '/revocations' });
    const held = await hold(page, '**/v1/revocations/preview');
    await previewed(page, 'seen');
    const route = await held.asked;
    await page.getByLabel('Its identifier').fill('typed-since');
    await route.continue();
    await preview(page).getByText('seen', { exact: true }).waitFor();
    await preview(page).getByText('the moment of revoking').waitFor();
    await preview(page).getByRole('button', { name: 'Revoke' }).click();
    await preview(page).waitFor({ state: 'hidden' });
    expect([await isRevoked('seen'), await isRevoked('typed-since')]).toEqual([true, false]);
  });

  it('stays with an order until it is answered, gives it once, and says when nobody knows what became of it', async () => {
    const { page } = await loggedIn(browser, stack, { path: '/revocations' });
    await previewed(page, 'in-doubt');
    const held = await hold(page, '**/v1/revocations');
    await preview(page).getByRole('button', { name: 'Revoke' }).dblclick();
    const route = await held.asked;
    await page.keyboard.press('Escape');
    await page.keyboard.press('Escape');
    await preview(page).waitFor();
    for (const name of ['Revoke', 'Cancel', 'Close']) {
      expect(await preview(page).getByRole('button', { name }).isDisabled(), name).toBe(true);
    }
    // Carried out, and the answer lost.
    expect((await route.fetch()).status()).toBe(201);
    await route.abort();
    await preview(page).getByRole('alert').getByText('Whether it was done is not known').waitFor();
    expect(held.count()).toBe(1);
    await page.unroute('**/v1/revocations');
    await preview(page).getByRole('button', { name: 'Cancel' }).click();
    await rows(page).filter({ hasText: 'in-doubt' }).waitFor();
  });

  it('takes back an entry as it stands by then, and none that has gone', async () => {
    await revoke({ sub: 'twice', reason: 'the first' });
    const { page } = await loggedIn(browser, stack, { path: '/revocations' });
    const open = () => rows(page).filter({ hasText: 'sub twice' }).getByRole('button').click();
    const dialog = page.getByRole('dialog', { name: 'Subject revoked' });
    await open();
    await dialog.locator('q', { hasText: 'the first' }).waitFor();
    await revoke({ sub: 'twice', reason: 'the second' });
    await dialog.getByRole('button', { name: 'Un-revoke …' }).click();
    await dialog.locator('q', { hasText: 'the second' }).waitFor();
    await dialog.getByRole('button', { name: 'Yes, un-revoke' }).waitFor();
    await page.keyboard.press('Escape');
    await open();
    const answer = await fetch(`${stack.gateway.controlUrl}/v1/revocations`, {
      method: 'DELETE',
      headers: { Authorization: `Bearer ${await stack.adminToken()}`, 'Content-Type': 'application/json' },
      body: JSON.stringify({ issuer: stack.issuer.url, sub: 'twice' }),
    });
    expect(await answer.json()).toEqual({ removed: true });
    await dialog.getByRole('button', { name: 'Un-revoke …' }).click();
    await dialog.getByRole('alert').getByText('The entry has gone').waitFor();
    expect(await dialog.getByRole('button', { name: 'Yes, un-revoke' }).count()).toBe(0);
  });

  it('shows no late page of the search before', async () => {
    const many = Array.from({ length: 130 }, (_, i) => ({ issuer: stack.issuer.url, sid: `many-${i}` }));
    await api('/v1/revocations', { revocations: many.slice(0, 65) });
    await api('/v1/revocations', { revocations: many.slice(65) });
    await revoke({ client_id: 'the-one' });
    const { page, offences } = await loggedIn(browser, stack, { path: '/revocations?kind=sid' });
    await page.getByRole('button', { name: 'More' }).waitFor();
    expect(await rows(page).count()).toBe(100);
    const held = await hold(page, '**/v1/revocations?*cursor=*');
    await page.getByRole('button', { name: 'More' }).click();
    const route = await held.asked;
    // Given up, or its answer would come into another list.
    const over = page.waitForEvent('requestfailed', (request) => request.url().includes('cursor='));
    await page.getByLabel('Kind').selectOption('client_id');
    await over;
    await rows(page).filter({ hasText: 'the-one' }).waitFor();
    await route.abort().catch(() => undefined);
    expect(await page.getByRole('alert').count()).toBe(0);
    await page.unroute('**/v1/revocations?*cursor=*');
    await page.getByLabel('Kind').selectOption('sid');
    await rows(page).filter({ hasText: 'many-' }).first().waitFor();
    await page.getByRole('button', { name: 'More' }).click();
    await rows(page).nth(129).waitFor();
    expect(await rows(page).filter({ hasText: 'the-one' }).count()).toBe(0);
    expect(offences).toEqual([]);
  });

  it('takes no parameter of the API out of an address', async () => {
    const { page } = await openConsole(browser, {
      url: `${stack.url}#/revocations?kind=limit&value=0&within=1e9&cursor=x&issuer=`,
    });
    const asked = page.waitForRequest('**/v1/revocations?*');
    await page.getByLabel('Admin token').fill(await stack.adminToken());
    await page.getByRole('button', { name: 'Use this token' }).click();
    expect(new URL((await asked).url()).search).toBe('?limit=100');
  });
});

describe('text that nobody sees as it is', () => {
  // Right-to-left override, a zero-width space and joiner, an isolate, a line separator, a control.
  const UNSEEN = 'gpj.\u202exe\u200bc\u200d\u2066a\u2028b\u0085';
  const SEEN = 'gpj.\\u{202e}xe\\u{200b}c\\u{200d}\\u{2066}a\\u{2028}b\\u{85}';

  it('is written out, and still is what is revoked and taken back', async () => {
    await revoke({ client_id: UNSEEN, reason: 'why\u202e' });
    const { page } = await loggedIn(browser, stack, { path: '/revocations?kind=client_id' });
    const row = rows(page).filter({ hasText: SEEN });
    await row.getByText('why\\u{202e}').waitFor();
    await row.getByRole('button').click();
    await page.getByRole('dialog').getByText(SEEN, { exact: true }).waitFor();
    await page.getByRole('button', { name: 'Un-revoke …' }).click();
    await page.getByRole('button', { name: 'Yes, un-revoke' }).click();
    await row.waitFor({ state: 'detached' });
    expect(await page.locator('#app').textContent()).not.toMatch(/[\u202e\u200b]/);
  });

  it('is written out in a token and in what the gateway says of it', async () => {
    const { page } = await loggedIn(browser, stack, { path: '/explain' });
    const token = await stack.issuer.sign({ iss: UNSEEN, [UNSEEN]: [UNSEEN] });
    await page.getByLabel('Token', { exact: true }).fill(token);
    await page.getByLabel('URL').fill('api.test/orders/1');
    await page.getByRole('button', { name: 'Send and ask the gateway' }).click();
    const answer = page.getByRole('region', { name: 'What the gateway says' });
    await answer.getByText('issuer_untrusted').first().waitFor();
    await page.getByRole('region', { name: 'The token' }).getByText(SEEN).first().waitFor();
    expect(await page.locator('#app').textContent()).not.toMatch(/[\u202e\u200b]/);
  });
});

/** Each page, and what it shows once it is there. */
const LOADED: Readonly<Record<string, string>> = {
  Refusals: 'Nothing that fits has been refused',
  Explain: 'Paste a token',
  Revocations: 'xxxx',
  Policy: 'it is public',
  'Sessions and keys': 'Control has no token service to ask',
  Now: 'Revocation store',
};

describe.each([
  ['zoomed to 400 %', { viewport: { width: 320, height: 256 } }],
  ['in colours of the system', { forcedColors: 'active', viewport: { width: 1280, height: 900 } }],
] as const)('seen %s', (name, view) => {
  it('is accessible, fits, and leaves room for the page', async () => {
    const long = 'x'.repeat(1_000);
    await revoke({ sub: long, reason: 'y'.repeat(256) });
    const { page } = await loggedIn(browser, stack, view);
    for (const title of Object.keys(LOADED)) {
      await go(page, title);
      await page
        .getByText(LOADED[title] ?? '')
        .first()
        .waitFor();
      await expectSound(page, `${title}-${name}`.replaceAll(/\W+/g, '-'));
    }
    if (name === 'zoomed to 400 %') {
      await page.evaluate(() => scrollTo(0, document.documentElement.scrollHeight));
      const top = await page
        .locator('header.top')
        .evaluate((header) => header.getBoundingClientRect().bottom);
      expect(top).toBeLessThan(100);
    }
  });
});
