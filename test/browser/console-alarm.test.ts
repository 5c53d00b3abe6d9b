import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import { startBrowser, type TestBrowser } from '../fixtures/browser.ts';
import { bearer, send } from '../fixtures/client.ts';
import { CONTROL_AUDIENCE, type ConsoleStack, startConsole } from '../fixtures/console.ts';
import { seriousFindings } from './axe.ts';
import { loggedIn } from './console-page.ts';

let stack: ConsoleStack;
let browser: TestBrowser;

beforeAll(async () => {
  const CONTROL = {
    admins: { ops: { issuer: 'main', audience: [CONTROL_AUDIENCE] } },
    console: {},
    // Seconds in place of minutes, but longer than the page waits before it asks again.
    alarms: { invalid_signatures: { begin: 5, clear: 0, window: '25s', clear_for: '0s' } },
  };
  [stack, browser] = await Promise.all([startConsole({ control: { CONTROL } }), startBrowser()]);
});
afterAll(() => Promise.all([browser?.stop(), stack?.stop()]));

it('shows an alarm that runs before anything else, and no more once it has ended', {
  timeout: 150_000,
}, async () => {
  const { gateway, issuer } = stack;
  const { page, offences } = await loggedIn(browser, stack);
  const alarms = page.getByRole('region', { name: 'Running alarms' });
  /** The cron comes until the page shows it. */
  const until = (holds: () => Promise<void>) =>
    vi.waitFor(
      async () => {
        await gateway.scheduled();
        await holds();
      },
      { timeout: 60_000, interval: 500 },
    );
  await until(() => page.getByRole('heading', { name: 'Requests a second' }).waitFor({ timeout: 1_000 }));
  expect(await alarms.count()).toBe(0);
  const token = await issuer.sign({ scope: 'orders:read' });
  const forged = bearer(`${token.slice(0, token.lastIndexOf('.'))}.${'A'.repeat(86)}`);
  for (let i = 0; i < 20; i++) await send(gateway, 'GET', '/orders/1', [forged]);
  await until(async () => expect(await alarms.textContent({ timeout: 500 })).toContain('invalid_signatures'));
  expect(await alarms.textContent()).toMatch(/since .* ago|since just now/);
  expect(await page.locator('main > h1 + *').getAttribute('aria-label')).toBe('Running alarms');
  expect(await seriousFindings(page)).toEqual([]);
  await until(async () => expect(await alarms.count()).toBe(0));
  expect(offences).toEqual([]);
});
