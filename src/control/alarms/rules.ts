import type { AlarmKind, Selector } from './kind.ts';

const MINUTE = 60_000;

/** As long as it takes to see that what ended has not just paused. */
const USUAL = { windowMs: MINUTE, beginForMs: 0, clearForMs: 5 * MINUTE } as const;

const refused = (...reasons: string[]): Selector => ({
  metric: 'portcullis_requests',
  where: { decision: ['denied'], reason: reasons },
});
const unknown = (reason: string): Selector => ({
  metric: 'portcullis_requests',
  where: { reason: [reason] },
});
const told = (...events: string[]): Selector => ({ metric: 'portcullis_events', where: { event: events } });

const canaries = (result: string): Selector => ({
  metric: 'portcullis_canaries',
  where: { result: [result] },
});

/** Why a token is not what it says; that it has expired or was revoked is another matter. */
export const VERIFICATION_FAILURES = [
  'token_malformed',
  'decryption_failed',
  'encryption_required',
  'algorithm_not_allowed',
  'type_unexpected',
  'issuer_untrusted',
  'key_not_found',
  'signature_invalid',
  'claim_missing',
  'claim_invalid',
  'audience_mismatch',
  'not_yet_valid',
] as const;

/** Every rule there is, by the name it has in the configuration, in messages and in docs/operating.md. */
export const ALARMS = {
  verification_failures: {
    what: 'tokens refused in the window for what they are, expired and revoked ones apart',
    severity: 'warning',
    measure: { kind: 'increase', of: [refused(...VERIFICATION_FAILURES)] },
    begin: 100,
    ...USUAL,
  },
  expired_tokens: {
    what: 'expired tokens refused in the window',
    severity: 'warning',
    measure: { kind: 'increase', of: [refused('expired')] },
    begin: 500,
    ...USUAL,
  },
  invalid_signatures: {
    what: 'tokens refused in the window for their signature',
    severity: 'error',
    measure: { kind: 'increase', of: [refused('signature_invalid')] },
    begin: 50,
    ...USUAL,
  },
  refresh_reuse: {
    what: 'refresh tokens used again in the window, so that their logins have ended',
    severity: 'error',
    measure: {
      kind: 'increase',
      of: [{ metric: 'portcullis_refreshes', where: { result: ['reuse_detected'] } }],
    },
    begin: 10,
    ...USUAL,
  },
  refusals_spike: {
    what: 'refusals in the window, as a multiple of their mean in the hour before',
    severity: 'warning',
    measure: { kind: 'spike', of: [{ metric: 'portcullis_requests', where: { decision: ['denied'] } }] },
    begin: 5,
    least: 100,
    ...USUAL,
  },
  failed_answers: {
    what: 'percent of the answers in the window that were 5xx',
    severity: 'error',
    measure: {
      kind: 'share',
      of: [{ metric: 'portcullis_responses', where: { class: ['5xx'] } }],
      among: [{ metric: 'portcullis_responses', where: {} }],
    },
    begin: 5,
    least: 50,
    ...USUAL,
  },
  keys_failing: {
    what: 'failed refreshes of key sets in the window: the copies are about to expire',
    severity: 'warning',
    measure: { kind: 'increase', of: [told('jwks_refresh_failed')] },
    begin: 3,
    ...USUAL,
    windowMs: 10 * MINUTE,
  },
  keys_expiring: {
    what: 'issuers whose keys cannot be refreshed and are past half the time of a stale copy, or refused already',
    severity: 'error',
    measure: { kind: 'state' },
    begin: 0,
    ...USUAL,
  },
  keys_unavailable: {
    what: 'requests answered 503 in the window because an issuer has no usable keys',
    severity: 'critical',
    measure: { kind: 'increase', of: [unknown('keys_unavailable')] },
    begin: 0,
    ...USUAL,
  },
  store_in_doubt: {
    what: '1 while control finds the revocation store silent or in doubt',
    severity: 'critical',
    measure: { kind: 'state' },
    begin: 0,
    ...USUAL,
    beginForMs: MINUTE,
  },
  revocation_unavailable: {
    what: 'requests in the window that the deny-list could not be asked about',
    severity: 'critical',
    measure: {
      kind: 'increase',
      of: [
        unknown('revocation_unavailable'),
        { metric: 'portcullis_revocation_checks', where: { result: ['accepted_on_doubt'] } },
      ],
    },
    begin: 5,
    ...USUAL,
  },
  denials_pending: {
    what: 'ended logins and withdrawn keys in the window that the deny-list has not taken yet',
    severity: 'error',
    measure: {
      kind: 'increase',
      of: [
        {
          metric: 'portcullis_token_service_events',
          where: { event: ['grant_end_pending', 'signing_key_denial_pending'] },
        },
      ],
    },
    begin: 0,
    ...USUAL,
  },
  replica_failing: {
    what: 'copies of the deny-list in the window that could not be built, or had missed changes',
    severity: 'warning',
    measure: { kind: 'increase', of: [told('revocation_replica_failed', 'revocation_replica_gap')] },
    begin: 3,
    ...USUAL,
    windowMs: 10 * MINUTE,
  },
  replica_old: {
    what: "requests in the window decided by a copy of the deny-list older than the rule's bound",
    severity: 'error',
    measure: { kind: 'above', histogram: 'portcullis_revocation_replica_age_seconds' },
    begin: 0,
    olderThanMs: MINUTE,
    ...USUAL,
  },
  enforcement_late: {
    what: 'revocations of the canary in the window that the gateway enforced later than promised',
    severity: 'critical',
    measure: { kind: 'increase', of: [canaries('late')] },
    begin: 0,
    ...USUAL,
    windowMs: 30 * MINUTE,
  },
  canary_failing: {
    what: 'turns of the canary in the window that could not be measured',
    severity: 'warning',
    measure: { kind: 'increase', of: [canaries('failed')] },
    begin: 1,
    ...USUAL,
    windowMs: 30 * MINUTE,
  },
  counts_lost: {
    what: 'requests in the window whose counts were lost',
    severity: 'warning',
    measure: { kind: 'increase', of: [{ metric: 'portcullis_metrics_lost', where: {} }] },
    begin: 0,
    ...USUAL,
  },
  metrics_unavailable: {
    what: '1 while the counts cannot be read, so that no other rule that counts can be judged',
    severity: 'error',
    measure: { kind: 'state' },
    begin: 0,
    ...USUAL,
    beginForMs: 2 * MINUTE,
  },
} as const satisfies Record<string, AlarmKind>;

export type AlarmName = keyof typeof ALARMS;

export const ALARM_NAMES = Object.keys(ALARMS) as readonly AlarmName[];

export const alarmKind = (name: AlarmName): AlarmKind => ALARMS[name];

/** One rule as it is configured. Plain data: it is handed to the object. */
export interface AlarmRule {
  readonly name: AlarmName;
  readonly begin: number;
  readonly clear: number;
  readonly windowSeconds: number;
  readonly beginForSeconds: number;
  readonly clearForSeconds: number;
  readonly least: number;
  readonly olderThanSeconds: number;
  /** Why nobody is told; undefined: the webhooks are. */
  readonly silenced: string | undefined;
}

/** Where whoever is told of an alarm reads on: a section for each rule. */
export const sectionOf = (name: AlarmName): string => `docs/operating.md#${name}`;
