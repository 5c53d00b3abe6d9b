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

  it('says nothing of a client whose address is not known', () => {
    expect(set({ clientAddress: undefined })).not.toHaveProperty('x-forwarded-for');
  });
});
