import type { RejectionReason } from './rejection.ts';

/** How a rejection looks outside: the one table from reason to status, wording and RFC 6750 error code. */
export interface Answer {
  readonly status: number;
  /** Vague on purpose: one sentence for every fault of a token (RFC 9457 §3.1.4). */
  readonly detail: string;
  /** RFC 6750 §3.1 error code; undefined where the answer carries no challenge or one without a code. */
  readonly error?: 'invalid_request' | 'invalid_token' | 'insufficient_scope';
}

const INVALID_REQUEST = {
  status: 400,
  detail: 'The request carries malformed or multiple credentials.',
  error: 'invalid_request',
} as const;
const INVALID_TOKEN = {
  status: 401,
  detail: 'The access token is not valid.',
  error: 'invalid_token',
} as const;
const UNAVAILABLE = { status: 503, detail: 'The request cannot be verified at the moment.' } as const;

export const ANSWERS: { readonly [reason in RejectionReason]: Answer } = {
  route_not_found: { status: 404, detail: 'There is nothing here.' },
  path_ambiguous: { status: 400, detail: 'The request target is not in its canonical form.' },
  method_not_allowed: { status: 405, detail: 'The method is not allowed here.' },
  content_unexpected: { status: 400, detail: 'A request with GET or HEAD must not have content.' },
  credentials_missing: { status: 401, detail: 'An access token is required.' },
  credentials_malformed: INVALID_REQUEST,
  credentials_multiple: INVALID_REQUEST,
  token_too_large: INVALID_REQUEST,
  token_malformed: INVALID_TOKEN,
  algorithm_not_allowed: INVALID_TOKEN,
  type_unexpected: INVALID_TOKEN,
  issuer_untrusted: INVALID_TOKEN,
  key_not_found: INVALID_TOKEN,
  signature_invalid: INVALID_TOKEN,
  claim_missing: INVALID_TOKEN,
  claim_invalid: INVALID_TOKEN,
  audience_mismatch: INVALID_TOKEN,
  expired: INVALID_TOKEN,
  not_yet_valid: INVALID_TOKEN,
  revoked: INVALID_TOKEN,
  scope_insufficient: {
    status: 403,
    detail: 'The access token does not grant the scope needed here.',
    error: 'insufficient_scope',
  },
  claim_forbidden: { status: 403, detail: 'The access token does not allow this.' },
  keys_unavailable: UNAVAILABLE,
  revocation_unavailable: UNAVAILABLE,
  origin_unreachable: { status: 502, detail: 'The origin cannot be reached.' },
  origin_timeout: { status: 504, detail: 'The origin did not answer in time.' },
  config_invalid: { status: 500, detail: 'The gateway is not configured.' },
  internal_error: { status: 500, detail: 'Something went wrong here.' },
};

/** RFC 9457 §4.2.1: with the type `about:blank` the title is the status phrase (RFC 9110 §15). */
export const STATUS_PHRASES: { readonly [status: number]: string } = {
  400: 'Bad Request',
  401: 'Unauthorized',
  403: 'Forbidden',
  404: 'Not Found',
  405: 'Method Not Allowed',
  500: 'Internal Server Error',
  502: 'Bad Gateway',
  503: 'Service Unavailable',
  504: 'Gateway Timeout',
};
