import type { Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startBrowser, type TestBrowser } from '../fixtures/browser.ts';
import { bearer, send } from '../fixtures/client.ts';
import { type ConsoleStack, startConsole } from '../fixtures/console.ts';
import { loggedIn } from './console-page.ts';
import { expectSound, VIEWS } from './console-views.ts';
import { HOSTILE } from './hostile-text.ts';

let stack: ConsoleStack;
let browser: TestBrowser;

const revoke = async (target: Record<string, string>) => {
  const answer = await fetch(`${stack.gateway.controlUrl}/v1/revocations`, {
    method: 'POST',
    headers: { Authorization: `Bearer ${await stack.adminToken()}`, 'Content-Type': 'application/json' },
    body: JSON.stringify({ issuer: stack.issuer.url, ...target }),
  });
  expect(answer.status).toBe(201);
};
const rows = (page: Page) => page.getByRole('table', { name: 'Revocations' }).locator('tbody tr');
const open = (options = {}) => loggedIn(browser, stack, { path: '/revocations', ...options });

beforeAll(async () => {
  [stack, browser] = await Promise.all([startConsole(), startBrowser()]);
  await revoke({ sub: 'user-1', reason: 'laptop stolen' });
  await revoke({ sub: 'user-1', reason: 'and again' });
  await revoke({ sid: 'session-1' });
  for (const text of HOSTILE) await revoke({ client_id: text, reason: text });
});
afterAll(() => Promise.all([browser?.stop(), stack?.stop()]));

describe('Revocations', () => {
  it('revokes a pasted token by its name, which the gateway then refuses, and takes it back', async () => {
    const token = await stack.issuer.sign({ scope: 'orders:read', jti: 'from-the-page', sub: 'user-9' });
    const status = async () =>
      (await send(stack.gateway, 'GET', '/orders/1', [bearer(token)])).response.status;
    expect(await status()).toBe(200);
    const { page, offences } = await open();
    const sent: string[] = [];
    page.on('request', (request) => void sent.push(`${request.url()} ${request.postData()}`));
    await page.getByText('Fill in from a token').click();
    await page.getByLabel('Token', { exact: true }).fill(`Bearer ${token}`);
    await page.getByText(/^expires in/).waitFor();
    expect(await page.getByLabel('Token', { exact: true }).inputValue()).toBe('');
    await page.getByRole('button', { name: 'Token from-the-page' }).click();
    await page.getByLabel('Reason, for the trail').fill('seen in a log');
    await page.getByRole('button', { name: 'See what it hits' }).click();
    const preview = page.getByRole('dialog', { name: 'What this revokes' });
    await preview.getByText('the one token with this identifier').waitFor();
    await preview.getByText(/^in \d+ (h|d)$/).waitFor();
    await expectSound(page, 'revocations-preview');
    // Seen, and nothing done yet.
    expect(await status()).toBe(200);
    await preview.getByRole('button', { name: 'Revoke' }).click();
    await preview.waitFor({ state: 'hidden' });
    const row = rows(page).filter({ hasText: 'from-the-page' });
    await row.waitFor();
    expect(await status()).toBe(401);
    await row.getByRole('button').click();
    const dialog = page.getByRole('dialog', { name: 'Token revoked' });
    await dialog.getByText('admin:ops:alice').waitFor();
    await dialog.getByRole('button', { name: 'Un-revoke …' }).click();
    await dialog.getByText('The gateway will take again the one token').waitFor();
    expect(await status()).toBe(401);
    await dialog.getByRole('button', { name: 'Yes, un-revoke' }).click();
    await row.waitFor({ state: 'detached' });
    expect(await status()).toBe(200);
    expect(sent.join('\n')).not.toContain(token.split('.')[2]);
    expect(await page.content()).not.toContain(token.split('.')[2]);
    expect(offences).toEqual([]);
  });

  it('finds an entry by its kind and identifier, and shows who revoked it before', async () => {
    const { page } = await open();
    await page.getByLabel('Kind').selectOption('sub');
    await page.getByLabel('Identifier', { exact: true }).fill('user-1');
    await page.getByLabel('Identifier', { exact: true }).press('Tab');
    await rows(page).getByText('sub user-1').click();
    expect(await page.getByRole('dialog').locator('.trail li').allTextContents()).toEqual([
      expect.stringContaining('laptop stolen'),
      expect.stringContaining('and again'),
    ]);
    await page.keyboard.press('Escape');
    await page.getByLabel('Identifier', { exact: true }).fill('nobody');
    await page.getByLabel('Identifier', { exact: true }).press('Tab');
    await page.getByText('Nothing that fits is revoked').waitFor();
    expect(page.url()).toContain('kind=sub&value=nobody');
  });

  it('revokes and takes back by keyboard alone', async () => {
    const { page } = await open();
    await page.getByLabel('Its identifier').focus();
    await page.keyboard.type('by-keyboard');
    await page.keyboard.press('Enter');
    const preview = page.getByRole('dialog', { name: 'What this revokes' });
    await preview.waitFor();
    // Close, Revoke.
    await page.keyboard.press('Tab');
    await page.keyboard.press('Enter');
    const row = rows(page).filter({ hasText: 'sub by-keyboard' });
    await row.getByRole('button').focus();
    await page.keyboard.press('Enter');
    await page.getByRole('dialog', { name: 'Subject revoked' }).waitFor();
    await page.keyboard.press('Tab');
    await page.keyboard.press('Enter');
    await page.getByRole('button', { name: 'Leave it revoked' }).waitFor();
    await page.getByRole('button', { name: 'Yes, un-revoke' }).focus();
    await page.keyboard.press('Enter');
    await row.waitFor({ state: 'detached' });
  });

  it('says what the API refuses', async () => {
    const { page } = await open();
    await page.getByLabel('Its identifier').fill('x');
    await page.getByLabel('Of the issuer').fill('https://nobody.test');
    await page.getByRole('button', { name: 'See what it hits' }).click();
    await page.getByRole('alert').getByText('is not a configured issuer').waitFor();
  });

  it('offers a reader nothing that changes anything', async () => {
    const { page } = await open({ claims: { scope: 'revocations:read' } });
    await rows(page).getByText('sub user-1').click();
    await page.getByRole('dialog').getByText('laptop stolen').waitFor();
    expect(await page.getByRole('button', { name: /revoke|See what it hits/i }).count()).toBe(
      await rows(page)
        .getByRole('button', { name: /revoke/i })
        .count(),
    );
    expect(await page.getByLabel('Its identifier').count()).toBe(0);
  });

  it('runs nothing of what stands in an entry', async () => {
    const { page, offences } = await open();
    const hostile = rows(page).filter({ hasText: '__pwned' });
    await hostile.first().waitFor();
    expect(await hostile.count()).toBe(HOSTILE.length);
    for (let i = 0; i < HOSTILE.length; i++) {
      await hostile.nth(i).getByRole('button').click();
      await page.getByRole('dialog').getByText('Who, when, why').waitFor();
      await page.keyboard.press('Escape');
    }
    const token = await stack.issuer.sign({ iss: HOSTILE[0], jti: HOSTILE[1], sub: HOSTILE[2] });
    await page.getByText('Fill in from a token').click();
    await page.getByLabel('Token', { exact: true }).fill(token);
    await page.getByRole('button', { name: /^Token/ }).click();
    await page.getByRole('button', { name: 'See what it hits' }).click();
    await page.getByRole('alert').waitFor();
    expect(await page.locator('#app script, #app iframe, #app img, #app svg').count()).toBe(0);
    expect(offences).toEqual([]);
  });
});

describe.each(VIEWS)('seen %s', (name, view) => {
  it('is accessible and fits', async () => {
    const { page } = await open(view);
    await rows(page).first().waitFor();
    await expectSound(page, `revocations-${name}`);
    await rows(page).filter({ hasText: 'user-1' }).getByRole('button').click();
    await page.getByRole('dialog').getByRole('button', { name: 'Un-revoke …' }).click();
    await expectSound(page, `revocations-${name}-undo`);
  });
});
