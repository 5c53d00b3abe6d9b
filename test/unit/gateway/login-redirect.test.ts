import { describe, expect, it } from 'vitest';
import { REJECTIONS, type RejectionReason } from '../../../src/core/rejection.ts';
import type { TokenSource } from '../../../src/core/token-source.ts';
import { loginRedirect } from '../../../src/gateway/login-redirect.ts';

const LOGIN = { before: 'https://login.test/?to=', after: '&x=1' };
const NAVIGATION = { 'sec-fetch-mode': 'navigate' };
const QUERY: TokenSource = { kind: 'query', name: 't' };

interface Asked {
  readonly reason?: RejectionReason;
  readonly method?: string;
  readonly headers?: Record<string, string>;
  readonly authority?: string;
  readonly path?: string;
  readonly search?: string;
}

function sentTo(asked: Asked): string | undefined {
  const { reason = 'credentials_missing', method = 'GET', headers = NAVIGATION } = asked;
  const { authority = 'app.test', path = '/a', search = '' } = asked;
  const target = { scheme: 'https', authority, host: 'app.test', path, search } as const;
  const received = { method, headers: new Headers(headers) };
  return loginRedirect(LOGIN, reason, { received, target }, [QUERY])?.headers.get('location') ?? undefined;
}

/** What a person's login mends: no token, or one that is not good any more. Never a 400, a 403 or a 503. */
const MENDED: readonly RejectionReason[] = (Object.keys(REJECTIONS) as RejectionReason[]).filter(
  (reason) => REJECTIONS[reason].status === 401 && reason !== 'authentication_insufficient',
);

describe('a person is sent to log in', () => {
  it.each(Object.keys(REJECTIONS) as RejectionReason[])('for %s as it should be', (reason) => {
    expect(sentTo({ reason }) !== undefined).toBe(MENDED.includes(reason));
    expect(sentTo({ reason, method: 'POST' })).toBeUndefined();
    expect(sentTo({ reason, method: 'HEAD' })).toBeUndefined();
    expect(sentTo({ reason, headers: { 'sec-fetch-mode': 'cors', accept: 'text/html' } })).toBeUndefined();
  });

  it.each([
    'keys_unavailable',
    'revocation_unavailable',
    'rate_limit_unavailable',
    'cross_site_request',
  ] as const)('but not for %s', (reason) => expect(sentTo({ reason })).toBeUndefined());

  it.each<[Asked, string]>([
    [{ path: '//evil.test/x' }, 'https://app.test//evil.test/x'],
    [
      { path: '/@evil.test', search: '?to=https://evil.test&x=2#' },
      'https://app.test/@evil.test?to=https://evil.test&x=2#',
    ],
    [{ search: '?a=1&t=secret&b=%0d%0a' }, 'https://app.test/a?a=1&b=%0d%0a'],
    [{ search: '?é' }, 'https://app.test/a?é'],
    [{ authority: 'app.test:8443' }, 'https://app.test:8443/a'],
  ])('with the return URL as one value of the query: %j', (asked, returnTo) => {
    const location = sentTo(asked) ?? '';
    expect(location).toMatch(/^https:\/\/login\.test\/\?to=[\w.!~*'()%-]+&x=1$/);
    const url = new URL(location);
    expect([url.origin, [...url.searchParams]]).toEqual([
      'https://login.test',
      [
        ['to', returnTo],
        ['x', '1'],
      ],
    ]);
  });

  it.each([
    ['text/html', true],
    ['application/json, Text/HTML;q=0.1', true],
    ['text/html;q=0', false],
    ['text/html;q=0.0, */*', false],
    ['text/htmlx', false],
    ['*/*', false],
    ['', false],
  ])('without Fetch Metadata by Accept: %j %s', (accept, sent) => {
    expect(sentTo({ headers: { accept } }) !== undefined).toBe(sent);
  });
});
