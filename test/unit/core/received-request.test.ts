import { describe, expect, it } from 'vitest';
import { receive } from '../../../src/core/received-request.ts';

const addressIn = (value: string | undefined) =>
  receive(
    new Request('https://api.test/', { headers: value === undefined ? {} : { 'CF-Connecting-IP': value } }),
  ).clientAddress;

describe('the client address of a request', () => {
  it.each(['203.0.113.7', '::1', '2001:db8::7', '::ffff:192.0.2.1', 'FE80::1'])(
    '%s is an address',
    (value) => {
      expect(addressIn(value)).toBe(value);
    },
  );

  it.each([
    undefined,
    '',
    '203.0.113.7, 10.0.0.1',
    'unknown',
    'for=203.0.113.7',
    '"[::1]:80"',
    '[::1]',
    'localhost',
    '1'.repeat(46),
    '203.0.113.7\t10.0.0.1',
  ])('%j is none', (value) => {
    expect(addressIn(value)).toBeUndefined();
  });
});
