import { describe, expect, it } from 'vitest';
import type { PathMapping } from '../../../src/core/origin-policy.ts';
import { mapBack } from '../../../src/origin/map-back.ts';
import { rewritePath } from '../../../src/origin/rewrite-path.ts';

/** `/t/:tenant/*` without its beginning. */
const STRIPPED: PathMapping = { base: '', replaced: 2, segments: [] };

function mapped(path: string, sent: Record<string, string>): Record<string, string> {
  const headers = new Headers(sent);
  const rewritten = rewritePath(STRIPPED, path);
  const asked = `https://origin.test${rewritten.path}`;
  mapBack(headers, { rewritten, asked, scheme: 'https', authority: 'api.test' });
  return Object.fromEntries(headers);
}

describe('a path that the client has chosen', () => {
  it('adds no attribute to a cookie', () => {
    const path = '/t/acme;Domain=example.com;SameSite=None/x';
    expect(mapped(path, { 'set-cookie': 'sid=1; Path=/app; Secure' })).toEqual({
      'set-cookie': 'sid=1; Path=/t/acme%3BDomain=example.com%3BSameSite=None/app; Secure',
    });
    expect(mapped('/t/acme/x', { 'set-cookie': 'sid=1; Path=/app' })).toEqual({
      'set-cookie': 'sid=1; Path=/t/acme/app',
    });
  });

  it.each([
    ['https://origin.test//evil.test/x', 'https://api.test/t/acme//evil.test/x'],
    ['\\\\evil.test', '\\\\evil.test'],
    ['//evil.test/x', '//evil.test/x'],
    ['/x', '/t/acme/x'],
  ])('leads nobody elsewhere than the origin has: Location %s', (location, expected) => {
    expect(mapped('/t/acme/x', { location })).toEqual({ location: expected });
  });
});
