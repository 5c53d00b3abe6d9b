import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import type { Page } from 'playwright-core';

interface Finding {
  readonly id: string;
  readonly impact: string | null;
  readonly nodes: readonly { readonly target: readonly string[] }[];
}

let source: Promise<string> | undefined;

/** What axe-core finds serious or critical on a page as it stands: the rule and where. */
export async function seriousFindings(page: Page): Promise<readonly string[]> {
  source ??= readFile(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
  // By the debugger, which no content security policy holds back.
  await page.evaluate(await source);
  const found = await page.evaluate(async () => {
    const { violations } = await Reflect.get(window, 'axe').run(document);
    return violations as Finding[];
  });
  return found
    .filter(({ impact }) => impact === 'serious' || impact === 'critical')
    .map(({ id, nodes }) => `${id}: ${nodes.map(({ target }) => target.join(' ')).join(', ')}`);
}
