import type { RejectionReason } from '../../core/rejection.ts';

/** `POST /v1/explain`, as far as it is shown. Much of it is the text of a token or a request. */
export interface Explanation {
  readonly request: { readonly method: string; readonly host: string; readonly path: string };
  readonly verdict: string;
  readonly reason: RejectionReason | null;
  readonly wouldRefuse: RejectionReason | null;
  readonly steps: readonly Step[];
  readonly routes: { readonly matched: string | null; readonly nearest: readonly NearRoute[] };
  readonly token: { readonly keysFailed: string | null } | null;
  readonly requirement: RequirementSeen | null;
  readonly answer: { readonly status: number } | null;
}

/** A gateway of another version may have stages and outcomes that this page has not. */
export interface Step {
  readonly stage: string;
  readonly outcome: string;
  readonly expected: readonly string[];
  readonly found: string | null;
}

export interface NearRoute {
  readonly route: string;
  readonly host: string;
  readonly path: string;
  readonly because: readonly string[];
}

/** A requirement with whether it holds of the token: `of` are its parts. */
export interface RequirementSeen {
  readonly asks: string;
  readonly holds: boolean;
  readonly found: string | null;
  readonly of: readonly RequirementSeen[];
}
