import type { OperationalEvent } from '../core/event.ts';
import type { RevocationTarget } from '../core/revocation.ts';
import type { RevocationEntry } from '../revocation-store/port.ts';
import type { TargetDigest } from '../telemetry/target-digest.ts';

/** `unavailable`: nothing is known to be stored, the sender was told to retry. */
export type AuditOutcome =
  | 'stored'
  | 'removed'
  | 'adopted'
  | 'read'
  | 'acknowledged'
  | 'replayed'
  | 'refused'
  | 'limited'
  | 'unavailable'
  | 'failed';

/** What an answer that is not a success says of the request. */
export const outcomeOf = ({ status }: { readonly status: number }): AuditOutcome =>
  status === 503 ? 'unavailable' : status === 429 ? 'limited' : 'refused';

/** What one request did, filled in while it is served. */
export interface AuditTrail {
  readonly intake: string;
  outcome: AuditOutcome;
  /** Who: a configured name, or the issuer and subject of the admin token. */
  by?: string;
  reason?: string;
  targets: readonly (RevocationTarget & { readonly expiresAt?: number; readonly issuedBefore?: number })[];
  /** The rule that refused, or what was acknowledged without a revocation. */
  detail?: string | undefined;
}

export const newTrail = (intake: string): AuditTrail => ({ intake, outcome: 'refused', targets: [] });

export const auditedEntry = ({ predicate, expiresAt }: RevocationEntry): AuditTrail['targets'][number] => ({
  kind: predicate.kind,
  issuer: predicate.issuer,
  value: predicate.value,
  expiresAt,
  ...('issuedBefore' in predicate ? { issuedBefore: predicate.issuedBefore } : {}),
});

/** How many entries of one request are listed one by one; `count` always says how many there were. */
const LISTED_TARGETS = 20;

/**
 * The one log line of a request: who, what kind, why, when, until. What was named appears as a keyed digest only, so that
 * an operator can find a known jti or subject in the log but nobody can read, or guess, one from it.
 */
export async function auditEvent(
  trail: AuditTrail,
  status: number,
  now: number,
  digestOf: TargetDigest,
): Promise<OperationalEvent> {
  const listed = trail.targets.slice(0, LISTED_TARGETS);
  return {
    event: 'revocation_request',
    level: trail.outcome === 'unavailable' || trail.outcome === 'failed' ? 'error' : 'info',
    intake: trail.intake,
    outcome: trail.outcome,
    status,
    at: now,
    by: trail.by,
    reason: trail.reason,
    detail: trail.detail,
    count: trail.targets.length,
    targets: await Promise.all(
      listed.map(async (target) => {
        const mark = target.issuedBefore === undefined ? '' : ` issued_before=${target.issuedBefore}`;
        const end = target.expiresAt === undefined ? '' : ` expires_at=${target.expiresAt}`;
        return `${target.kind} ${await digestOf(target)}${mark}${end} issuer=${target.issuer}`;
      }),
    ),
  };
}
