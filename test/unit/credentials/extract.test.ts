import { describe, expect, it } from 'vitest';
import { extractBearer } from '../../../src/credentials/extract.ts';

const CAP = 100;

function extract(
  authorization: string | readonly string[],
  search = '',
  more: Record<string, string> = {},
): string {
  const headers = new Headers(more);
  for (const value of [authorization].flat()) headers.append('authorization', value);
  const token = extractBearer(headers, search, CAP);
  return token.ok ? `token ${token.value}` : token.error.reason;
}

describe('extractBearer', () => {
  it.each([
    ['Bearer abc', 'abc'],
    ['bearer abc', 'abc'],
    ['BEARER abc', 'abc'],
    ['bEaReR abc', 'abc'],
    ['Bearer   abc', 'abc'],
    ['Bearer a.b-c_d~e+f/g', 'a.b-c_d~e+f/g'],
    ['Bearer abc==', 'abc=='],
    ['  Bearer abc  ', 'abc'],
    [`Bearer ${'a'.repeat(CAP)}`, 'a'.repeat(CAP)],
  ])('reads %j', (authorization, token) => {
    expect(extract(authorization)).toBe(`token ${token}`);
  });

  it.each([
    [''],
    ['Basic dXNlcjpwYXNz'],
    ['Digest username="a", realm="b"'],
    ['DPoP abc'],
    ['Token abc'],
    ['BearerX abc'],
    ['Bearer-abc'],
    ['Bearer1 abc'],
    ['abc'],
    ['eyJhbGciOiJub25lIn0.e30.'],
  ])('finds no bearer credentials in %j', (authorization) => {
    expect(extract(authorization)).toBe('credentials_missing');
  });

  it('takes a known token without looking at it again, and none because another is known', () => {
    const known = new Set(['known, though it could not be']);
    const read = (authorization: string) => extractBearer(new Headers({ authorization }), '', CAP, known);
    expect(read('Bearer known, though it could not be')).toEqual({
      ok: true,
      value: 'known, though it could not be',
    });
    expect(read('Bearer known, though it could not be ')).toMatchObject({ ok: true });
    expect(read('Bearer  known, though it could not be')).toMatchObject({ ok: false });
    expect(read('Basic known, though it could not be')).toMatchObject({ ok: false });
  });

  it('finds none where there is no header', () => {
    const none = extractBearer(
      new Headers({ 'x-authorization': 'Bearer abc', cookie: 'token=abc' }),
      '',
      CAP,
    );
    expect(none).toEqual({ ok: false, error: { reason: 'credentials_missing' } });
  });

  it.each([
    'Bearer',
    'Bearer ',
    'Bearer\tabc',
    'Bearer \tabc',
    'Bearer abc def',
    'Bearer abc\tdef',
    'Bearer abc=d',
    'Bearer =',
    'Bearer "abc"',
    'Bearer abc;',
    'Bearer abc%20',
    'Bearer abc\u00e9',
    'Bearer \u00a0abc',
    'Bearer Bearer abc',
    'Bearer=abc',
    'Bearer:abc',
    'bearer/abc',
    'Bearer token="abc"',
  ])('refuses the malformed %j', (authorization) => {
    expect(extract(authorization)).toBe('credentials_malformed');
  });

  it.each<[string | readonly string[]]>([
    [['Bearer abc', 'Bearer def']],
    [['Bearer abc', 'Bearer abc']],
    [['Bearer abc', 'Basic def']],
    [['Basic def', 'Bearer abc']],
    [['', 'Bearer abc']],
    [['Bearer abc', '']],
    [['Bearer', 'Bearer']],
    ['Bearer abc,Bearer def'],
    ['Bearer abc,def'],
    ['Basic def,bearer abc'],
    ['Negotiate a, \t BEARER abc'],
  ])('refuses two credentials: %j', (authorization) => {
    expect(extract(authorization)).toBe('credentials_multiple');
  });

  it.each([
    `Bearer ${'a'.repeat(CAP + 1)}`,
    `Basic ${'a'.repeat(CAP * 2)}`,
    `Bearer a, ${'Bearer a, '.repeat(CAP)}`,
    'x'.repeat(CAP * 2),
  ])('looks at the size first', (authorization) => {
    expect(extract(authorization)).toBe('token_too_large');
    expect(extract(authorization, '?access_token=a')).toBe('token_too_large');
  });

  it('never puts the credentials into the evidence', () => {
    for (const value of ['Bearer secret secret', 'Bearer secret,secret', `Bearer ${'secret'.repeat(CAP)}`]) {
      const refused = extractBearer(new Headers({ authorization: value }), '?access_token=secret', CAP);
      expect(refused.ok).toBe(false);
      expect(JSON.stringify(refused)).not.toContain('secret');
    }
  });
});

describe('a second token in the query', () => {
  it.each([
    '?access_token=x',
    '?access_token=',
    '?access_token',
    '?a=b&access_token=x',
    '?a=b;access_token=x',
    '?&access_token=x',
    '?access%5Ftoken=x',
    '?access%5ftoken=x',
    '?%61ccess_token=x',
    '?%61%63%63%65%73%73%5f%74%6f%6b%65%6e=x',
    '?access_toke%6E=x',
    '?ACCESS_TOKEN=x',
    '?Access%5FToken=x',
    '?%41ccess_token=x',
    '?access_token[]=x',
    '?access_token%5B%5D=x',
    '?access_token[0]=x',
    '?access.token=x',
    '?access+token=x',
    '?access%20token=x',
    '?access[token=x',
    '?access-token=x',
    '?%20access_token=x',
    '?+access_token=x',
    '?access_token%00=x',
    '?x=?&access_token=y',
  ])('is found in %s', (search) => {
    expect(extract('Bearer abc', search)).toBe('credentials_multiple');
  });

  it.each([
    '',
    '?',
    '?token=x',
    '?access_tokens=x',
    '?my_access_token=x',
    '?access_token_type=x',
    '?q=access_token',
    '?q=access_token%3Dx',
    '?accesstoken=x',
    '?access%255Ftoken=x',
    '?refresh_token=x',
    '?to=https://app.example/?access_token=x',
    '??access_token=x',
    '?%',
  ])('is not imagined in %j', (search) => {
    expect(extract('Bearer abc', search)).toBe('token abc');
  });

  it('is no credential by itself', () => {
    expect(extractBearer(new Headers(), '?access_token=abc', CAP)).toEqual({
      ok: false,
      error: { reason: 'credentials_missing' },
    });
    expect(extract('Basic abc', '?access_token=abc')).toBe('credentials_missing');
  });
});

describe('Proxy-Authorization', () => {
  it('is a second credential when it holds a bearer token', () => {
    expect(extract('Bearer abc', '', { 'proxy-authorization': 'bearer def' })).toBe('credentials_multiple');
    expect(extract('Bearer abc', '', { 'proxy-authorization': 'Basic def' })).toBe('token abc');
  });

  it('is no credential by itself', () => {
    const headers = new Headers({ 'proxy-authorization': 'Bearer abc' });
    expect(extractBearer(headers, '', CAP)).toMatchObject({
      ok: false,
      error: { reason: 'credentials_missing' },
    });
  });
});
