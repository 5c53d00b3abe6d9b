import type { Findings } from '../core/decision.ts';
import { evidenceOf, type RejectionReason, type RejectionState, stateOf } from '../core/rejection.ts';
import type { Result } from '../core/result.ts';
import { milliseconds, type NumericDate } from '../core/time.ts';
import type { Arrival } from './arrival.ts';
import { describeAudience, describeClaims, type TokenClaims } from './token-claims.ts';

/** Allowed, denied and unknown stay three states in the log as well. */
export type Verdict = 'allowed' | RejectionState;

/**
 * One wide event per request, filled in as the pipeline goes; docs/operating.md tells of every field. Names come from
 * the configuration or from a verified key. No token, `jti` or subject is ever in it, nor any claim but audience and
 * expiry; what a token says that did not verify stands in `unverified` alone.
 * Durations are milliseconds of wall time per stage; a Worker's clock stands still between I/O, so a stage that
 * did none reads 0. A request whose client left has no `totalMs`, and status 0: nothing was sent.
 */
export interface RequestEvent {
  readonly event: 'request';
  time: NumericDate;
  reference: string;
  ray: string | undefined;
  method: string;
  /** Empty until the target has been looked at. */
  host: string;
  path: string;
  client: string | undefined;
  route: string | null;
  decision: Verdict;
  /** `client_disconnected`: nobody was there to be answered; see `open-requests.ts`. */
  reason: RejectionReason | 'client_disconnected' | null;
  /** The rule that refused, for the log alone. */
  evidence: string | undefined;
  /** On a route that only reports: what the request would have been refused for. */
  wouldRefuse: RejectionReason | undefined;
  status: number;
  /** The name of its table. */
  issuer: string | undefined;
  audience: TokenClaims['audience'];
  expiresAt: NumericDate | undefined;
  /** What a token that was refused says of itself. Anyone can write that. */
  unverified: TokenClaims | undefined;
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
export const newRequestEvent = (method: string, arrival: Arrival): RequestEvent => ({
  event: 'request',
  time: arrival.time,
  reference: arrival.reference,
  ray: arrival.ray,
  method,
  host: '',
  path: '',
  client: arrival.client,
  route: null,
  decision: 'failed',
  reason: null,
  evidence: undefined,
  wouldRefuse: undefined,
  status: 0,
  issuer: undefined,
  audience: undefined,
  expiresAt: undefined,
  unverified: undefined,
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
  const { token, unverified } = findings;
  if (token !== undefined) {
    event.issuer = token.profile.name;
    event.kid = token.key.kid;
    event.audience = describeAudience(token.claims[token.profile.audienceClaim]);
    event.expiresAt = token.exp;
  }
  if (unverified !== undefined) {
    event.unverified = describeClaims(unverified);
  }
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
