import { describe, expect, it } from 'vitest';
import type { JsonObject } from '../../../src/core/jose.ts';
import { encodePayload, MAX_PAYLOAD_BYTES } from '../../../src/origin/encode-payload.ts';

describe('all claims as one header', () => {
  it('is JSON in base64url, without padding', () => {
    const claims = { sub: 'ada-é-赵', roles: ['a'], org: { id: 7 } };
    const encoded = encodePayload(claims);
    if (encoded.state !== 'value') throw new Error(encoded.state);
    expect(encoded.value).toMatch(/^[\w-]+$/);
    const bytes = Uint8Array.fromBase64(encoded.value, { alphabet: 'base64url' });
    expect(JSON.parse(new TextDecoder().decode(bytes))).toEqual(claims);
  });

  it.each<[string, JsonObject]>([
    ['value_too_long', { a: 'x'.repeat(MAX_PAYLOAD_BYTES) }],
    ['number_inexact', { a: 2 ** 53 }],
    ['text_malformed', { a: '\ud800' }],
  ])('is left out: %s', (why, claims) => {
    expect(encodePayload(claims)).toEqual({ state: 'omitted', why });
  });
});
