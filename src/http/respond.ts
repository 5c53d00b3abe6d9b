import { REJECTIONS, type Rejection } from '../core/rejection.ts';
import { type ChallengedResource, challengeFor, DEFAULT_REALM } from './challenge.ts';
import { problemAnswer } from './problem.ts';

export interface AnswerTo {
  /** `DEFAULT_REALM` unless configured. */
  readonly realm?: string;
  /** undefined: the answer names none. */
  readonly reference?: string | undefined;
  /** undefined: the challenge names none. */
  readonly resource?: ChallengedResource | undefined;
}

/**
 * Answers a rejection: `application/problem+json` (RFC 9457), never cached, with `WWW-Authenticate`, `Allow` or
 * `Retry-After` where the reason calls for it. The body says the status, one sentence and the reference under which the
 * event tells the rest: no reason, no evidence, no claim.
 */
export function respond(
  rejection: Rejection,
  method: string,
  { realm, reference, resource }: AnswerTo = {},
): Response {
  const { status, detail, retry } = REJECTIONS[rejection.reason];
  const headers: Record<string, string> = {};
  const challenge = challengeFor(rejection, realm ?? DEFAULT_REALM, resource);
  if (challenge !== undefined) {
    headers['WWW-Authenticate'] = challenge;
  }
  if (rejection.reason === 'method_not_allowed') {
    headers.Allow = rejection.allow.join(', ');
  }
  if (retry && 'retryAfterSeconds' in rejection) {
    headers['Retry-After'] = String(Math.max(1, Math.ceil(rejection.retryAfterSeconds)));
  }
  return problemAnswer({ status, detail, reference, headers }, method);
}
