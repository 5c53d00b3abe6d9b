import { describe, expect, it } from 'vitest';
import { printable } from '../../../src/telemetry/printable.ts';

const JWT = 'eyJhbGciOiJFUzI1NiJ9.eyJzdWIiOiJ1c2VyLTEifQ.c2lnbmF0dXJlLW9mLWl0';

describe('text from outside in an event', () => {
  it.each([
    ['', ''],
    ['/orders/1', '/orders/1'],
    ['a "quoted" \\ text', 'a "quoted" \\ text'],
    ['line\r\nline', 'line\\u000d\\u000aline'],
    ['\u001b[31mred', '\\u001b[31mred'],
    ['\u009b31m', '\\u009b31m'],
    ['a\u202eb', 'a\\u202eb'],
    ['a\u2028b', 'a\\u2028b'],
    ['\ud800', '\\ud800'],
    ['\u0000', '\\u0000'],
    ['\u007f', '\\u007f'],
    ['é', '\\u00e9'],
    ['😀', '\\ud83d\\ude00'],
  ])('%j is %j', (text, shown) => {
    expect(printable(text, 64)).toBe(shown);
  });

  it.each([
    [10, 'x'.repeat(10), 'x'.repeat(10)],
    [10, 'x'.repeat(11), `${'x'.repeat(7)}...`],
    [10, 'x'.repeat(100_000), `${'x'.repeat(7)}...`],
    [10, '\u202e'.repeat(10), '\\u202e\\...'],
    [10, `${'x'.repeat(9)}é`, `${'x'.repeat(7)}...`],
  ])('keeps to %i characters: %j', (most, text, shown) => {
    expect(printable(text, most)).toBe(shown);
    expect(printable(text, most).length).toBeLessThanOrEqual(most);
  });

  it.each([
    [`/reset/${JWT}`, '/reset/[token]'],
    [`/reset/${JWT}/x/${JWT}`, '/reset/[token]/x/[token]'],
    [`/${JWT.replaceAll('.', '%2E')}/x`, '/[token]/x'],
    [`/${JWT.slice(0, 30)}`, '/[token]'],
    ['/eyJ', '/eyJ'],
    ['/eyJafjallajoekull', '/eyJafjallajoekull'],
  ])('shows no JWT: %s', (text, shown) => {
    expect(printable(text, 512)).toBe(shown);
  });

  it('shows no part of a JWT that stands where the text is cut', () => {
    expect(printable(`/a/${JWT}`, 24)).toBe('/a/[token]');
    expect(printable(`/${'a'.repeat(20)}/${JWT}`, 24)).not.toContain('eyJ');
  });
});
