import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { parse } from 'smol-toml';
import { describe, expect, it } from 'vitest';
import { compilePolicy } from '../../src/config/compile.ts';
import { renderReference, renderSchema } from '../../src/config/reference/render.ts';
import { TABLES, type TableReference } from '../../src/config/reference/tables.ts';
import { REQUEST_RULES } from '../../src/gateway/request-rules.ts';

const root = resolve(import.meta.dirname, '../..');
const text = readFileSync(join(root, 'docs/configuration.md'), 'utf8');
const schemaText = readFileSync(join(root, 'docs/configuration.schema.json'), 'utf8');

type Table = Readonly<Record<string, unknown>>;

/** For each table, a sound configuration with `set` in it. */
const WITH: Readonly<Record<string, (set: Table) => Table>> = {
  ISSUERS: (set) => vars(set),
  'ISSUERS.jwks_cache': (set) => vars({ jwks_cache: set }),
  ROUTES: (set) => ({
    ...vars({}, set),
    ...('group' in set ? { ROUTE_GROUPS: { billing: { methods: ['GET'] } } } : {}),
    ...('unset' in set
      ? {
          ROUTE_DEFAULTS: { timeout: '20s' },
          ROUTES_MORE: { others: { path: '/others', origin: 'https://orders.example' } },
        }
      : {}),
  }),
  'ROUTES.token_sources': (set) => vars({}, { token_sources: [set] }),
  'ROUTES.on_unauthenticated': (set) => vars({}, { on_unauthenticated: set }),
  'ROUTES.claims': (set) => vars({}, { claims: [{ claim: 'a', ...set }] }),
  'ROUTES.require': (set) =>
    vars({}, { path: '/users/:id', host: '*.acme.example', methods: ['GET', 'PUT'], require: set }),
  'ROUTES.headers': (set) =>
    vars({}, { headers: { 'X-A': 'payload' in set ? set : { claim: 'a', ...set } } }),
  'ROUTES.request_headers': (set) => vars({}, { request_headers: set }),
  'ROUTES.signed_identity': (set) => vars({}, { headers: { 'X-User': 'sub' }, signed_identity: set }),
  'ROUTES.revocation': (set) => vars({}, { revocation: set }),
  'ROUTES.cors': (set) => vars({}, { cors: { origins: ['https://app.example'], ...set } }),
  'ROUTES.resource_metadata': (set) =>
    vars({}, { resource_metadata: { resource: 'https://api.example/orders', ...set } }),
  'ROUTES.rate_limit': (set) =>
    vars(
      {},
      {
        rate_limit: {
          by: 'subject',
          limit: 100,
          period: '60s',
          ...(set.exact === true ? {} : { binding: 'ORDERS_LIMIT' }),
          ...set,
        },
      },
    ),
  'GATEWAY.failed_authentication_limit': (set) =>
    vars({}, {}, { failed_authentication_limit: { limit: 50, period: '60s', binding: 'GUESSES', ...set } }),
  GATEWAY: (set) => ({
    ...vars({}, {}, set),
    CANDIDATE_ROUTES: { tried: { path: '/tried', origin: 'https://orders.example' } },
  }),
  'GATEWAY.token_cache': (set) => vars({}, {}, { token_cache: set }),
  'GATEWAY.signed_identity': (set) => vars({}, {}, { signed_identity: set }),
  'GATEWAY.events': (set) => vars({}, {}, { events: { max_per_second: 5, ...set } }),
  'GATEWAY.explain': (set) => vars({}, {}, { explain: { issuer: 'acme', scope: ['a'], ...set } }),
  'GATEWAY.server_timing': (set) => vars({}, {}, { server_timing: { issuer: 'acme', scope: ['a'], ...set } }),
  'GATEWAY.canary': (set) => vars({}, {}, { canary: set }),
  'GATEWAY.status': (set) => vars({}, {}, { status: { issuer: 'acme', scope: ['a'], ...set } }),
};

class Binding {
  fetch(): undefined {}
  limit(): undefined {}
}

function vars(issuer: Table = {}, route: Table = {}, gateway: Table = {}): Table {
  // Neither table may be without the other.
  const signs = 'signed_identity' in gateway ? { signed_identity: true } : {};
  const signing =
    'signed_identity' in route
      ? { signed_identity: { issuer: 'https://api.example', sealing_keys: ['IDENTITY_SECRET'] } }
      : {};
  return {
    ISSUERS: { acme: { issuer: 'https://id.example', audience: 'a', ...issuer } },
    ROUTES: { orders: { path: '/orders', origin: 'https://orders.example', ...signs, ...route } },
    GATEWAY: { ...signing, ...gateway },
    REVOCATIONS: new Binding(),
    ORDERS: new Binding(),
    ORDERS_CERTIFICATE: new Binding(),
    ORIGIN_KEY: 'an origin key',
    ORDERS_LIMIT: new Binding(),
    GUESSES: new Binding(),
    RATE_LIMIT_REDIS_REST_URL: 'https://counts.example',
    RATE_LIMIT_REDIS_REST_TOKEN: 'token',
    CANARY_SECRET: 'c'.repeat(32),
    IDENTITY_SECRET: 's'.repeat(32),
    IDENTITY_KEYS: new Binding(),
    BATCH_HMAC_SECRET: 'x'.repeat(32),
    DECRYPTION_KEY: '-----BEGIN PRIVATE KEY-----\nAAAAAAAA\n-----END PRIVATE KEY-----',
  };
}

const compiled = (table: TableReference, set: Table) =>
  compilePolicy(WITH[table.name]?.(set) ?? {}, REQUEST_RULES);

/** What stands in a table that only exists to hold one key. */
const besides = ({ beside = '' }: { readonly beside?: string }): Table => parse(beside);

const keys = TABLES.flatMap((table) =>
  Object.entries(table.keys).map(([name, key]) => [`${table.name} ${name}`, table, key, name] as const),
);

const defaults = keys.flatMap(([title, table, key, name]) => {
  const written = /^`(.*)`$/.exec(key.byDefault)?.[1];
  return written === undefined ? [] : [[`${title} is ${written}`, table, key, name, written] as const];
});

const editor = new Ajv2020({ strict: false }).compile(JSON.parse(schemaText));

const blocks = (language: string): string[] =>
  [...text.matchAll(new RegExp(`\`\`\`${language}\\n([\\s\\S]*?)\`\`\``, 'g'))].map(
    ([, block = '']) => block,
  );

describe('docs/configuration.md', () => {
  it('is what the schema and its references say: `npm run reference` writes it', () => {
    expect(renderReference(text)).toBe(text);
    expect(JSON.parse(renderSchema())).toEqual(JSON.parse(schemaText));
  });

  it('has the keys of every table', () => {
    const marked = [...text.matchAll(/<!-- keys of ([\w.]+) -->/g)].map(([, name]) => name);
    expect(marked).toEqual(TABLES.map(({ name }) => name));
  });

  it.each(keys)('%s: its example sets it and compiles', (_, table, key, name) => {
    const example: Table = parse(key.example);
    expect(Object.keys(example)).toEqual([name]);
    expect(compiled(table, { ...besides(key), ...example })).toMatchObject({ ok: true });
  });

  it.each(keys)('%s: an editor takes the example, and refuses a key of another name', (_, table, key) => {
    const example: Table = { ...besides(key), ...parse(key.example) };
    const accepts = (set: Table) => editor({ vars: WITH[table.name]?.(set) });
    expect(accepts(example)).toBe(true);
    expect(accepts({ ...example, no_such_key: 1 })).toBe(false);
  });

  it('says most defaults as they are written', () => expect(defaults.length).toBeGreaterThan(30));

  it.each(defaults)('%s when left out', (_, table, key, name, written) => {
    const explicit = compiled(table, { ...besides(key), [name]: JSON.parse(written) });
    expect(explicit).toMatchObject({ ok: true });
    expect(explicit).toEqual(compiled(table, besides(key)));
  });

  const examples = blocks('toml').filter((block) => block.includes('[vars.') && !block.includes('audiance'));

  it.each(examples)('shows what compiles: %s', (block) => {
    const { ISSUERS, ROUTES } = vars();
    const shown: unknown = parse(block).vars;
    const result = compilePolicy(
      { ...vars(), ISSUERS, ROUTES, BATCH_HMAC_SECRET: 'x'.repeat(32), ...Object(shown) },
      REQUEST_RULES,
    );
    const unknownNames = result.ok ? [] : result.error.filter(({ path }) => !/\.issuers\[\d\]$/.test(path));
    expect(unknownNames).toEqual([]);
  });

  it('shows what the checker prints', () => {
    const [sample = ''] = blocks('toml').filter((block) => block.includes('audiance'));
    const [printed] = blocks('text');
    const folder = mkdtempSync(join(tmpdir(), 'portcullis-docs-'));
    try {
      writeFileSync(join(folder, 'wrangler.toml'), sample);
      const program = [join(root, 'src/cli/portcullis.ts'), 'check'];
      expect(spawnSync(process.execPath, program, { cwd: folder, encoding: 'utf8' }).stderr).toBe(printed);
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
});
