import { describe, expect, it } from 'vitest';
import { err, ok } from '../../../src/core/result.ts';

describe('result', () => {
  it('carries a value or an error', () => {
    expect(ok(1)).toEqual({ ok: true, value: 1 });
    expect(err('x')).toEqual({ ok: false, error: 'x' });
    expect(navigator.userAgent).toBe('Cloudflare-Workers');
  });
});
