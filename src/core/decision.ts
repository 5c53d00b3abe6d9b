import type { Brand } from './brand.ts';
import type { JsonObject } from './jose.ts';
import type { LiveToken, Principal } from './principal.ts';
import type { Rejection } from './rejection.ts';
import type { VerifiedToken } from './verified-token.ts';

/** What a request may do, and as whom. */
export type Decision = Allowed | Refused;

/** Leave to carry a request out. Minted by `decision/decide.ts` alone. */
export type Allowed = Brand<
  {
    readonly allowed: true;
    /** undefined: nobody was asked for. */
    readonly principal: Principal | undefined;
    /** The principal's token, as it was presented. A secret: for the origin alone, where it is to have it. */
    readonly presented: string | undefined;
    readonly findings: Findings;
  },
  'Allowed'
>;

export interface Refused {
  readonly allowed: false;
  readonly rejection: Rejection;
  readonly findings: Findings;
}

/** What was learnt on the way, also to a refusal. For telemetry and explanation: it decides nothing. */
export interface Findings {
  /** Once it has verified. */
  readonly token: VerifiedToken | undefined;
  /** What a token that did not verify says, as far as it can be read. Anyone can write that. */
  readonly unverified: JsonObject | undefined;
  readonly revocation: LiveToken['revocation'] | undefined;
  /** Of the copy of the deny-list that was asked, where it was one. */
  readonly replicaAgeSeconds: number | undefined;
  /** Wall time of the stages that were reached. */
  readonly verifyMs: number | undefined;
  readonly revocationMs: number | undefined;
  /** undefined unless it was asked for. */
  readonly trace: readonly TracedStage[] | undefined;
}

/** One stage as it went: for a person who asks why. Names rules, never a token, a claim value or a jti. */
export interface TracedStage {
  readonly stage: 'credentials' | 'verification' | 'revocation' | 'requirement';
  readonly lookedAt: string;
  readonly outcome: 'passed' | Rejection['reason'];
  readonly evidence: string | undefined;
  readonly durationMs: number;
}
