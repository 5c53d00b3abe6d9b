import type { Rejection } from '../core/rejection.ts';
import { ANSWERS, STATUS_PHRASES } from '../core/rejection-answers.ts';
import { challengeFor } from './challenge.ts';

/**
 * Answers a rejection: `application/problem+json` (RFC 9457), never cached, with `WWW-Authenticate`, `Allow` or
 * `Retry-After` where the reason calls for it. HEAD gets the same headers and no body (RFC 9110 §9.3.2).
 * The body says the status and one sentence: no reason, no evidence, no claim.
 */
export function respond(rejection: Rejection, method: string): Response {
  const { status, detail } = ANSWERS[rejection.reason];
  const headers = new Headers({
    'Content-Type': 'application/problem+json',
    'Cache-Control': 'no-store',
    'X-Content-Type-Options': 'nosniff',
  });
  const challenge = challengeFor(rejection);
  if (challenge !== undefined) {
    headers.set('WWW-Authenticate', challenge);
  }
  if (rejection.reason === 'method_not_allowed') {
    headers.set('Allow', rejection.allow.join(', '));
  }
  if (rejection.reason === 'keys_unavailable' || rejection.reason === 'revocation_unavailable') {
    headers.set('Retry-After', String(Math.max(1, Math.ceil(rejection.retryAfterSeconds))));
  }
  const body =
    method === 'HEAD'
      ? null
      : JSON.stringify({ type: 'about:blank', title: STATUS_PHRASES[status], status, detail });
  return new Response(body, { status, headers });
}
