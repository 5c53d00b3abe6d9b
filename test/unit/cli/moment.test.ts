import { describe, expect, it } from 'vitest';
import { UsageError } from '../../../src/cli/command.ts';
import { parseDuration, parseMoment } from '../../../src/cli/moment.ts';
import { momentText } from '../../../src/core/moment-text.ts';

describe('a moment', () => {
  it.each([
    ['1700000000', 1_700_000_000],
    ['2026-01-31', 1_769_817_600],
    ['2026-01-31T12:00Z', 1_769_860_800],
    ['2026-01-31T12:00:00.9Z', 1_769_860_800],
    ['2026-01-31T12:00:00+02:00', 1_769_853_600],
  ])('%s', (text, seconds) => expect(parseMoment('--expires', text)).toBe(seconds));

  it.each([
    '',
    '12345678',
    '1700000000000',
    '-1700000000',
    '2026-01-31T12:00:00',
    '2026-13-01',
    '31.1.2026',
    'now',
  ])('is not %j, says the option', (text) => {
    expect(() => parseMoment('--expires', text)).toThrow(UsageError);
    expect(() => parseMoment('--expires', text)).toThrow(/^--expires: /);
  });

  it('is not text that would act on a terminal: that is shown', () => {
    expect(() => parseMoment('--expires', '\u001b[2J')).toThrow('\\u{1b}[2J');
  });
});

describe('a duration', () => {
  it.each([
    ['1s', 1],
    ['5m', 300],
    ['2h', 7_200],
    ['90d', 7_776_000],
  ])('%s', (text, seconds) => expect(parseDuration('--for', text)).toBe(seconds));

  it.each(['', '0s', '1', 's', '1w', '-1s', '1.5h', '1000000s', '1 s'])('is not %j', (text) =>
    expect(() => parseDuration('--for', text)).toThrow(/^--for: /),
  );
});

describe('a moment as text', () => {
  const NOW = 1_700_000_000;
  it.each([
    [NOW, '2023-11-14T22:13:20Z (in 0 s)'],
    [NOW + 89, '2023-11-14T22:14:49Z (in 89 s)'],
    [NOW + 90, '2023-11-14T22:14:50Z (in 2 min)'],
    [NOW - 90 * 60, '2023-11-14T20:43:20Z (2 h ago)'],
    [NOW - 36 * 3_600, '2023-11-13T10:13:20Z (2 d ago)'],
  ])('%i', (seconds, text) => expect(momentText(seconds, NOW)).toBe(text));

  it.each([undefined, null, 'x', Number.NaN, Number.POSITIVE_INFINITY, 1e13])('%s is unknown', (value) =>
    expect(momentText(value, NOW)).toBe('unknown'),
  );
});
