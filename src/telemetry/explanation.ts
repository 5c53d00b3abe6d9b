import type { JsonValue } from '../core/jose.ts';
import type { RejectionReason, RejectionState } from '../core/rejection.ts';
import type { NumericDate } from '../core/time.ts';

/**
 * Why a request is answered as it is: plain JSON, for a person who put the request in. It tells what the policy compares
 * the request with, and what the token that was put in says; never the token's text or signature, a secret or a key.
 */
export interface Explanation {
  /** When the request was judged. */
  readonly now: NumericDate;
  readonly request: RequestSeen;
  readonly verdict: 'allowed' | RejectionState;
  /** null: allowed. */
  readonly reason: RejectionReason | null;
  /** The rule that refused, as in the request's event. */
  readonly evidence: string | null;
  /** On a route that only reports: what the request would have been refused for. */
  readonly wouldRefuse: RejectionReason | null;
  /** In the order in which the gateway takes them. */
  readonly steps: readonly Step[];
  readonly routes: RoutesSeen;
  /** null: none was found. */
  readonly token: TokenSeen | null;
  /** null: it was not reached. */
  readonly requirement: RequirementSeen | null;
  /** What the client gets; null: what the origin answers. */
  readonly answer: AnswerSeen | null;
}

/** The query and the values of headers are left out: tokens stand there. */
export interface RequestSeen {
  readonly method: string;
  readonly host: string;
  readonly path: string;
  readonly headers: readonly string[];
}

export type StageName =
  | 'target'
  | 'route'
  | 'credentials'
  | 'structure'
  | 'issuer'
  | 'algorithm'
  | 'type'
  | 'claims'
  | 'audience'
  | 'times'
  | 'key'
  | 'signature'
  | 'revocation'
  | 'requirement'
  | 'origin';

/**
 * `would_fail`: an earlier step refused, and this one would have as well. `not_reached`: an earlier step refused.
 * `not_checked`: nobody was asked, and the steps after it go on as if it held. `not_needed`: the route asks for nobody.
 */
export type StepOutcome =
  | 'passed'
  | 'failed'
  | 'unknown'
  | 'would_fail'
  | 'not_reached'
  | 'not_checked'
  | 'not_needed';

/** One step: what it looked at, what the policy has, what the request has. */
export interface Step {
  readonly stage: StageName;
  readonly outcome: StepOutcome;
  readonly lookedAt: string;
  /** Of the policy; empty where nothing is compared. */
  readonly expected: readonly string[];
  /** Of the request; null: nothing is there, or it was not looked for. */
  readonly found: string | null;
}

export interface RoutesSeen {
  readonly matched: string | null;
  /** A CORS preflight: nobody can be asked for. */
  readonly preflight: boolean;
  /** At most two, the nearest first. */
  readonly nearest: readonly NearRoute[];
}

export interface NearRoute {
  readonly route: string;
  readonly host: string;
  readonly path: string;
  readonly methods: readonly string[] | null;
  /** What keeps the request from it, by host, path and method; `less_specific`: nothing but the route that matched. */
  readonly because: readonly ('host' | 'path' | 'method' | 'less_specific')[];
}

export interface TokenSeen {
  /** Whether it has verified. What one says that has not, anybody can have written. */
  readonly verified: boolean;
  /** The issuer's table that decides about it; null: none does. */
  readonly issuer: string | null;
  readonly header: { readonly [name: string]: string };
  readonly claims: { readonly [name: string]: JsonValue };
  /** Seconds by which the clocks of issuer and gateway may differ; null: no issuer's table decides. */
  readonly clockToleranceSeconds: number | null;
  /** Names of the keys that were at hand; null: none were looked for. */
  readonly keysAtHand: readonly string[] | null;
  /** Why the issuer's key set could not be had, last. */
  readonly keysFailed: string | null;
}

/** A requirement with whether it holds of the token: `of` are its parts. */
export interface RequirementSeen {
  readonly kind: string;
  /** Where it stands in its route. */
  readonly at: string | null;
  readonly asks: string;
  readonly holds: boolean;
  /** The value that it was compared with; null: there is none, or the parts have it. */
  readonly found: string | null;
  readonly of: readonly RequirementSeen[];
}

export interface AnswerSeen {
  readonly status: number;
  readonly headers: { readonly [name: string]: string };
  readonly body: JsonValue;
}
