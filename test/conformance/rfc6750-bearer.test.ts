import { describe, expect, it } from 'vitest';
import { extractBearer } from '../../src/credentials/extract.ts';

function read(headers: HeadersInit, search = ''): string {
  const token = extractBearer(new Headers(headers), search, 8192);
  return token.ok ? `token ${token.value}` : token.error.reason;
}

describe('where a token may be', () => {
  it('RFC 6750 §2: more than one method of sending it is refused', () => {
    expect(read({ authorization: 'Bearer a' }, '?access_token=b')).toBe('credentials_multiple');
    expect(
      read([
        ['authorization', 'Bearer a'],
        ['authorization', 'Bearer b'],
      ]),
    ).toBe('credentials_multiple');
  });

  it('RFC 6750 §2.1: credentials are `Bearer`, spaces and a b64token', () => {
    expect(read({ authorization: 'Bearer mF_9.B5f-4.1JqM' })).toBe('token mF_9.B5f-4.1JqM');
    expect(read({ authorization: 'Bearer   AZaz09-._~+/==' })).toBe('token AZaz09-._~+/==');
    for (const value of ['Bearer', 'Bearer a b', 'Bearer "a"', 'Bearer a=b', 'Bearer =', 'Bearer a,b=c']) {
      expect(read({ authorization: value }), value).toMatch(/^credentials_(?:malformed|multiple)$/);
    }
  });

  it('RFC 6750 §2.1: every character outside b64token is refused', () => {
    for (let code = 0x21; code < 0x7f; code += 1) {
      const character = String.fromCharCode(code);
      const allowed = /[A-Za-z0-9\-._~+/=]/.test(character);
      expect(read({ authorization: `Bearer a${character}` }).startsWith('token'), character).toBe(allowed);
    }
  });

  it('RFC 9110 §11.1: the scheme is case-insensitive', () => {
    for (const scheme of ['bearer', 'BEARER', 'bEARER'])
      expect(read({ authorization: `${scheme} a` })).toBe('token a');
  });

  it('RFC 6750 §2.2: a token in a form body is not looked for', () => {
    expect(read({ 'content-type': 'application/x-www-form-urlencoded' })).toBe('credentials_missing');
  });

  it('RFC 6750 §2.3, RFC 9700 §4.3.2: a token in the query alone is not accepted', () => {
    expect(read({}, '?access_token=a')).toBe('credentials_missing');
  });

  it('RFC 6750 §3.1: another scheme is a request without bearer credentials', () => {
    for (const value of ['Basic dTpw', 'DPoP a', 'Digest username="u", realm="r"']) {
      expect(read({ authorization: value })).toBe('credentials_missing');
    }
  });
});
