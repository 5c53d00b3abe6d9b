import { describe, expect, it } from 'vitest';
import type { CorsPolicy } from '../../../src/core/answer-policy.ts';
import { answerPreflight, removeCorsHeaders, setCorsHeaders } from '../../../src/cors/answer-headers.ts';

const PAGE = 'https://app.example.com';

const aPolicy = (overrides: Partial<CorsPolicy> = {}): CorsPolicy => ({
  origins: { exact: new Set([PAGE]), wildcards: [] },
  methods: new Set(['GET', 'HEAD']),
  allowMethods: 'GET, HEAD',
  allowHeaders: 'Authorization',
  exposeHeaders: 'WWW-Authenticate',
  credentials: false,
  maxAge: '600',
  ...overrides,
});

const asked = (origin: string | undefined, method = 'GET') => ({
  method,
  headers: new Headers(origin === undefined ? {} : { Origin: origin }),
});

/** What is set on an answer that has `before`. */
function answered(
  request: ReturnType<typeof asked>,
  policy: CorsPolicy,
  before: Record<string, string> = {},
): Record<string, string> {
  const headers = new Headers(before);
  setCorsHeaders(headers, request, policy);
  return Object.fromEntries(headers);
}

const READABLE = {
  'access-control-allow-origin': PAGE,
  'access-control-expose-headers': 'WWW-Authenticate',
  vary: 'Origin',
};

describe('setCorsHeaders', () => {
  it.each<[string, Record<string, string>, Parameters<typeof answered>]>([
    ['a page that may read', READABLE, [asked(PAGE), aPolicy()]],
    ['one that may not', { vary: 'Origin' }, [asked('https://evil.test'), aPolicy()]],
    ['the origin null', { vary: 'Origin' }, [asked('null'), aPolicy()]],
    ['no page', { vary: 'Origin' }, [asked(undefined), aPolicy()]],
    ['a method that pages may not use', { vary: 'Origin' }, [asked(PAGE, 'POST'), aPolicy()]],
    ['OPTIONS, which only a preflight lets through', READABLE, [asked(PAGE, 'OPTIONS'), aPolicy()]],
    [
      'cookies',
      { ...READABLE, 'access-control-allow-credentials': 'true' },
      [asked(PAGE), aPolicy({ credentials: true })],
    ],
    [
      'every page',
      { 'access-control-allow-origin': '*', 'access-control-expose-headers': 'WWW-Authenticate' },
      [asked('null'), aPolicy({ origins: 'any' })],
    ],
    [
      'every page, and none that asks: one answer for all',
      { 'access-control-allow-origin': '*', 'access-control-expose-headers': 'WWW-Authenticate' },
      [asked(undefined), aPolicy({ origins: 'any' })],
    ],
  ])('%s', (_, expected, args) => expect(answered(...args)).toEqual(expected));

  it.each([
    ['Accept-Encoding', 'Accept-Encoding, Origin'],
    ['accept, origin', 'accept, origin'],
    ['ORIGIN', 'ORIGIN'],
    ['*', '*'],
    ['X-Origin', 'X-Origin, Origin'],
    ['', 'Origin'],
  ])('a Vary of %j becomes %j', (before, after) => {
    expect(answered(asked(undefined), aPolicy(), { Vary: before }).vary?.replace(/^, /, '')).toBe(after);
  });
});

describe('answerPreflight', () => {
  it('says what the policy grants, whatever was asked about', () => {
    const answer = answerPreflight(asked(PAGE, 'OPTIONS'), aPolicy());
    expect(answer.ok && answer.value.status).toBe(204);
    expect(answer.ok && Object.fromEntries(answer.value.headers)).toEqual({
      'access-control-allow-methods': 'GET, HEAD',
      'access-control-allow-headers': 'Authorization',
      'access-control-max-age': '600',
    });
  });

  it.each(['https://evil.test', 'null', ''])('refuses %j', (origin) => {
    expect(answerPreflight(asked(origin, 'OPTIONS'), aPolicy())).toEqual({
      ok: false,
      error: { reason: 'cross_origin_forbidden' },
    });
  });
});

describe('removeCorsHeaders', () => {
  it('removes what a server says of CORS, and nothing else', () => {
    const headers = new Headers({
      'access-control-allow-origin': '*',
      'Access-Control-Allow-Credentials': 'true',
      'Access-Control-Allow-Methods': 'PUT',
      'Access-Control-Allow-Headers': 'X',
      'Access-Control-Allow-Private-Network': 'true',
      'Access-Control-Expose-Headers': 'X',
      'Access-Control-Max-Age': '1',
      Vary: 'Origin',
      ETag: '"1"',
    });
    removeCorsHeaders(headers);
    expect(Object.fromEntries(headers)).toEqual({ vary: 'Origin', etag: '"1"' });
  });
});
