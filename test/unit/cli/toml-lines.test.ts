import { expect, it } from 'vitest';
import { lineAt, pathSegments, tomlLines } from '../../../src/cli/toml-lines.ts';

const TEXT = `name = "x"
[vars.ROUTES.orders] # a table
path = "/orders/*"
headers.'X-User' = "sub"

[[vars.ROUTES.orders.claims]]
"a.b" = 1
[vars.ROUTES.orders.claims.below]
c = 1
[[vars.ROUTES.orders.claims]]
"a.b" = 2
[env.staging.vars]
GATEWAY = {}`;

it.each<[readonly string[], number | undefined]>([
  [['name'], 1],
  [['vars', 'ROUTES', 'orders'], 2],
  [['vars', 'ROUTES', 'orders', 'path'], 3],
  [['vars', 'ROUTES', 'orders', 'headers', 'X-User'], 4],
  [['vars', 'ROUTES', 'orders', 'claims', '0', 'a.b'], 7],
  [['vars', 'ROUTES', 'orders', 'claims', '0', 'below', 'c'], 9],
  [['vars', 'ROUTES', 'orders', 'claims', '1'], 10],
  [['vars', 'ROUTES', 'orders', 'claims', '1', 'a.b'], 11],
  [['env', 'staging', 'vars', 'GATEWAY'], 13],
  [['vars', 'GATEWAY'], undefined],
])('%j stands in line %s', (path, line) => expect(tomlLines(TEXT).get(path.join('\n'))).toBe(line));

it.each<[readonly string[], readonly string[], number | undefined]>([
  [['vars'], ['ROUTES', 'orders', 'path'], 3],
  [['vars'], ['ROUTES', 'orders', 'missing', 'deeper'], 2],
  [['vars'], ['ISSUERS'], undefined],
  [['env', 'staging', 'vars'], ['ROUTES', 'orders'], undefined],
])('below %j, %j is looked for in line %s', (root, place, line) =>
  expect(lineAt(tomlLines(TEXT), root, place)).toBe(line),
);

it.each([
  ['a.b', ['a', 'b']],
  ['a."b.c".d', ['a', 'b.c', 'd']],
  ["a.'b c'", ['a', 'b c']],
  ['ROUTES.x.claims[1].name', ['ROUTES', 'x', 'claims', '1', 'name']],
])('%s has the parts %j', (dotted, parts) => expect(pathSegments(dotted)).toEqual(parts));
