import { describe, expect, it } from 'vitest';
import {
  entryFrom,
  NEVER,
  numericDateText,
  parseValue,
  storableMark,
  storableUntil,
} from '../../../src/revocation-store/stored-form.ts';

const UNSAID = { revokedAt: 0, revokedBy: '', intake: '', reason: '' };

describe('parseValue', () => {
  it.each([
    ['1', 1, undefined, {}],
    ['1800000000', 1_800_000_000, undefined, {}],
    ['1800000000.25', 1_800_000_000.25, undefined, {}],
    ['1800000000.1234567', 1_800_000_000.1234567, undefined, {}],
    ['1800000000 1800003600', 1_800_000_000, 1_800_003_600, {}],
    ['1 1800003600 {"by":"me","at":5}', 1, 1_800_003_600, { revokedBy: 'me', revokedAt: 5 }],
    ['1 {"why":"x\\ny"}', 1, undefined, { reason: 'x\ny' }],
    ['1 2 {broken', undefined, undefined, {}],
    ['1 2 {"by":1,"at":"x","__proto__":{"why":"z"}}', 1, 2, {}],
    ['1 2 {nonsense}', 1, 2, {}],
    ['1 2 {"why":"a"}\n{"via":"admin"}', 1, 2, { intake: 'admin', history: [{ ...UNSAID, reason: 'a' }] }],
    ['1 2 {nonsense}\n{"why":"b"}', 1, 2, { reason: 'b', history: [UNSAID] }],
  ])('reads %j', (text, mark, until, said) => {
    const value = parseValue(text);
    expect(value).toMatchObject({ mark, until });
    expect(entryFrom('jti:i:v', { ...value, until: 9 })).toEqual({
      predicate: { kind: 'jti', issuer: 'i', value: 'v' },
      expiresAt: 9,
      ...UNSAID,
      ...said,
    });
  });

  it.each([
    ['', 'empty'],
    ['revoked', 'a word'],
    ['-1', 'a negative date'],
    ['1e9', 'an exponent'],
    ['1.1234567890', 'a fraction without end'],
    ['1.', 'no fraction'],
    ['0x10', 'hexadecimal'],
    ['Infinity', 'no number'],
    ['1800000000000', 'milliseconds'],
    [' 1', 'a leading space'],
    ['1\n', 'a line end'],
    ['٣', 'another script’s digits'],
    ['<html>', 'a page'],
  ])('finds no date in %j: %s', (text) => {
    expect(parseValue(text).mark).toBeUndefined();
  });
});

describe('what is written', () => {
  it.each([
    [1_800_000_000, '1800000000'],
    [1_800_000_000.5, '1800000000.5'],
    [0, '0'],
    [0.000_000_1, '0'],
    [NEVER, '253402300799'],
    [100, '100'],
    [1e10, '10000000000'],
  ])('%d is %s', (date, text) => {
    expect(numericDateText(date)).toBe(text);
  });

  it.each([
    [1_800_000_000.25, 1_800_000_000.25],
    [1_800_000_000.123456, 1_800_000_000.123456],
    [1_800_000_000.1234565, 1_800_000_000.123457],
    [1_800_000_000.1234562, 1_800_000_000.123457],
    [0.000_000_1, 0.000_001],
    [7, 7],
  ])('as a mark %d is %d: never earlier, at most a microsecond later', (date, mark) => {
    expect(storableMark(date)).toBe(mark);
    expect(Number(numericDateText(storableMark(date)))).toBeGreaterThanOrEqual(date);
  });

  it('is read back whatever the dates are', () => {
    for (const date of [-5, 0, 0.1, 1e9, 1e12, 1e300, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY]) {
      const text = `${numericDateText(storableMark(date))} ${numericDateText(storableUntil(date))}`;
      expect(parseValue(text)).toMatchObject({ mark: storableMark(date), until: storableUntil(date) });
    }
    expect(() => storableMark(Number.NaN)).toThrow(TypeError);
  });
});
