import { describe, expect, it } from 'vitest';
import {
  decodeOctets,
  encodeOctets,
  integerOf,
  leastOctets,
  octetsOfSize,
} from '../../../src/keys/octets.ts';

const bytes = (...octets: number[]) => new Uint8Array(octets);

describe('octets in a JWK', () => {
  it.each([
    ['AQAB', bytes(1, 0, 1)],
    ['AQ', bytes(1)],
    ['AQ==', bytes(1)],
    ['-_8', bytes(0xfb, 0xff)],
    ['+/8', bytes(0xfb, 0xff)],
    ['+/8=', bytes(0xfb, 0xff)],
    ['-_8=', bytes(0xfb, 0xff)],
  ])('%s', (text, expected) => {
    expect(decodeOctets(text, 8)).toEqual(expected);
  });

  it.each([
    '',
    '=',
    '==',
    'A',
    'A===',
    'AQ=',
    'AQAB=',
    'AQAB==',
    'AQAB====',
    '+_8',
    'A Q',
    'AQ\n',
    'AQ,,',
    '=AQ',
    7,
    null,
  ])('%j is none', (text) => {
    expect(decodeOctets(text, 100)).toBeUndefined();
  });

  it('a text of as many characters as are worth it, and none of one more', () => {
    expect([decodeOctets('AQAB', 4)?.length, decodeOctets('AQAB', 3)]).toEqual([3, undefined]);
  });

  it('an integer in its least octets: zero has one', () => {
    expect(
      [bytes(0, 0, 1, 0), bytes(7), bytes(0, 0), bytes(0)].map((each) => encodeOctets(leastOctets(each))),
    ).toEqual(['AQA', 'Bw', 'AA', 'AA']);
  });

  it('an integer in just as many octets', () => {
    expect(
      [bytes(0, 0, 1), bytes(0, 1), bytes(1), bytes(1, 0, 0)].map((each) => octetsOfSize(each, 2)),
    ).toEqual([bytes(0, 1), bytes(0, 1), undefined, undefined]);
  });

  it('an integer by its value', () => {
    expect(integerOf(bytes(1, 0, 1))).toBe(65_537n);
  });
});
