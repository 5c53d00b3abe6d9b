import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { conformanceTable } from '../test/fixtures/conformance-table.ts';

const file = join(import.meta.dirname, '../docs/conformance.md');
const page = readFileSync(file, 'utf8');
writeFileSync(
  file,
  page.replace(
    /<!-- table -->\n[\s\S]*<!-- end of table -->/,
    () => `<!-- table -->\n${conformanceTable()}\n<!-- end of table -->`,
  ),
);
