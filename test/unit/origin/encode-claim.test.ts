import { describe, expect, it } from 'vitest';
import type { JsonValue } from '../../../src/core/jose.ts';
import type { ClaimType } from '../../../src/core/policy.ts';
import { encodeClaim, MAX_DEPTH, MAX_VALUE_BYTES } from '../../../src/origin/encode-claim.ts';
import fc from '../../fixtures/draws.ts';

/** The decoder that docs/identity-headers.md gives to origins. */
function decode(value: string): unknown {
  return /^[[{]|^(?:true|false)$/.test(value) ? JSON.parse(value) : decodeURIComponent(value);
}

function nested(depth: number): JsonValue {
  let value: JsonValue = 1;
  for (let level = 0; level < depth; level += 1) value = [value];
  return value;
}

describe('the spelling of a claim', () => {
  const table: [JsonValue, string][] = [
    ['user-1', 'user-1'],
    ['auth0|5f7c8ec7', 'auth0|5f7c8ec7'],
    ['Ada Lovelace', 'Ada Lovelace'],
    ['Doe, Jane; "x" \\ y', 'Doe, Jane; "x" \\ y'],
    ['', ''],
    ['100%', '100%25'],
    ['%5B', '%255B'],
    [' a', '%20a'],
    ['a ', 'a%20'],
    [' ', '%20'],
    ['a  b', 'a %20b'],
    ['a   b', 'a %20%20b'],
    ['a\r\nX-Admin: 1', 'a%0D%0AX-Admin: 1'],
    ['\u0000\t\u007f', '%00%09%7F'],
    ['赵', '%E8%B5%B5'],
    ['é', '%C3%A9'],
    ['e\u0301', 'e%CC%81'],
    ['😀', '%F0%9F%98%80'],
    ['[admin]', '%5Badmin]'],
    ['{"a":1}', '%7B"a":1}'],
    ['[é', '%5B%C3%A9'],
    ['true', '%74rue'],
    ['false', '%66alse'],
    ['null', '%6Eull'],
    ['True', 'True'],
    ['true ', 'true%20'],
    ['truely', 'truely'],
    [true, 'true'],
    [false, 'false'],
    [42, '42'],
    [-1.5, '-1.5'],
    [-0, '0'],
    [1e-7, '1e-7'],
    [9007199254740991, '9007199254740991'],
    [[], '[]'],
    [{}, '{}'],
    [['a', 'b'], '["a","b"]'],
    [['é', '😀', 'a\nb', '\u007f'], '["\\u00e9","\\ud83d\\ude00","a\\nb","\\u007f"]'],
    [['a  b'], '["a \\u0020b"]'],
    [{ ключ: [null, true] }, '{"\\u043a\\u043b\\u044e\\u0447":[null,true]}'],
    [['%41'], '["%41"]'],
  ];
  it.each(table)('%j is sent as %j', (claim, value) => {
    expect(encodeClaim(claim, 'any')).toEqual({ state: 'value', value });
  });

  it('keeps an own __proto__ member', () => {
    expect(encodeClaim(JSON.parse('{"__proto__":1}'), 'any')).toEqual({
      state: 'value',
      value: '{"__proto__":1}',
    });
  });
});

describe('a claim that cannot be sent', () => {
  const table: [string, JsonValue, string][] = [
    ['a lone high surrogate', 'a\ud800b', 'text_malformed'],
    ['a lone low surrogate', '\udc00', 'text_malformed'],
    ['a lone surrogate in an array', ['ok', '\ud800'], 'text_malformed'],
    ['a lone surrogate in a member name', { '\ud800': 1 }, 'text_malformed'],
    ['2^53, which 2^53 + 1 is also read as', 9007199254740992, 'number_inexact'],
    ['an inexact number in an array', JSON.parse('[9007199254740993]'), 'number_inexact'],
    ['1e400, read as infinity', JSON.parse('1e400'), 'number_inexact'],
    ['-1e400 in an array, whose JSON would be null', [JSON.parse('-1e400')], 'number_inexact'],
    ['one byte too long', 'a'.repeat(MAX_VALUE_BYTES + 1), 'value_too_long'],
    ['too long once encoded', 'é'.repeat(MAX_VALUE_BYTES / 6 + 1), 'value_too_long'],
    ['an array too long', ['a'.repeat(MAX_VALUE_BYTES)], 'value_too_long'],
    ['one level too deep', nested(MAX_DEPTH + 1), 'nested_too_deep'],
    ['deep enough to end a recursion', nested(20_000), 'nested_too_deep'],
  ];
  it.each(table)('%s', (_title, claim, why) => {
    expect(encodeClaim(claim, 'any')).toEqual({ state: 'omitted', why });
  });

  it.each([
    ['a'.repeat(MAX_VALUE_BYTES)],
    [['a'.repeat(MAX_VALUE_BYTES - 4)]],
    [nested(MAX_DEPTH)],
  ] as JsonValue[][])('the largest that can, case %#', (claim) => {
    expect(encodeClaim(claim ?? null, 'any').state).toBe('value');
  });
});

describe('a declared type', () => {
  const values: [ClaimType, JsonValue][] = [
    ['string', '42'],
    ['number', 42],
    ['boolean', true],
    ['array', [42]],
    ['object', { a: 42 }],
  ];
  const table = values.flatMap(([type]) => values.map(([of, value]) => [type, of, value] as const));
  it.each(table)('%s takes %s as it should', (type, of, value) => {
    const expected = type === of ? encodeClaim(value, 'any') : { state: 'omitted', why: 'type_mismatch' };
    expect(encodeClaim(value, type)).toEqual(expected);
  });

  it.each(['any', 'string', 'number', 'boolean', 'array', 'object'] as const)(
    '%s: null is absent',
    (type) => {
      expect(encodeClaim(null, type)).toEqual({ state: 'absent' });
    },
  );
});

describe('over all JSON values', () => {
  const text = fc.oneof(
    fc.string({ unit: 'binary' }),
    fc.string({ unit: 'binary-ascii' }),
    fc.constantFrom(
      'true',
      'false',
      'null',
      '[',
      '{',
      '[]',
      '{}',
      '["a"]',
      '%74rue',
      '%5B',
      ' ',
      '0',
      '-0',
      '1e3',
      '1E3',
    ),
  );
  const json = fc.oneof(
    text,
    fc.jsonValue({ stringUnit: 'binary' }),
    fc.array(text),
    fc.dictionary(text, text),
  ) as fc.Arbitrary<JsonValue>;
  const spelled = (claim: JsonValue) => {
    const encoded = encodeClaim(claim, 'any');
    return encoded.state === 'value' ? encoded.value : undefined;
  };

  it('a value passes through Headers unchanged and is visible ASCII with single inner spaces', () => {
    fc.assert(
      fc.property(json, (claim) => {
        const value = spelled(claim);
        fc.pre(value !== undefined);
        expect(new Headers({ 'x-claim': value }).get('x-claim')).toBe(value);
        expect(value).toMatch(/^(?:[!-~]+(?: [!-~]+)*)?$/);
      }),
      { numRuns: 1000 },
    );
  });

  it('decoding gives the claim back, a number as the text that spells it', () => {
    fc.assert(
      fc.property(json, (claim) => {
        const value = spelled(claim);
        fc.pre(value !== undefined);
        const back = typeof claim === 'object' ? JSON.parse(JSON.stringify(claim)) : claim;
        expect(decode(value)).toEqual(typeof back === 'number' ? JSON.stringify(back) : back);
      }),
      { numRuns: 1000 },
    );
  });

  it('two claims with one spelling are equal, or a number and the string that spells it', () => {
    const canonical = (claim: JsonValue) => (typeof claim === 'number' ? JSON.stringify(claim) : claim);
    // The second of a pair is made of the first, by whatever could be mistaken for it.
    const pairs = json.chain((claim) =>
      fc.tuple(
        fc.constant(claim),
        fc.oneof(
          json,
          fc.constant(JSON.stringify(claim)),
          fc.constant(spelled(claim) ?? ''),
          fc.constant([claim]),
        ),
      ),
    ) as fc.Arbitrary<[JsonValue, JsonValue]>;
    let same = 0;
    fc.assert(
      fc.property(pairs, ([a, b]) => {
        const value = spelled(a);
        if (value === undefined || value !== spelled(b)) return;
        same += 1;
        expect(JSON.stringify(canonical(a))).toBe(JSON.stringify(canonical(b)));
      }),
      { numRuns: 1000 },
    );
    expect(same).toBeGreaterThan(0);
  });
});
