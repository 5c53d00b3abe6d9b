import { describe, expect, it } from 'vitest';
import type { JsonValue } from '../../../src/core/jose.ts';
import { MAX_VALUE_BYTES } from '../../../src/origin/encode-claim.ts';
import { encodeList } from '../../../src/origin/encode-list.ts';

/** What docs/identity-headers.md gives to origins. */
const decode = (value: string, separator: string) =>
  value === '' ? [] : value.split(separator).map(decodeURIComponent);

describe('a joined list', () => {
  it.each<[JsonValue, string, string]>([
    [['a', 'b'], ',', 'a,b'],
    [['admin'], ',', 'admin'],
    [[], ',', ''],
    [['a b', 'c'], ',', 'a b,c'],
    [['é', '100%'], ',', '%C3%A9,100%25'],
    [[1, -2.5, true], ';', '1;-2.5;true'],
    [['a', 'b'], ' ', 'a b'],
    [['a,b', 'c'], '|', 'a,b|c'],
    [['[x', 'y'], ',', '%5Bx,y'],
    [[' a', 'b '], ',', '%20a,b%20'],
    [['a\r\nX-Admin: 1'], ',', 'a%0D%0AX-Admin: 1'],
  ])('%j with %j is %j, and comes apart again', (list, separator, value) => {
    expect(encodeList(list, separator)).toEqual({ state: 'value', value });
    expect(decode(value, separator)).toEqual((list as JsonValue[]).map(String));
  });

  it.each<[JsonValue, string, string]>([
    [['a,b', 'c'], ',', 'element_unjoinable'],
    [['a b'], ' ', 'element_unjoinable'],
    [['', 'a'], ',', 'element_unjoinable'],
    [[''], ',', 'element_unjoinable'],
    ['a', ',', 'type_mismatch'],
    [{ a: 1 }, ',', 'type_mismatch'],
    [[['a']], ',', 'type_mismatch'],
    [[null], ',', 'type_mismatch'],
    [[2 ** 53], ',', 'number_inexact'],
    [['\ud800'], ',', 'text_malformed'],
    [['a'.repeat(MAX_VALUE_BYTES + 1)], ',', 'value_too_long'],
  ])('%j with %j is left out: %s', (list, separator, why) => {
    expect(encodeList(list, separator)).toEqual({ state: 'omitted', why });
  });

  it('of a claim that is null is absent', () => {
    expect(encodeList(null, ',')).toEqual({ state: 'absent' });
  });
});
