import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { JsonValue } from '../../src/core/jose.ts';
import { encodeClaim } from '../../src/origin/encode-claim.ts';
import { REPOSITORY } from '../fixtures/bundle.ts';

const page = readFileSync(join(REPOSITORY, 'docs/identity-headers.md'), 'utf8');

/** `| `claim` | `value` |` rows of the spelling table; an empty value is written out in words. */
const rows = [...page.matchAll(/^\| `(.+)` \| (?:`(.+)`|\*\(empty\)\*) \|$/gm)]
  .map(([, claim = '', value = '']) => [claim, value] as const)
  .filter(([claim]) => isJson(claim));

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}

const [, script = ''] = /```js\n(.+?)```/s.exec(page) ?? [];
const decodeClaim = new Function(`${script}; return decodeClaim;`)() as (value: string) => unknown;

describe('docs/identity-headers.md', () => {
  it('has its table', () => {
    expect(rows.length).toBeGreaterThanOrEqual(15);
  });

  it.each(rows)('%s is spelled %s, and decodes', (claim, value) => {
    const parsed = JSON.parse(claim) as JsonValue;
    expect(encodeClaim(parsed, 'any')).toEqual({ state: 'value', value });
    expect(decodeClaim(value)).toEqual(typeof parsed === 'number' ? claim : parsed);
  });
});
