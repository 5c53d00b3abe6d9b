import { describe, expect, it } from 'vitest';
import type { OriginHeaders } from '../../../src/core/principal.ts';
import { type RequestSource, setForwardingHeaders } from '../../../src/origin/forwarding-headers.ts';

function set(source: Partial<RequestSource>, headers: HeadersInit = {}) {
  const target = new Headers(headers) as OriginHeaders;
  setForwardingHeaders(target, {
    clientAddress: '203.0.113.7',
    scheme: 'https',
    host: 'api.test',
    ...source,
  });
  return Object.fromEntries(target);
}

describe('setForwardingHeaders', () => {
  it('says who asked, how, and for which host', () => {
    expect(set({})).toEqual({
      'x-forwarded-for': '203.0.113.7',
      'x-forwarded-proto': 'https',
      'x-forwarded-host': 'api.test',
    });
  });

  it('replaces, never appends', () => {
    const spoofed = {
      'X-Forwarded-Proto': 'spoofed',
      'X-Forwarded-Host': 'spoofed',
      'X-Forwarded-For': 'spoofed',
    };
    expect(Object.values(set({}, spoofed)).join()).not.toContain('spoofed');
  });

  it.each(['203.0.113.7', '::1', '2001:db8::7', '::ffff:192.0.2.1', 'FE80::1'])(
    '%s is an address',
    (clientAddress) => {
      expect(set({ clientAddress })['x-forwarded-for']).toBe(clientAddress);
    },
  );

  it.each([
    null,
    '',
    '203.0.113.7, 10.0.0.1',
    '203.0.113.7 ',
    'unknown',
    'for=203.0.113.7',
    '"[::1]:80"',
    '[::1]',
    'localhost',
    ':',
    '7',
    '1'.repeat(46),
    '203.0.113.7\t10.0.0.1',
  ])('%j is none', (clientAddress) => {
    expect(set({ clientAddress })).not.toHaveProperty('x-forwarded-for');
  });
});
