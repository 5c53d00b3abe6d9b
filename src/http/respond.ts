import { REJECTIONS, type Rejection } from '../core/rejection.ts';
import { challengeFor } from './challenge.ts';
import { problemAnswer } from './problem.ts';

/**
 * Answers a rejection: `application/problem+json` (RFC 9457), never cached, with `WWW-Authenticate`, `Allow` or
 * `Retry-After` where the reason calls for it. The body says the status and one sentence: no reason, no evidence, no
 * claim.
 */
export function respond(rejection: Rejection, method: string): Response {
  const { status, detail, retry } = REJECTIONS[rejection.reason];
  const headers: Record<string, string> = {};
  const challenge = challengeFor(rejection);
  if (challenge !== undefined) {
    headers['WWW-Authenticate'] = challenge;
  }
  if (rejection.reason === 'method_not_allowed') {
    headers.Allow = rejection.allow.join(', ');
  }
  if (retry && 'retryAfterSeconds' in rejection) {
    headers['Retry-After'] = String(Math.max(1, Math.ceil(rejection.retryAfterSeconds)));
  }
  return problemAnswer({ status, detail, headers }, method);
}
