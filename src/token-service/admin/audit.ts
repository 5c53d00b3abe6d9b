import type { OperationalEvent } from '../../core/event.ts';
import type { RevocationTarget } from '../../core/revocation.ts';
import type { TargetDigest } from '../../telemetry/target-digest.ts';

/** What one request of an admin did, filled in while it is served. */
export interface AdminTrail {
  readonly endpoint: string;
  /** `admin:<table>:<subject>`. */
  by?: string;
  reason?: string;
  /** A subject, a grant (`sid`) or a key (`kid`). */
  target?: RevocationTarget;
  /** Why it was refused. */
  detail?: string;
}

/** The one log line of a request: who, what, why. A subject or a grant appears as a keyed digest only, a key by its `kid`. */
export async function adminEvent(
  { endpoint, by, reason, target, detail }: AdminTrail,
  status: number,
  digestOf: TargetDigest,
): Promise<OperationalEvent> {
  return {
    event: 'admin_request',
    level: status >= 500 ? 'error' : 'info',
    endpoint,
    status,
    by,
    reason,
    detail,
    target: target && `${target.kind} ${target.kind === 'kid' ? target.value : await digestOf(target)}`,
  };
}
