/** `GET /v1/keys`. */
export interface Ring {
  /** When the ring changes next by itself. */
  readonly changes_at: number;
  readonly keys: readonly RingKey[];
  readonly withdrawn: readonly {
    readonly kid: string;
    readonly withdrawn_at: number;
    /** Whether the deny-list has confirmed. */
    readonly denied: boolean;
  }[];
}

export interface RingKey {
  readonly kid: string;
  readonly algorithm: string;
  readonly stage: string;
  readonly published_at: number;
  readonly retired_at: number | null;
}

export const STAGES: Readonly<Record<string, string>> = {
  next: 'published, does not sign yet',
  current: 'signs',
  previous: 'signs no more; its tokens are still taken',
};
