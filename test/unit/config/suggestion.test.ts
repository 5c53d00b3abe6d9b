import { describe, expect, it } from 'vitest';
import { nearest } from '../../../src/config/suggestion.ts';

const KEYS = ['issuer', 'audience', 'audience_claim', 'algorithms', 'jwks_uri', 'types', 'max_token_age'];

describe('nearest', () => {
  it.each([
    ['audiance', 'audience'],
    ['isseur', 'issuer'],
    ['jwksUri', 'jwks_uri'],
    ['JWKS-URI', 'jwks_uri'],
    ['alg', 'algorithms'],
    ['aud', 'audience'],
    ['type', 'types'],
    ['audienceClaim', 'audience_claim'],
  ])('%s is taken for %s', (word, key) => expect(nearest(word, KEYS)).toBe(key));

  it.each(['', '_', 'x', 'au', 'colour', 'is', 'a'.repeat(10_000)])('nothing is near %j', (word) =>
    expect(nearest(word, KEYS)).toBeUndefined(),
  );

  it('prefers the nearest and, among equals, the first', () => {
    expect(nearest('cache', ['cached', 'cache'])).toBe('cache');
    expect(nearest('ba', ['ca', 'bb'])).toBe('ca');
  });
});
