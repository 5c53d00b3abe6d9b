/**
 * Every way a request can be refused: the closed union behind the table in `rejection-table.ts`.
 * `evidence` is for telemetry only and never leaves in a response. It names a rule, never a token,
 * a claim value or a jti.
 */
export type Rejection =
  | { readonly reason: 'route_not_found' }
  | { readonly reason: 'path_ambiguous'; readonly evidence: string }
  | { readonly reason: 'method_not_allowed'; readonly allow: readonly string[] }
  | { readonly reason: 'content_unexpected'; readonly evidence: string }
  | { readonly reason: 'credentials_missing' }
  | { readonly reason: 'credentials_malformed'; readonly evidence: string }
  | { readonly reason: 'credentials_multiple'; readonly evidence: string }
  | { readonly reason: 'token_too_large'; readonly evidence: string }
  | { readonly reason: TokenFault; readonly evidence: string }
  | { readonly reason: 'revoked'; readonly evidence: string }
  | { readonly reason: 'scope_insufficient'; readonly scope: readonly string[] }
  | { readonly reason: 'claim_forbidden'; readonly evidence: string }
  | {
      readonly reason: 'keys_unavailable' | 'revocation_unavailable';
      readonly evidence: string;
      readonly retryAfterSeconds: number;
    }
  | { readonly reason: 'origin_unreachable' | 'origin_timeout'; readonly evidence: string }
  | { readonly reason: 'config_invalid' | 'internal_error'; readonly evidence: string };

/** What can be wrong with a token itself: all answered alike, 401 `invalid_token` (RFC 6750 §3.1). */
export type TokenFault =
  | 'token_malformed'
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

/** The rule that refused, for telemetry alone. */
export const evidenceOf = (rejection: Rejection): string | undefined => {
  if ('evidence' in rejection) {
    return rejection.evidence;
  }
  return 'scope' in rejection ? `scope ${rejection.scope.join(' ')}` : undefined;
};
