import { describe, expect, it } from 'vitest';
import { decodeBase64url, decodePaddedBase64url } from '../../../src/tokens/base64url.ts';
import fc from '../../fixtures/draws.ts';
import { base64url } from '../../fixtures/tokens.ts';

describe('decodeBase64url', () => {
  it('reads back every byte string from its canonical spelling', () => {
    fc.assert(
      fc.property(fc.uint8Array(), (bytes) => {
        expect(decodeBase64url(base64url(bytes))).toEqual(bytes);
      }),
    );
  });

  it('accepts no second spelling of the same bytes', () => {
    fc.assert(
      fc.property(fc.stringMatching(/^[A-Za-z0-9_-]{0,12}$/), (text) => {
        const bytes = decodeBase64url(text);
        expect(bytes === undefined || base64url(bytes) === text).toBe(true);
      }),
    );
  });

  it.each(['A', 'AA==', 'AA=', 'A A', ' AAAA', 'AAAA\n', 'A+AA', 'A/AA', 'AB', 'AAB', 'ÀAAA', 'AAAA.'])(
    'refuses %j',
    (text) => {
      expect(decodeBase64url(text)).toBeUndefined();
    },
  );
});

describe('decodePaddedBase64url', () => {
  it('reads every byte string with the whole of its padding, and without', () => {
    fc.assert(
      fc.property(fc.uint8Array(), (bytes) => {
        const bare = base64url(bytes);
        expect(decodePaddedBase64url(bare)).toEqual(bytes);
        expect(decodePaddedBase64url(bare.padEnd(Math.ceil(bare.length / 4) * 4, '='))).toEqual(bytes);
      }),
    );
  });

  it.each([
    '=',
    '==',
    '====',
    'A===',
    'AA=',
    'AAA==',
    'AAAA=',
    'AAAA====',
    'AA==AA==',
    'A=AA',
    'AB==',
    'AA=\n',
    '=AAA',
  ])('refuses %j', (text) => {
    expect(decodePaddedBase64url(text)).toBeUndefined();
  });
});
