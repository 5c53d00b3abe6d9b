import type { Findings } from '../core/decision.ts';
import { evidenceOf, type RejectionReason, type RejectionState, stateOf } from '../core/rejection.ts';
import type { Result } from '../core/result.ts';
import { milliseconds } from '../core/time.ts';

/** Allowed, denied and unknown stay three states in the log as well. */
export type Verdict = 'allowed' | RejectionState;

/**
 * One wide event per request, filled in as the pipeline goes. Names come from the configuration or from a verified
 * key; nothing in it is taken from a token that did not verify, and no claim value, jti or token ever is.
 * Durations are milliseconds of wall time per stage; a Worker's clock stands still between I/O, so a stage that
 * did none reads 0. A request whose client left has no `totalMs`, and status 0: nothing was sent.
 */
export interface RequestEvent {
  readonly event: 'request';
  method: string;
  route: string | null;
  decision: Verdict;
  /** `client_disconnected`: nobody was there to be answered; see `open-requests.ts`. */
  reason: RejectionReason | 'client_disconnected' | null;
  /** The rule that refused, for the log alone. */
  evidence: string | undefined;
  status: number;
  issuer: string | undefined;
  kid: string | undefined;
  revocation: 'checked' | 'accepted_on_doubt' | 'off' | undefined;
  /** Age of this isolate's copy of the deny-list, on a `replicated` route. */
  replicaAgeSeconds: number | undefined;
  /** Identity headers that were left out because their value could not be carried. */
  omitted: readonly string[] | undefined;
  verifyMs: number | undefined;
  revocationMs: number | undefined;
  originMs: number | undefined;
  totalMs: number | undefined;
}

/**
 * Every field is there from the start: V8 gives up optimised code at a garbage collection when it was compiled for
 * an object's shape halfway through being filled in. JSON leaves out what stayed undefined.
 */
export const newRequestEvent = (method: string): RequestEvent => ({
  event: 'request',
  method,
  route: null,
  decision: 'failed',
  reason: null,
  evidence: undefined,
  status: 0,
  issuer: undefined,
  kid: undefined,
  revocation: undefined,
  replicaAgeSeconds: undefined,
  omitted: undefined,
  verifyMs: undefined,
  revocationMs: undefined,
  originMs: undefined,
  totalMs: undefined,
});

/** What the event tells of a decision. */
export function noteFindings(event: RequestEvent, findings: Findings): void {
  event.issuer = findings.token?.profile.name;
  event.kid = findings.token?.key.kid;
  event.revocation = findings.revocation;
  event.replicaAgeSeconds = findings.replicaAgeSeconds;
  event.verifyMs = findings.verifyMs;
  event.revocationMs = findings.revocationMs;
}

/** What the event tells of how the request ended. */
export function conclude(
  event: RequestEvent,
  result: Result<unknown>,
  status: number,
  seconds: number,
): void {
  event.status = status;
  event.totalMs = milliseconds(seconds);
  if (result.ok) {
    event.decision = 'allowed';
    return;
  }
  event.reason = result.error.reason;
  event.decision = stateOf(result.error);
  event.evidence = evidenceOf(result.error);
}
