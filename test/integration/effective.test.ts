import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { run } from '../../src/cli/run.ts';
import { routeTable } from '../../src/config/schema.ts';

const FILE = `[[durable_objects.bindings]]
name = "REVOCATIONS"
class_name = "RevocationObject"

[vars.ISSUERS.acme]
issuer = "https://id.acme.example"
audience = "https://api.acme.example"

[vars.ROUTE_DEFAULTS]
timeout = "10s"
revocation = { mode = "cached" }

[vars.ROUTE_GROUPS.billing]
origin = "https://billing.internal.example"

[vars.ROUTES_BILLING]
invoices = { group = "billing", path = "/invoices/*", scope = ["a"] }
prices = { group = "billing", path = "/prices", authentication = "none", unset = ["timeout"] }
`;

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'portcullis-effective-'));
});
afterAll(() => rmSync(folder, { recursive: true }));

async function check(text: string, ...args: string[]) {
  const file = join(folder, 'wrangler.toml');
  writeFileSync(file, text);
  const said = { out: '', err: '' };
  const status = await run(['check', '--config', file, ...args], {
    out: (line) => {
      said.out += `${line}\n`;
    },
    err: (line) => {
      said.err += `${line}\n`;
    },
    environment: {},
    readStdin: async () => '',
    readFile: async () => '',
    exists: async () => false,
    writeFile: async () => undefined,
    now: () => 0,
  });
  return { status, ...said };
}

const rows = (out: string) =>
  Object.fromEntries(
    out.split('\n').flatMap((line) => {
      const [, key, value, place] = /^ {2}(\S+) {2,}(.*?) {2,}(\S.*)$/.exec(line) ?? [];
      return key === undefined ? [] : [[key, [value, place]]];
    }),
  );

describe('check --effective', () => {
  it('prints each key with where it is from', async () => {
    const { status, out } = await check(FILE, '--effective', 'invoices');
    expect(status).toBe(0);
    expect(rows(out)).toMatchObject({
      path: ['"/invoices/*"', 'route: ROUTES_BILLING.invoices.path, line 17'],
      origin: ['"https://billing.internal.example"', 'group: ROUTE_GROUPS.billing.origin, line 14'],
      timeout: ['"10s"', 'defaults: ROUTE_DEFAULTS.timeout, line 10'],
      'revocation.mode': ['"cached"', 'defaults: ROUTE_DEFAULTS.revocation.mode, line 11'],
      'revocation.max_staleness': ['"5s"', 'built-in'],
      authentication: ['"required"', 'built-in'],
      host: ['any', 'built-in'],
      scope: ['["a"]', 'route: ROUTES_BILLING.invoices.scope, line 17'],
    });
  });

  it('has a row for every key that a route may have', async () => {
    const { out } = await check(FILE, '--effective', 'invoices');
    const keys = Object.keys(rows(out)).map((key) => key.replace(/\..*/, ''));
    const all = Object.keys(routeTable.shape).filter((key) => !['group', 'unset'].includes(key));
    expect([...new Set(keys)].toSorted()).toEqual(all.toSorted());
  });

  it('leaves out what a route without token does not have, and what it unsets', async () => {
    const told = rows((await check(FILE, '--effective', 'prices')).out);
    expect(told.timeout).toEqual(['"30s"', 'built-in']);
    expect(told).not.toHaveProperty('scope');
    expect(told).not.toHaveProperty('revocation.mode');
  });

  it('says it as JSON', async () => {
    const { out } = await check(FILE, '--effective', 'invoices', '--json');
    const { route, keys } = JSON.parse(out);
    expect(route).toBe('invoices');
    expect(keys).toContainEqual({
      key: 'timeout',
      value: '10s',
      from: 'defaults',
      at: 'ROUTE_DEFAULTS.timeout',
      line: 10,
    });
    expect(keys).toContainEqual({ key: 'preflight', value: 'reject', from: 'built-in' });
  });

  it.each([
    ['no such route', FILE, 'invoice', 'Did you mean "invoices"?'],
    ['mistakes', FILE.replace('"10s"', '"10"'), 'invoices', 'ROUTE_DEFAULTS.timeout'],
  ])('%s: exit 1', async (_, text, route, words) => {
    const { status, err } = await check(text, '--effective', route);
    expect(status).toBe(1);
    expect(err).toContain(words);
  });
});
