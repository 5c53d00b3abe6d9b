import { describe, expect, it } from 'vitest';
import type { Rejection } from '../../../src/core/rejection.ts';
import { problemAnswer } from '../../../src/http/problem.ts';
import { respond } from '../../../src/http/respond.ts';

const headersOf = (response: Response) => Object.fromEntries(response.headers);

describe('respond', () => {
  it.each([
    ['keys_unavailable', '5'],
    ['revocation_unavailable', '5'],
    ['expired', null],
    ['internal_error', null],
  ] as const)('%s: Retry-After %s, as the table says', (reason, expected) => {
    const rejection = { reason, evidence: 'x', retryAfterSeconds: 4.2 } as Rejection;
    expect(respond(rejection, 'GET').headers.get('Retry-After')).toBe(expected);
  });
});

describe('problemAnswer', () => {
  it('is RFC 9457, never cached', async () => {
    const response = problemAnswer({ status: 405, detail: 'Not here.', headers: { Allow: 'GET' } });
    expect(response.status).toBe(405);
    expect(headersOf(response)).toEqual({
      allow: 'GET',
      'cache-control': 'no-store',
      'content-type': 'application/problem+json',
      'x-content-type-options': 'nosniff',
    });
    expect(await response.json()).toEqual({
      type: 'about:blank',
      title: 'Method Not Allowed',
      status: 405,
      detail: 'Not here.',
    });
  });

  it('lists mistakes where there are some', async () => {
    const body = await problemAnswer({ status: 400, detail: 'No.', errors: ['a', 'b'] }).json();
    expect(body).toMatchObject({ errors: ['a', 'b'] });
  });

  it('has the same headers and no body for HEAD', async () => {
    const problem = { status: 503, detail: 'Later.', headers: { 'Retry-After': '5' } } as const;
    const head = problemAnswer(problem, 'HEAD');
    expect([head.status, await head.text()]).toEqual([503, '']);
    expect(headersOf(head)).toEqual(headersOf(problemAnswer(problem, 'GET')));
  });
});
