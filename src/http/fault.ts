import type { Rejection } from '../core/rejection.ts';

/** Why a request is refused, before it takes the shape that its protocol wants. `detail` is safe to send. */
export interface Fault {
  readonly status: 400 | 401 | 403 | 404 | 408 | 413 | 415 | 422 | 429 | 500 | 503;
  readonly detail: string;
  /** One sentence per mistake in the body. */
  readonly errors?: readonly string[];
  readonly headers?: Readonly<Record<string, string>>;
}

export const RETRY_AFTER_SECONDS = 5;

/** The store or an issuer's keys did not answer: unknown, so the sender keeps the request and retries. */
export const UNAVAILABLE: Fault = {
  status: 503,
  detail: 'Nothing is known to be stored. Send the request again.',
  headers: { 'Retry-After': String(RETRY_AFTER_SECONDS) },
};

/** The same, where it is known when to try again. */
export const unavailableFor = (rejection: Rejection): Fault =>
  'retryAfterSeconds' in rejection
    ? { ...UNAVAILABLE, headers: { 'Retry-After': String(rejection.retryAfterSeconds) } }
    : UNAVAILABLE;

/** The rate-limit binding counts over 10 or 60 seconds and does not say which. */
export const RATE_EXCEEDED: Fault = {
  status: 429,
  detail: 'Too many requests from this caller.',
  headers: { 'Retry-After': '60' },
};
