import { decodeJwt } from 'jose';
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startBrowser, type TestBrowser } from '../fixtures/browser.ts';
import { type ConsoleStack, startConsole } from '../fixtures/console.ts';
import { issuerTable } from '../fixtures/deployment.ts';
import { ADMIN_AUDIENCE, startTokenStack, type TokenStack } from '../fixtures/token-stack.ts';
import { openConsole, pasteToken } from './console-page.ts';
import { expectSound, VIEWS } from './console-views.ts';
import { HOSTILE } from './hostile-text.ts';

const ALL = 'revocations:read revocations:write token_service:read token_service:write';

let tokens: TokenStack;
let stack: ConsoleStack;
let browser: TestBrowser;

async function open({ scope = ALL, ...options }: { scope?: string } & object = {}) {
  const watched = await openConsole(browser, { url: `${stack.url}#/sessions` }, options);
  await pasteToken(watched.page, await tokens.adminToken({ scope }));
  return watched;
}
const keys = (page: Page) => page.getByRole('table', { name: 'Signing keys' }).locator('tbody tr');
const logins = (page: Page) => page.getByRole('table', { name: 'Logins' }).locator('tbody tr');
const find = async (page: Page, sub: string) => {
  await page.getByLabel('Subject (sub)').fill(sub);
  await page.getByLabel('Subject (sub)').press('Enter');
};

beforeAll(async () => {
  [tokens, browser] = await Promise.all([startTokenStack({}), startBrowser()]);
  const { iss = '' } = decodeJwt(await tokens.adminToken());
  stack = await startConsole({
    issuers: { staff: issuerTable({ url: iss }) },
    admins: { staff: { issuer: 'staff', audience: [ADMIN_AUDIENCE] } },
    console: { token_service: tokens.service.url },
  });
  await tokens.login('ann');
});
afterAll(() => Promise.all([browser?.stop(), stack?.stop(), tokens?.stop()]));

describe.each(VIEWS)('Sessions and keys seen %s', (name, view) => {
  it('is accessible and fits', async () => {
    const { page } = await open(view);
    await keys(page).first().waitFor();
    await find(page, 'ann');
    await logins(page).first().waitFor();
    await expectSound(page, `sessions-${name}`);
    await page.getByRole('button', { name: 'Withdraw' }).first().click();
    await page.getByRole('dialog').getByText('every token that it has signed').waitFor();
    await expectSound(page, `sessions-${name}-withdraw`);
  });
});

describe('Sessions and keys', () => {
  it('ends one login of a subject, and then all, by keyboard', async () => {
    const first = await tokens.login('bob');
    const second = await tokens.login('bob');
    const { page, offences } = await open();
    await find(page, 'bob');
    await logins(page).nth(1).waitFor();
    expect(await logins(page).count()).toBe(2);
    const { sid } = decodeJwt<{ sid: string }>(first.access_token);
    const row = logins(page).filter({ hasText: sid });
    await row.getByRole('button').focus();
    await page.keyboard.press('Enter');
    const dialog = page.getByRole('dialog', { name: 'End one login' });
    await dialog.getByText(sid).waitFor();
    expect((await tokens.refresh(second.refresh_token)).status).toBe(200);
    await dialog.getByRole('button', { name: 'End it' }).focus();
    await page.keyboard.press('Enter');
    await row.getByText('ended', { exact: true }).waitFor({ timeout: 20_000 });
    expect((await tokens.refresh(first.refresh_token)).status).toBe(400);
    const third = await tokens.login('bob');
    expect((await tokens.refresh(third.refresh_token)).status).toBe(200);
    await page.getByRole('button', { name: 'End all …' }).click();
    await page.getByRole('button', { name: 'End all', exact: true }).click();
    await page.getByRole('dialog').waitFor({ state: 'hidden', timeout: 20_000 });
    const again = await tokens.refresh(third.refresh_token);
    expect([again.status, again.body.error]).toEqual([400, 'invalid_grant']);
    expect(offences).toEqual([]);
  });

  it('says what a rotation does before it does it', async () => {
    const { page } = await open();
    await keys(page).first().waitFor();
    await page.getByRole('button', { name: 'Rotate …' }).click();
    const dialog = page.getByRole('dialog', { name: 'Rotate the keys' });
    await dialog.getByText('No token is refused by it').waitFor();
    const asked = page.waitForResponse((response) => response.url().endsWith('/v1/keys/rotate'));
    await dialog.getByRole('button', { name: 'Rotate' }).click();
    expect((await asked).status()).toBe(200);
    await dialog.waitFor({ state: 'hidden' });
  });

  it('shows a reader no button, and says whom the token service refuses', async () => {
    const reader = await open({ scope: 'revocations:read token_service:read' });
    await keys(reader.page).first().waitFor();
    await find(reader.page, 'ann');
    await logins(reader.page).first().waitFor();
    expect(await reader.page.getByRole('button', { name: /End|Rotate|Withdraw/ }).count()).toBe(0);
    const stranger = await open({ scope: 'revocations:read revocations:write' });
    await stranger.page.getByRole('alert').getByText('does not let this token').waitFor();
    // And one who may write here may not there.
    const answer = await fetch(`${stack.gateway.controlUrl}/v1/keys/rotate`, {
      method: 'POST',
      headers: {
        Authorization: `Bearer ${await tokens.adminToken({ scope: 'revocations:read revocations:write' })}`,
      },
    });
    expect(answer.status).toBe(403);
  });

  it('runs nothing of a subject', async () => {
    const { page, offences } = await open();
    for (const text of HOSTILE) {
      await tokens.login(text);
      await find(page, text);
      await logins(page).first().waitFor();
      await page.getByRole('button', { name: 'End all …' }).click();
      await page.getByRole('dialog').getByText('__pwned').waitFor();
      await page.keyboard.press('Escape');
    }
    expect(await page.locator('#app script, #app iframe, #app img, #app svg').count()).toBe(0);
    expect(offences).toEqual([]);
  });

  it('withdraws a key, whose tokens the gateway then refuses', async () => {
    const login = await tokens.login('carol');
    expect(await tokens.at('strict', login.access_token)).toBe(200);
    const { page } = await open();
    const current = keys(page).filter({ hasText: 'current: signs' });
    await current.waitFor();
    const kid = (await current.locator('code').textContent()) ?? '';
    await current.getByRole('button').click();
    await page.getByRole('dialog').getByText(kid).waitFor();
    expect(await tokens.at('strict', login.access_token)).toBe(200);
    await page.getByRole('button', { name: 'Withdraw it for good' }).click();
    await page.getByRole('heading', { name: 'Withdrawn' }).waitFor({ timeout: 20_000 });
    await keys(page).filter({ hasText: kid }).waitFor({ state: 'detached' });
    await expect.poll(() => tokens.at('strict', login.access_token), { timeout: 30_000 }).toBe(401);
  });
});
