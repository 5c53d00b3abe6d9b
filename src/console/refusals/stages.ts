import type { RejectionReason } from '../../core/rejection.ts';
import { type Refused, reasonOf } from './event.ts';

export const STAGES = {
  target: 'Read the address',
  route: 'Find the route',
  limits: 'Count against limits',
  credentials: 'Find the token',
  token: 'Verify the token',
  revocation: 'Ask the deny-list',
  requirement: 'Check what the route requires',
  origin: 'Send it to the origin',
} as const;

export type Stage = keyof typeof STAGES;

/** Which stage refuses for a reason. */
const STAGE_OF: { readonly [reason in RejectionReason]: Stage } = {
  config_invalid: 'target',
  path_ambiguous: 'target',
  route_not_found: 'route',
  method_not_allowed: 'route',
  cross_origin_forbidden: 'route',
  content_unexpected: 'origin',
  content_incomplete: 'origin',
  content_too_large: 'origin',
  rate_limited: 'limits',
  rate_limit_unavailable: 'limits',
  address_held_off: 'token',
  credentials_missing: 'credentials',
  credentials_malformed: 'credentials',
  credentials_multiple: 'credentials',
  cross_site_request: 'credentials',
  token_too_large: 'credentials',
  token_malformed: 'token',
  decryption_failed: 'token',
  encryption_required: 'token',
  algorithm_not_allowed: 'token',
  type_unexpected: 'token',
  issuer_untrusted: 'token',
  key_not_found: 'token',
  signature_invalid: 'token',
  claim_missing: 'token',
  claim_invalid: 'token',
  audience_mismatch: 'token',
  expired: 'token',
  not_yet_valid: 'token',
  keys_unavailable: 'token',
  revoked: 'revocation',
  revocation_unavailable: 'revocation',
  scope_insufficient: 'requirement',
  claim_forbidden: 'requirement',
  authentication_insufficient: 'requirement',
  signing_unavailable: 'origin',
  origin_unreachable: 'origin',
  origin_timeout: 'origin',
  internal_error: 'origin',
};

export type Outcome = 'passed' | 'refused' | 'not reached' | 'not told';

/**
 * How far a request came, as far as its event tells. Limits are counted before or after the token, by what a route counts
 * by, so they are told of where they refused alone.
 */
export function stagesOf(event: Refused): readonly { readonly stage: Stage; readonly outcome: Outcome }[] {
  const reason = reasonOf(event);
  const stages = Object.keys(STAGES) as Stage[];
  if (!Object.hasOwn(STAGE_OF, reason) || reason === 'internal_error' || reason === 'config_invalid') {
    return stages.map((stage) => ({ stage, outcome: 'not told' }));
  }
  const at = stages.indexOf(STAGE_OF[reason as RejectionReason]);
  const limited = stages[at] === 'limits';
  return stages.map((stage, i) => {
    if (i === at) return { stage, outcome: 'refused' };
    if (limited && i > at)
      return { stage, outcome: i < stages.indexOf('origin') ? 'not told' : 'not reached' };
    if (stage === 'limits' && !limited) return { stage, outcome: 'not told' };
    return { stage, outcome: i < at ? 'passed' : 'not reached' };
  });
}
