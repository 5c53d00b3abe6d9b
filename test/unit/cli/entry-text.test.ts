import { describe, expect, it } from 'vitest';
import { entryText, targetText } from '../../../src/cli/entry-text.ts';

describe('an entry for people', () => {
  it.each([
    [{ jti: 'x' }, 'token x of https://id.test'],
    [{ sub: 'x' }, 'subject x of https://id.test'],
    [{ sid: 'x' }, 'session x of https://id.test'],
    [{ client_id: 'x' }, 'client x of https://id.test'],
    [{ tenant: 'x' }, 'tenant x of https://id.test'],
    [{ kid: 'x' }, 'key x of https://id.test'],
    [{ iss: 'x' }, 'whole issuer x of https://id.test'],
    [{ other: 'x' }, 'something ? of https://id.test'],
  ])('%j is named %s', (target, text) =>
    expect(targetText({ issuer: 'https://id.test', ...target })).toBe(text),
  );

  it('tells when, by whom and why, and leaves out what is empty', () => {
    const entry = { expires_at: 60, revoked_at: 0, revoked_by: 'ops', intake: 'admin', reason: '' };
    expect(entryText(entry, 0)).toBe(
      [
        '  expires        1970-01-01T00:01:00Z (in 60 s)',
        '  revoked        1970-01-01T00:00:00Z (in 0 s)',
        '  revoked by     ops',
        '  intake         admin',
      ].join('\n'),
    );
    const history = [{ revoked_at: 0, revoked_by: 'a', intake: '', reason: 'left' }, 'not an event', null];
    expect(
      entryText({ ...entry, issued_before: 60, history }, 60)
        .split('\n')
        .slice(1),
    ).toEqual([
      '  issued before  1970-01-01T00:01:00Z (in 0 s)',
      '  revoked        1970-01-01T00:00:00Z (60 s ago)',
      '  revoked by     ops',
      '  intake         admin',
      '  before         1970-01-01T00:00:00Z (60 s ago), a, left',
    ]);
  });

  it('lets nothing of it act on a terminal', () => {
    expect(targetText({ issuer: '\u001b[2J', jti: '\u202ex' })).toBe('token \\u{202e}x of \\u{1b}[2J');
    expect(entryText({ reason: 'a\nb' }, 0)).toContain('a\\u{a}b');
  });
});
