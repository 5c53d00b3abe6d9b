import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { parse } from 'smol-toml';
import { describe, expect, it } from 'vitest';
import { compilePolicy } from '../../src/config/compile.ts';
import {
  claimTable,
  gatewayTable,
  headerTable,
  issuerTable,
  jwksCacheTable,
  revocationTable,
  routeTable,
  statusTable,
  tokenCacheTable,
} from '../../src/config/schema.ts';
import { REQUEST_RULES } from '../../src/gateway/request-rules.ts';

const root = resolve(import.meta.dirname, '../..');
const text = readFileSync(join(root, 'docs/configuration.md'), 'utf8');

type Table = Readonly<Record<string, unknown>>;

/** Each documented table: its heading, its schema, and a sound configuration with `set` in it, as `key` needs it. */
const TABLES: readonly (readonly [string, { readonly shape: object }, (set: Table, key: string) => Table])[] =
  [
    ['## `[vars.ISSUERS.<name>]`', issuerTable, (set) => vars(set)],
    ['### `jwks_cache`', jwksCacheTable, (set) => vars({ jwks_cache: set })],
    ['## `[vars.ROUTES.<name>]`', routeTable, (set) => vars({}, { scope: ['a'], ...set })],
    ['### `claims`', claimTable, (set) => vars({}, { claims: [{ claim: 'a', ...set }] })],
    ['### `headers`', headerTable, (set) => vars({}, { headers: { 'X-A': { claim: 'a', ...set } } })],
    [
      '### `revocation`',
      revocationTable,
      (set, key) => vars({}, { revocation: key === 'max_staleness' ? { mode: 'cached', ...set } : set }),
    ],
    ['## `[vars.GATEWAY]`', gatewayTable, (set) => vars({}, {}, set)],
    ['### `token_cache`', tokenCacheTable, (set) => vars({}, {}, { token_cache: set })],
    [
      '### `status`',
      statusTable,
      (set) => vars({}, {}, { status: { issuer: 'acme', scope: ['a'], ...set } }),
    ],
  ];

class Binding {}

function vars(issuer: Table = {}, route: Table = {}, gateway: Table = {}): Table {
  return {
    ISSUERS: { acme: { issuer: 'https://id.example', audience: 'a', ...issuer } },
    ROUTES: { orders: { path: '/orders', origin: 'https://orders.example', ...route } },
    GATEWAY: gateway,
    REVOCATIONS: new Binding(),
  };
}

interface Row {
  readonly key: string;
  readonly byDefault: string;
}

/** The rows of the first table under a heading. */
function rowsUnder(heading: string): readonly Row[] {
  const [, rest = ''] = text.split(`\n${heading}\n`);
  const [section = ''] = rest.split(/\n##+ /);
  return [...section.matchAll(/^\| `(\w+)` \| [^|]* \| ([^|]*) \|/gm)].map(
    ([, key = '', byDefault = '']) => ({
      key,
      byDefault,
    }),
  );
}

const defaults = TABLES.flatMap(([heading, , put]) =>
  rowsUnder(heading).flatMap(({ key, byDefault }) => {
    const written = /^`(.*)`$/.exec(byDefault)?.[1];
    return written === undefined ? [] : [[`${heading} ${key}`, written, key, put] as const];
  }),
);

const blocks = (language: string): string[] =>
  [...text.matchAll(new RegExp(`\`\`\`${language}\\n([\\s\\S]*?)\`\`\``, 'g'))].map(
    ([, block = '']) => block,
  );

describe('docs/configuration.md', () => {
  it.each(TABLES)('%s names every key, and no other', (heading, { shape }) => {
    const rows = rowsUnder(heading).map(({ key }) => key);
    expect(rows.toSorted()).toEqual(Object.keys(shape).toSorted());
  });

  it('says most defaults as they are written', () => expect(defaults.length).toBeGreaterThan(30));

  it.each(defaults)('%s is %s when left out', (_, written, key, put) => {
    const explicit = compilePolicy(put({ [key]: JSON.parse(written) }, key), REQUEST_RULES);
    expect(explicit).toMatchObject({ ok: true });
    expect(explicit).toEqual(compilePolicy(put({}, key), REQUEST_RULES));
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
