import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse, stringify } from 'smol-toml';
import { describe, expect, it } from 'vitest';
import { compilePolicy } from '../../src/config/compile.ts';
import { VARIABLE_BYTES } from '../../src/config/defaults.ts';
import { REQUEST_RULES } from '../../src/gateway/request-rules.ts';
import { REPOSITORY } from '../fixtures/bundle.ts';

type Table = Readonly<Record<string, unknown>>;

/** Of a file in which every one of 150 such routes says all of it. */
const LONG_FORM_LINES = 1_664;

const text = readFileSync(join(REPOSITORY, 'test/fixtures/many-routes.toml'), 'utf8');
const { ROUTE_DEFAULTS, ROUTE_GROUPS, ...rest } = parse(text).vars as Record<string, Table>;
const routes = Object.entries(rest).filter(([variable]) => variable.startsWith('ROUTES_'));

const ABOUT_TOKENS = [
  'issuers',
  'scope',
  'scope_match',
  'claims',
  'require',
  'headers',
  'revocation',
  'forward_token',
];

/** What a person would write who has no groups and no defaults: one table for each route, host and path. */
function longForm(): readonly (readonly [name: string, route: Table])[] {
  return routes.flatMap(([, tables]) =>
    Object.entries(tables as Record<string, Table>).flatMap(([name, { group, ...own }]) => {
      const shared = ROUTE_GROUPS?.[String(group)] as Table;
      const all: Table = { ...ROUTE_DEFAULTS, ...shared, ...own };
      const isOpen = all.authentication === 'none';
      const apart = Object.entries(all).filter(([key]) => {
        const asOpenSaysIt = 'authentication' in own ? own : { ...shared, ...own };
        return !(isOpen && ABOUT_TOKENS.includes(key) && !(key in asOpenSaysIt));
      });
      const table = Object.fromEntries(apart);
      return [table.host]
        .flat()
        .flatMap((host) => [table.path].flat().map((path) => [name, { ...table, host, path }] as const));
    }),
  );
}

const compile = (vars: Table) => {
  const result = compilePolicy({ ...vars, REVOCATIONS: new (class {})() }, REQUEST_RULES);
  if (!result.ok) throw new Error(JSON.stringify(result.error, null, 2));
  return result.value;
};

describe('150 routes', () => {
  const long = longForm();
  const names = new Set(long.map(([name]) => name));

  it('fit in less than a third of the lines they take without groups and defaults', () => {
    expect(names.size).toBe(150);
    expect(text.split('\n').length).toBeLessThan(LONG_FORM_LINES / 3);
    const perRoute = [...names].map((name) => long.find((each) => each[0] === name)?.[1] ?? {});
    const written = perRoute.map((route) => stringify({ vars: { ROUTES: { x: route } } })).join('\n');
    expect(text.split('\n').length).toBeLessThan(written.split('\n').length / 3);
  });

  it('compile without a problem or a warning, each variable within what Cloudflare takes', () => {
    expect(compile({ ...rest, ROUTE_DEFAULTS, ROUTE_GROUPS }).warnings).toEqual([]);
    for (const [, value] of Object.entries({ ...rest, ROUTE_GROUPS })) {
      expect(JSON.stringify(value).length).toBeLessThan(VARIABLE_BYTES.warn);
    }
  });

  it('come to just what the long form comes to', () => {
    const short = compile({ ...rest, ROUTE_DEFAULTS, ROUTE_GROUPS }).policy;
    const tables = long.map(([name, route], index) => [`r${index}_${name}`.slice(0, 64), route]);
    const { ISSUERS } = rest;
    const written = compile({ ISSUERS, ROUTES: Object.fromEntries(tables) }).policy;
    const bare = (name: string, policy: typeof short) =>
      JSON.stringify(policy).replaceAll(/"name":"(?:r\d+_)?/g, name);
    expect(short.routes.length).toBe(long.length);
    expect(short.routes.map(({ match }) => match)).toEqual(written.routes.map(({ match }) => match));
    for (const [index, route] of short.routes.entries()) {
      const other = written.routes[index];
      const named = { ...other, name: route.name, access: { ...other?.access, name: route.name } };
      expect(route).toEqual({ ...named, upstream: { ...other?.upstream, name: route.name } });
    }
    expect(bare('"name":"', short)).toBe(bare('"name":"', written));
  });
});
