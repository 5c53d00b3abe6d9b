import { durationText } from '../duration.ts';
import { type JsonSchema, jsonSchemaOf, wranglerSchema } from './json-schema.ts';
import { TABLES, type TableReference } from './tables.ts';

const MARKED = /<!-- keys of ([\w.]+) -->\n[\s\S]*?<!-- end of keys -->/g;

/** The page with the keys of each marked table written anew; what stands around them stays. Throws for a mark of no table. */
export function renderReference(page: string): string {
  return page.replace(MARKED, (_, name: string) => {
    const table = TABLES.find((each) => each.name === name);
    if (table === undefined) throw new Error(`docs/configuration.md marks the keys of no table: ${name}`);
    return `<!-- keys of ${name} -->\n${renderKeys(table)}\n<!-- end of keys -->`;
  });
}

/** The JSON Schema for editors, as the file holds it. */
export const renderSchema = (): string => `${JSON.stringify(wranglerSchema(), null, 2)}\n`;

function renderKeys({ schema, keys }: TableReference): string {
  const rows = Object.entries(schema.shape).map(([name, value]) => {
    const { byDefault, why, example } = keys[name] as TableReference['keys'][string];
    return `| \`${name}\` | ${typeText(jsonSchemaOf(value))} | ${byDefault} | ${why} | ${shown(example)} |`;
  });
  return ['| key | type | default | why | example |', '|---|---|---|---|---|', ...rows].join('\n');
}

/** A `|` would end the cell, and a line break the row. */
const shown = (toml: string): string =>
  toml
    .split('\n')
    .map((line) => `\`${line.replaceAll('|', '\\|')}\``)
    .join('<br>');

/** The type of a key in words. */
function typeText(schema: JsonSchema): string {
  if (schema['x-duration'] !== undefined) {
    const { min, max } = schema['x-duration'];
    return min === 0
      ? `duration, up to \`"${durationText(max)}"\``
      : `duration, \`"${durationText(min)}"\` to \`"${durationText(max)}"\``;
  }
  if (schema.enum !== undefined) return schema.enum.map((word) => `\`"${word}"\``).join(', ');
  if (schema.anyOf !== undefined) return [...new Set(schema.anyOf.map(typeText))].join(' or ');
  switch (schema.type) {
    case 'string':
      return 'text';
    case 'integer':
      return `${schema.minimum} to ${schema.maximum}`;
    case 'array':
      return listText(schema.items ?? {});
    case 'object':
      return 'table';
    case undefined:
      return 'any value';
    default:
      return schema.type;
  }
}

/** Of many words the reference says which, or an editor does. */
const listText = (items: JsonSchema): string =>
  (items.enum?.length ?? 0) > 6 ? 'list of words' : `list: ${typeText(items)}`;
