import type { Page } from 'playwright-core';
import type { TestBrowser } from '../fixtures/browser.ts';
import type { ConsoleStack } from '../fixtures/console.ts';

/** A page of the console, and what a browser held against it. */
export interface WatchedPage {
  readonly page: Page;
  /** Violations of the content security policy, scripts that got through (`__pwned`), errors of the page's own scripts. */
  readonly offences: readonly string[];
}

/** Opens the console for a new visitor, and notes whatever it must not do. */
export async function openConsole(
  browser: TestBrowser,
  { url }: Pick<ConsoleStack, 'url'>,
  options: Parameters<TestBrowser['page']>[0] = {},
): Promise<WatchedPage> {
  const page = await browser.page(options);
  const offences: string[] = [];
  await page.exposeFunction('__offence', (what: string) => void offences.push(what));
  await page.addInitScript(() => {
    const tell = (what: string) => Reflect.get(window, '__offence')(what);
    document.addEventListener('securitypolicyviolation', ({ effectiveDirective, blockedURI, sample }) =>
      tell(`${effectiveDirective} ${blockedURI} ${sample}`),
    );
    Object.defineProperty(window, '__pwned', { set: (by) => tell(`a script ran: ${by}`) });
  });
  page.on('pageerror', (error) => void offences.push(String(error)));
  page.on('dialog', (dialog) => {
    offences.push(`a dialog: ${dialog.message()}`);
    void dialog.dismiss();
  });
  await page.goto(url);
  return { page, offences };
}

/** Logs in by pasting a token, and waits for the first page. */
export async function pasteToken(page: Page, token: string): Promise<void> {
  await page.getByLabel('Admin token').fill(token);
  await page.getByRole('button', { name: 'Use this token' }).click();
  await page.getByRole('navigation', { name: 'Pages' }).waitFor();
}

/** As `openConsole`, logged in with both scopes, or with these claims; on the page behind `#path`. */
export async function loggedIn(
  browser: TestBrowser,
  stack: ConsoleStack,
  {
    path = '',
    claims = {},
    ...options
  }: { path?: string; claims?: Record<string, unknown> } & Parameters<TestBrowser['page']>[0] = {},
): Promise<WatchedPage> {
  const watched = await openConsole(
    browser,
    { url: path === '' ? stack.url : `${stack.url}#${path}` },
    options,
  );
  await pasteToken(watched.page, await stack.adminToken(claims));
  return watched;
}
