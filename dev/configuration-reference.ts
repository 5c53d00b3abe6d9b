import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { renderReference, renderSchema } from '../src/config/reference/render.ts';

/** Writes what the schema and its references say into docs/configuration.md and the JSON Schema beside it. */
const docs = join(import.meta.dirname, '../docs');
const page = join(docs, 'configuration.md');
writeFileSync(page, renderReference(readFileSync(page, 'utf8')));
writeFileSync(join(docs, 'configuration.schema.json'), renderSchema());
