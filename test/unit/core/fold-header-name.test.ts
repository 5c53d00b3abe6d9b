import { describe, expect, it } from 'vitest';
import { foldHeaderName } from '../../../src/core/fold-header-name.ts';

/** Every character of a header name (RFC 9110 §5.6.2, `tchar`) that is neither letter nor digit. */
const PUNCTUATION = [..."!#$%&'*+-.^_`|~"];

describe('foldHeaderName', () => {
  it.each(PUNCTUATION)('folds x%suser-id and X-User-Id', (mark) => {
    expect(foldHeaderName(`x${mark}user-id`)).toBe('x-user-id');
    expect(foldHeaderName(`X-User${mark}Id`)).toBe('x-user-id');
  });

  it.each([
    ['x-user', 'x--user'],
    ['x-user', 'xuser'],
    ['x-user', 'x-user-'],
    ['x-user1', 'x-user2'],
  ])('keeps %s and %s apart', (a, b) => {
    expect(foldHeaderName(a)).not.toBe(foldHeaderName(b));
  });

  it('reads names as CGI does (RFC 3875 §4.1.18): names with one meta-variable fold alike', () => {
    const metaVariable = (name: string) => `HTTP_${name.toUpperCase().replaceAll('-', '_')}`;
    for (const [a, b] of [
      ['x-user-id', 'x_user_id'],
      ['X-USER_ID', 'x-user-id'],
    ] as const) {
      expect(metaVariable(a)).toBe(metaVariable(b));
      expect(foldHeaderName(a)).toBe(foldHeaderName(b));
    }
  });

  it('is idempotent', () => {
    for (const name of ['X_User.Id', 'x-user', 'A!b']) {
      expect(foldHeaderName(foldHeaderName(name))).toBe(foldHeaderName(name));
    }
  });
});
