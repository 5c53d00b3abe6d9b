import { describe, expect, it } from 'vitest';
import { durationText, parseDuration } from '../../../src/config/duration.ts';

describe('parseDuration', () => {
  it.each([
    ['0s', 0],
    ['250ms', 250],
    ['30s', 30_000],
    ['5m', 300_000],
    ['1h', 3_600_000],
    ['366d', 31_622_400_000],
  ])('%s is %d ms', (text, ms) => expect(parseDuration(text)).toBe(ms));

  it.each([
    '',
    '5',
    's',
    '30 s',
    ' 30s',
    '30s ',
    '30S',
    '1.5s',
    '-1s',
    '+1s',
    '1e3s',
    '05s',
    '1h30m',
    '30s\n',
    '٣s',
    '9999999999999s',
    '9999999999d',
    'Infinitys',
    '0x10s',
    '1w',
  ])('refuses %j', (text) => expect(parseDuration(text)).toBeUndefined());
});

describe('durationText', () => {
  it.each([
    [0, '0s'],
    [1, '1ms'],
    [1_500, '1500ms'],
    [90_000, '90s'],
    [86_400_000, '1d'],
  ])('%d ms is %s', (ms, text) => {
    expect(durationText(ms)).toBe(text);
    expect(parseDuration(text)).toBe(ms);
  });
});
