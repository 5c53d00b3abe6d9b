import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { REPOSITORY } from '../fixtures/bundle.ts';
import { conformanceTable } from '../fixtures/conformance-table.ts';

const table = conformanceTable();

it('docs/conformance.md lists every section that a test proves, and none besides (npm run conformance)', () => {
  expect(readFileSync(join(REPOSITORY, 'docs/conformance.md'), 'utf8')).toContain(
    `<!-- table -->\n${table}\n<!-- end of table -->`,
  );
});

it.each([6750, 7515, 7517, 7519, 8725, 9068, 9110])('RFC %i is among them', (number) => {
  expect(table).toContain(`| RFC ${number} | §`);
});
