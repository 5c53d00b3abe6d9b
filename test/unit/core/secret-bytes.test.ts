import { describe, expect, it } from 'vitest';
import type { SecretEncoding } from '../../../src/core/issuer-policy.ts';
import { secretBytes } from '../../../src/core/secret-bytes.ts';

describe('secretBytes', () => {
  it.each<[SecretEncoding, string, readonly number[] | undefined]>([
    ['utf8', 'ß ', [0xc3, 0x9f, 0x20]],
    ['utf8', '', []],
    ['hex', '00fFa0', [0, 255, 160]],
    ['hex', '00ff\n', [0, 255]],
    ['hex', '0', undefined],
    ['hex', '0g', undefined],
    ['hex', '', undefined],
    ['base64', '+/8=', [0xfb, 0xff]],
    ['base64', '+/8', [0xfb, 0xff]],
    ['base64', '-_8=', undefined],
    ['base64', 'A', undefined],
    ['base64', 'AA AA', undefined],
    ['base64url', '-_8', [0xfb, 0xff]],
    ['base64url', '-_8=', [0xfb, 0xff]],
    ['base64url', '+/8', undefined],
    ['base64url', '', undefined],
  ])('%s %j: %j', (encoding, text, bytes) => {
    const read = secretBytes(text, encoding);
    expect(read && [...read]).toEqual(bytes);
  });
});
