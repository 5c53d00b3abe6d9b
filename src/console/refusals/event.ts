/** `GET /v1/refusals`. */
export interface RefusalPage {
  readonly refusals: readonly Refused[];
  readonly cursor: string;
  readonly dropped: number;
  readonly gap: boolean;
}

/** The event of a request that was refused, as docs/operating.md tells of it. Much of it is the client's own text. */
export interface Refused {
  /** Of this event alone; the reference may be the client's own, the same for many. */
  readonly id: string;
  readonly time: number;
  readonly reference: string;
  readonly method: string;
  readonly host: string;
  readonly path: string;
  readonly client?: string;
  readonly route: string | null;
  readonly decision: string;
  readonly reason: string | null;
  readonly wouldRefuse?: string;
  readonly evidence?: string;
  readonly status: number;
  readonly issuer?: string;
  readonly audience?: string | readonly string[];
  readonly expiresAt?: number;
  readonly unverified?: {
    readonly issuer?: string;
    readonly audience?: string | readonly string[];
    readonly expiresAt?: number;
  };
  readonly kid?: string;
  readonly replicaAgeSeconds?: number;
  readonly verifyMs?: number;
  readonly revocationMs?: number;
  readonly originMs?: number;
  readonly totalMs?: number;
}

/** Why it was refused, or would have been on a route that only reports. */
export const reasonOf = ({ reason, wouldRefuse }: Refused): string => reason ?? wouldRefuse ?? '';
