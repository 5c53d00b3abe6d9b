import { describe, expect, it } from 'vitest';
import { compiled, envWith, type Table } from './rules.ts';

const warned = (require: Table, route: Table = {}) =>
  compiled(envWith({}, { path: '/users/:id/*', require, ...route })).warnings.map(({ path, found }) => [
    path,
    found,
  ]);

const gold = { claim: 'tier', equals: 'gold' };
const thinks = (at: string, claim = 'tier') => [
  [`ROUTES.orders.require${at}`, `below not, ${claim}: a token without this claim is let through here`],
];

describe('a not that lets in what says nothing', () => {
  it.each<[Table, unknown[]]>([
    [gold, []],
    [{ not: gold }, thinks('.not')],
    [{ not: { not: gold } }, []],
    [{ all: [{ not: gold }, { client: 'x' }] }, thinks('.all[0].not')],
    [{ all: [{ not: gold }, { claim: 'tier', exists: true }] }, []],
    [{ all: [{ any: [{ not: gold }] }, { claim: 'tier', one_of: ['a', 'gold'] }] }, []],
    [{ any: [{ not: gold }, { claim: 'tier', exists: true }] }, thinks('.any[0].not')],
    [{ not: { all: [gold, { claim: 'tier', exists: true }] } }, thinks('.not.all[0]')],
    [{ claim: 'tier', exists: false }, []],
    [{ not: { claim: 'tier', exists: true } }, []],
    [{ not: { client: 'x' } }, thinks('.not', 'client_id')],
    [{ not: { scope: ['a'] } }, []],
    [{ not: { claim: 'sub', equals_param: 'id' } }, thinks('.not', 'sub')],
  ])('%j', (require, expected) => expect(warned(require)).toEqual(expected));

  it('knows what the short form asks', () => {
    expect(warned({ not: gold }, { claims: [{ claim: 'tier', one_of: ['gold', 'tin'] }] })).toEqual([]);
  });
});

it('a claim whose name has a dot', () => {
  expect(warned({ any: [{ claim: 'realm_access.roles', contains: 'a' }] })).toEqual([
    ['ROUTES.orders.require.any[0].claim', '"realm_access.roles"'],
  ]);
});
