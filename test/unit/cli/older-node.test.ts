import { describe, expect, it } from 'vitest';
import { groupBy, isDisjointFrom, parseUrl } from '../../../src/cli/offline/older-node.ts';

describe('what Node 20 lacks', () => {
  it('groups as Map.groupBy does', () => {
    const items = ['a', 'bb', 'c', 'dd', ''];
    expect(groupBy(items, (item) => item.length)).toEqual(Map.groupBy(items, (item) => item.length));
    expect(groupBy(items, (_, index) => index % 2)).toEqual(Map.groupBy(items, (_, index) => index % 2));
    expect(groupBy([], String)).toEqual(new Map());
  });

  it.each([
    [[], []],
    [[1], []],
    [[], [1]],
    [[1, 2], [3]],
    [
      [1, 2],
      [2, 3],
    ],
    [[2], [2]],
  ])('tells whether %j and %j have nothing in common', (one, other) => {
    const [a, b] = [new Set<number>(one), new Set<number>(other)];
    expect(isDisjointFrom(a, b)).toBe(a.isDisjointFrom(b));
  });

  it.each([
    ['https://a.example/b'],
    ['nothing'],
    [''],
    ['http://[::1'],
    ['//b.example', 'https://a.example'],
  ])('parses %j, %j as URL.parse does', (text, base?: string) =>
    expect(parseUrl(text, base)?.href).toBe(URL.parse(text, base)?.href),
  );
});
