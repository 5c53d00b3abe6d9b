/**
 * Every way a request can be refused: the closed union, and below it the table of what each reason means.
 * `evidence` is for telemetry only and never leaves in a response. It names a rule, never a token,
 * a claim value or a jti.
 */
export type Rejection =
  | { readonly reason: 'route_not_found' }
  | { readonly reason: 'path_ambiguous'; readonly evidence: string }
  /** `route`: one of that path by which its answers are told apart, where there is such a one. */
  | {
      readonly reason: 'method_not_allowed';
      readonly allow: readonly string[];
      readonly route?: string | undefined;
    }
  | { readonly reason: 'cross_origin_forbidden' }
  | {
      readonly reason: 'content_unexpected' | 'content_incomplete' | 'content_too_large';
      readonly evidence: string;
    }
  | { readonly reason: 'credentials_missing' }
  | { readonly reason: 'credentials_malformed'; readonly evidence: string }
  | { readonly reason: 'credentials_multiple'; readonly evidence: string }
  | { readonly reason: 'token_too_large'; readonly evidence: string }
  | { readonly reason: 'cross_site_request'; readonly evidence: string }
  | { readonly reason: TokenFault; readonly evidence: string }
  | { readonly reason: 'revoked'; readonly evidence: string }
  | { readonly reason: 'scope_insufficient'; readonly scope: readonly string[]; readonly evidence?: string }
  | {
      /** RFC 9470: the user has to authenticate once more, or otherwise. Seconds. */
      readonly reason: 'authentication_insufficient';
      readonly evidence: string;
      readonly acr: readonly string[] | undefined;
      readonly maxAgeSeconds: number | undefined;
    }
  | { readonly reason: 'claim_forbidden'; readonly evidence: string }
  | {
      readonly reason:
        | 'keys_unavailable'
        | 'revocation_unavailable'
        | 'signing_unavailable'
        | 'rate_limit_unavailable'
        | 'rate_limited'
        | 'address_held_off';
      readonly evidence: string;
      readonly retryAfterSeconds: number;
    }
  | { readonly reason: 'origin_unreachable' | 'origin_timeout'; readonly evidence: string }
  | { readonly reason: 'config_invalid' | 'internal_error'; readonly evidence: string };

/** What can be wrong with a token itself: all answered alike, 401 `invalid_token` (RFC 6750 §3.1). */
export type TokenFault =
  | 'token_malformed'
  | 'decryption_failed'
  | 'encryption_required'
  | 'algorithm_not_allowed'
  | 'type_unexpected'
  | 'issuer_untrusted'
  | 'key_not_found'
  | 'signature_invalid'
  | 'claim_missing'
  | 'claim_invalid'
  | 'audience_mismatch'
  | 'expired'
  | 'not_yet_valid';

export type RejectionReason = Rejection['reason'];

/** What is known when a request is refused. `unknown`: it may be allowed, so it is never answered as denied. */
export type RejectionState = 'denied' | 'unknown' | 'failed';

type RetriedReason = Extract<Rejection, { readonly retryAfterSeconds: number }>['reason'];

/** How a rejection looks outside, and what it says: the one table from reason to status, wording, challenge and state. */
export type RejectionRow<Reason extends RejectionReason = RejectionReason> = {
  /** Vague on purpose: one sentence for every fault of a token (RFC 9457 §3.1.4). */
  readonly detail: string;
  /**
   * RFC 6750 §3.1 error code; `bare`: a challenge without one; undefined: no challenge. `insufficient_scope` is for a
   * claim as well: "the request requires higher privileges than provided by the access token".
   * RFC 9470 §3: `insufficient_user_authentication`.
   */
  readonly challenge?:
    | 'bare'
    | 'invalid_request'
    | 'invalid_token'
    | 'insufficient_scope'
    | 'insufficient_user_authentication';
  /** Whether the answer says when to try again: for every reason that carries `retryAfterSeconds`, and no other. */
  readonly retry: Reason extends RetriedReason ? true : false;
} & (
  | { readonly state: 'denied'; readonly status: 400 | 401 | 403 | 404 | 405 | 413; readonly retry: false }
  /** The only refusal that passes with time. */
  | { readonly state: 'denied'; readonly status: 429; readonly retry: true }
  | { readonly state: 'unknown'; readonly status: 503; readonly retry: true }
  | { readonly state: 'failed'; readonly status: 500 | 502 | 504 }
);

const INVALID_REQUEST = {
  status: 400,
  detail: 'The request carries malformed or multiple credentials.',
  challenge: 'invalid_request',
  state: 'denied',
  retry: false,
} as const;
const INVALID_TOKEN = {
  status: 401,
  detail: 'The access token is not valid.',
  challenge: 'invalid_token',
  state: 'denied',
  retry: false,
} as const;
const UNAVAILABLE = {
  status: 503,
  detail: 'The request cannot be verified at the moment.',
  state: 'unknown',
  retry: true,
} as const;
const TOO_MANY = {
  status: 429,
  detail: 'Too many requests: later ones are served again.',
  state: 'denied',
  retry: true,
} as const;
const DENIED = { state: 'denied', retry: false } as const;
const FAILED = { state: 'failed', retry: false } as const;

/** A reason that has no row here does not compile, and nothing else decides what a reason means. */
export const REJECTIONS: { readonly [Reason in RejectionReason]: RejectionRow<Reason> } = {
  route_not_found: { ...DENIED, status: 404, detail: 'There is nothing here.' },
  path_ambiguous: { ...DENIED, status: 400, detail: 'The request target is not in its canonical form.' },
  method_not_allowed: { ...DENIED, status: 405, detail: 'The method is not allowed here.' },
  cross_origin_forbidden: { ...DENIED, status: 403, detail: 'Pages of this origin may not use this.' },
  content_unexpected: {
    ...DENIED,
    status: 400,
    detail: 'A request with GET or HEAD must not have content.',
  },
  content_incomplete: { ...DENIED, status: 400, detail: 'The content of the request broke off.' },
  content_too_large: { ...DENIED, status: 413, detail: 'The content is larger than is accepted here.' },
  credentials_missing: { ...DENIED, status: 401, detail: 'An access token is required.', challenge: 'bare' },
  credentials_malformed: INVALID_REQUEST,
  credentials_multiple: INVALID_REQUEST,
  token_too_large: INVALID_REQUEST,
  cross_site_request: {
    ...DENIED,
    status: 403,
    detail: 'This may not be asked for by pages of another site.',
  },
  token_malformed: INVALID_TOKEN,
  decryption_failed: INVALID_TOKEN,
  encryption_required: INVALID_TOKEN,
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
    ...DENIED,
    status: 403,
    detail: 'The access token does not grant the scope needed here.',
    challenge: 'insufficient_scope',
  },
  authentication_insufficient: {
    ...DENIED,
    status: 401,
    detail: 'Another or a more recent authentication of the user is needed here.',
    challenge: 'insufficient_user_authentication',
  },
  claim_forbidden: {
    ...DENIED,
    status: 403,
    detail: 'The access token does not allow this.',
    challenge: 'insufficient_scope',
  },
  keys_unavailable: UNAVAILABLE,
  revocation_unavailable: UNAVAILABLE,
  rate_limit_unavailable: UNAVAILABLE,
  rate_limited: TOO_MANY,
  address_held_off: TOO_MANY,
  signing_unavailable: UNAVAILABLE,
  origin_unreachable: { ...FAILED, status: 502, detail: 'The origin cannot be reached.' },
  origin_timeout: { ...FAILED, status: 504, detail: 'The origin did not answer in time.' },
  config_invalid: { ...FAILED, status: 500, detail: 'The gateway is not configured.' },
  internal_error: { ...FAILED, status: 500, detail: 'Something went wrong here.' },
};

/** Whether a rejection says that the request may not pass, that this cannot be told, or that something broke. */
export const stateOf = ({ reason }: { readonly reason: RejectionReason }): RejectionState =>
  REJECTIONS[reason].state;

/** The rule that refused, for telemetry alone. */
export const evidenceOf = (rejection: Rejection): string | undefined => {
  if ('evidence' in rejection && rejection.evidence !== undefined) {
    return rejection.evidence;
  }
  return 'scope' in rejection ? `scope ${rejection.scope.join(' ')}` : undefined;
};
