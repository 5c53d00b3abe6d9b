import { expect, it } from 'vitest';
import { beside, distance, expiry, isoTime } from '../../../src/console/moment.ts';

it.each([
  [0.4, '0 s'],
  [59.4, '59 s'],
  [60, '1 min'],
  [-185, '3 min'],
  [3_600, '1 h'],
  [47 * 3_600, '47 h'],
  [48 * 3_600, '2 d'],
])('%d seconds are %s', (seconds, text) => {
  expect(distance(seconds)).toBe(text);
});

it('says a time beside now', () => {
  expect(beside(1_000, 1_000.4)).toBe('just now');
  expect(beside(820, 1_000)).toBe('3 min ago');
  expect(beside(1_045, 1_000)).toBe('in 45 s');
});

it('says whether a token has expired, at the very second too', () => {
  expect(expiry(820, 1_000)).toBe('expired 3 min ago');
  expect(expiry(1_000, 1_000)).toBe('expired just now');
  expect(expiry(1_300, 1_000)).toBe('expires in 5 min');
});

it('shows an exact time, and a number that is none as it is', () => {
  expect(isoTime(1_800_000_000.9)).toBe('2027-01-15T08:00:00Z');
  expect(isoTime(1e300)).toBe('1e+300');
});
