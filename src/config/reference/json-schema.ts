import * as z from 'zod/mini';
import { durationText } from '../duration.ts';
import { fieldTypes } from '../fields.ts';
import type { KeyReference } from './key-reference.ts';
import { TABLES, type TableReference } from './tables.ts';

/** As much of JSON Schema (draft 2020-12) as the tables need. */
export interface JsonSchema {
  readonly type?: string;
  readonly description?: string;
  readonly enum?: readonly string[];
  readonly minimum?: number;
  readonly maximum?: number;
  readonly 'x-duration'?: { readonly min: number; readonly max: number };
  readonly items?: JsonSchema;
  readonly anyOf?: readonly JsonSchema[];
  readonly properties?: Readonly<Record<string, JsonSchema>>;
  readonly additionalProperties?: JsonSchema | boolean;
}

const isTable = (schema: object): TableReference | undefined =>
  TABLES.find((table) => table.schema === schema);

/** What an editor shows beside a key: the reference without its Markdown. */
const described = (key: KeyReference): string =>
  `${key.why.replaceAll(/\[([^\]]*)\]\([^)]*\)/g, '$1')} Left out: ${key.byDefault.replaceAll('`', '')}.`;

/** The JSON Schema of one table or value, with the references of every table in it. */
export function jsonSchemaOf(schema: object): JsonSchema {
  const { $schema: _, ...converted } = z.toJSONSchema(schema as z.ZodMiniType, {
    io: 'input',
    unrepresentable: 'any',
    override: ({ zodSchema, jsonSchema }) => {
      const type = fieldTypes.get(zodSchema);
      Object.assign(jsonSchema, type);
      if (type?.['x-duration'] !== undefined) {
        const { min, max } = type['x-duration'];
        const description = `A duration from "${durationText(min)}" to "${durationText(max)}".`;
        Object.assign(jsonSchema, { description, pattern: '^(0|[1-9][0-9]{0,9})(ms|s|m|h|d)$' });
      }
      delete jsonSchema.propertyNames;
      const { properties = {} } = jsonSchema;
      for (const [name, key] of Object.entries(isTable(zodSchema)?.keys ?? {})) {
        const property = properties[name];
        if (typeof property === 'object') Object.assign(property, { description: described(key) });
      }
    },
  });
  return converted as JsonSchema;
}

/** A wrangler configuration whose `[vars]` are the gateway's: what else is in the file is wrangler's affair. */
export function wranglerSchema(): object {
  const tables = TABLES.filter(({ name }) => !name.includes('.'));
  const named = (name: string) => ({
    type: 'object',
    propertyNames: { pattern: '^[a-z0-9_-]{1,64}$' },
    additionalProperties: { $ref: `#/$defs/${name}` },
  });
  const vars = { $ref: '#/$defs/vars' };
  return {
    $schema: 'https://json-schema.org/draft/2020-12/schema',
    title: 'wrangler.toml of a Portcullis gateway',
    type: 'object',
    properties: Object.fromEntries([
      ['vars', vars],
      ['env', { type: 'object', additionalProperties: { type: 'object', properties: { vars } } }],
    ]),
    $defs: {
      vars: {
        type: 'object',
        properties: {
          GATEWAY: { $ref: '#/$defs/GATEWAY' },
          ROUTE_DEFAULTS: { $ref: '#/$defs/ROUTES' },
          ROUTE_GROUPS: named('ROUTES'),
        },
        patternProperties: {
          '^(CANDIDATE_)?ISSUERS(_|$)': named('ISSUERS'),
          '^(CANDIDATE_)?ROUTES(_|$)': named('ROUTES'),
        },
      },
      ...Object.fromEntries(tables.map(({ name, schema }) => [name, jsonSchemaOf(schema)])),
    },
  };
}
