import { expect, it } from 'vitest';
import { isBefore, rankOf } from '../../../../src/cli/import/kong-rank.ts';
import { readYaml } from '../../../../src/cli/import/read-source.ts';
import { SourceTable } from '../../../../src/cli/import/source-node.ts';

function rank(route: object) {
  const [node] = readYaml(JSON.stringify(route));
  if (node === undefined) throw new Error('no route');
  const table = new SourceTable(node, 'route');
  return rankOf(table, table.texts('paths')?.[0]);
}

it.each<[string, object, object]>([
  ['more kinds of attributes', { paths: ['/a'], methods: ['GET'] }, { hosts: ['a.example'] }],
  [
    'an expression',
    { expression: 'http.path == "/a"' },
    { hosts: ['a.example'], paths: ['/a'], methods: ['GET'] },
  ],
  [
    'a host without a wildcard',
    { hosts: ['a.example'], paths: ['/a'] },
    { hosts: ['*.example'], paths: ['/a/b'] },
  ],
  [
    'a header beside the host',
    { hosts: ['a.example'], headers: { x: ['1'] } },
    { hosts: ['a.example'], paths: ['~/a'] },
  ],
  ['an expression of a path', { paths: ['~/a'] }, { paths: ['/a/b/c'] }],
  [
    'a priority of expressions',
    { paths: ['~/a'], regex_priority: 10 },
    { paths: ['~/a/b'], regex_priority: 9 },
  ],
  ['a longer path', { paths: ['/a/b'] }, { paths: ['/a'] }],
])('puts %s first', (_, first, second) => {
  expect(isBefore(rank(first), rank(second))).toBe(true);
  expect(isBefore(rank(second), rank(first))).toBe(false);
});

it.each<[string, object, object]>([
  ['two expressions of paths', { paths: ['~/a/b'] }, { paths: ['~/a'] }],
  ['one and the same', { paths: ['/a'] }, { paths: ['/b'] }],
  // The routers differ: one goes by the longest path of the route, the other by the one that matches.
  ['several paths', { paths: ['/a', '/a/b/c'] }, { paths: ['/a/b'] }],
  [
    'other kinds of attributes',
    { hosts: ['*.example'], paths: ['/a'] },
    { paths: ['/a/b'], methods: ['GET'] },
  ],
])('knows of no order for %s', (_, first, second) => {
  expect(isBefore(rank(first), rank(second))).toBe(false);
  expect(isBefore(rank(second), rank(first))).toBe(false);
});
