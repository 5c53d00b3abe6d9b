import { describe, expect, it } from 'vitest';
import { parseJsonObject } from '../../../src/core/json.ts';
import fc from '../../fixtures/draws.ts';

const parse = (text: string) => parseJsonObject(new TextEncoder().encode(text));

describe('parseJsonObject', () => {
  it.each([
    ['{}', {}],
    ['{"a":1}', { a: 1 }],
    ['{"a":{"a":1},"b":[{"a":1},{"a":2}]}', { a: { a: 1 }, b: [{ a: 1 }, { a: 2 }] }],
    ['{"a:b":"c:d{[\\"}"}', { 'a:b': 'c:d{["}' }],
    ['{"a\\\\":"\\\\"}', { 'a\\': '\\' }],
    ['{"__proto__":{"x":1}}', JSON.parse('{"__proto__":{"x":1}}')],
  ])('reads %s', (text, value) => {
    expect(parse(text)).toEqual({ ok: true, value });
  });

  it.each([
    ['{"a":1,"a":1}', 'duplicate member'],
    ['{"iss":"x","\\u0069ss":"y"}', 'duplicate member'],
    ['{"a":{"b":1,"b":2}}', 'duplicate member'],
    ['{"a":[{"b":1,"b":2}]}', 'duplicate member'],
    ['{"__proto__":1,"__proto__":2}', 'duplicate member'],
    ['[]', 'not a JSON object'],
    ['null', 'not a JSON object'],
    ['"text"', 'not a JSON object'],
    ['1', 'not a JSON object'],
    ['', 'not UTF-8 JSON'],
    ['{"a":1}x', 'not UTF-8 JSON'],
    ['{"a":01}', 'not UTF-8 JSON'],
    ["{'a':1}", 'not UTF-8 JSON'],
    ['\uFEFF{"a":1}', 'not UTF-8 JSON'],
    [`{"a":${'['.repeat(32)}${']'.repeat(32)}}`, 'nested too deeply'],
  ])('refuses %s', (text, error) => {
    expect(parse(text)).toEqual({ ok: false, error });
  });

  it('refuses bytes that are not UTF-8', () => {
    expect(parseJsonObject(new Uint8Array([0x7b, 0x22, 0xff, 0x22, 0x3a, 0x31, 0x7d]))).toEqual({
      ok: false,
      error: 'not UTF-8 JSON',
    });
  });

  it('agrees with JSON.parse on every object that a serialiser writes', () => {
    fc.assert(
      fc.property(fc.dictionary(fc.string(), fc.jsonValue({ maxDepth: 4 })), (object) => {
        const text = JSON.stringify(object);
        expect(parse(text)).toEqual({ ok: true, value: JSON.parse(text) });
      }),
    );
  });

  it('finds a doubled member wherever it stands', () => {
    fc.assert(
      fc.property(fc.dictionary(fc.string(), fc.jsonValue(), { minKeys: 1 }), (object) => {
        const [name] = Object.keys(object);
        const text = `${JSON.stringify(object).slice(0, -1)},${JSON.stringify(name)}:0}`;
        expect(parse(text)).toEqual({ ok: false, error: 'duplicate member' });
      }),
    );
  });

  it('survives deep nesting without overflowing the stack', () => {
    expect(parse(`{"a":${'['.repeat(4000)}${']'.repeat(4000)}}`).ok).toBe(false);
  });
});
