/** What a metric is, for those who count, render and document it. Names follow the conventions of Prometheus. */
export interface Metric {
  readonly kind: 'counter' | 'histogram';
  /** One sentence without a full stop; `# HELP`. */
  readonly help: string;
  /** Names of labels. Their values come from the policy and from fixed sets, never from a request. */
  readonly labels: readonly string[];
  /** Upper bounds of a histogram's buckets, ascending; `+Inf` follows. */
  readonly bounds?: readonly number[];
}

/** From an answer out of memory to the longest that a client waits. */
const DURATIONS = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30] as const;
const AGES = [0.5, 1, 2, 5, 10, 30, 60, 300, 900, 3600] as const;

/** From a round trip to the longest that is waited for. */
const ENFORCED = [0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300, 900] as const;

/** Every metric that is counted, by the name of its family. */
export const METRICS = {
  portcullis_requests: {
    kind: 'counter',
    help: 'Requests by what was decided; reason is empty for allowed ones, issuer for tokens that did not verify',
    labels: ['route', 'decision', 'reason', 'issuer'],
  },
  portcullis_responses: {
    kind: 'counter',
    help: 'Answers by the class of their status; "none" where the client had left',
    labels: ['route', 'class'],
  },
  portcullis_would_refuse: {
    kind: 'counter',
    help: 'Requests let through on a route that only reports, by what they would have been refused for',
    labels: ['route', 'reason'],
  },
  portcullis_request_duration_seconds: {
    kind: 'histogram',
    help: 'Wall time until the answer began, origin included',
    labels: ['route'],
    bounds: DURATIONS,
  },
  portcullis_stage_duration_seconds: {
    kind: 'histogram',
    help: 'Wall time of one stage; a stage that waited for nothing counts as 0',
    labels: ['stage'],
    bounds: DURATIONS,
  },
  portcullis_revocation_checks: {
    kind: 'counter',
    help: 'Verified tokens by what became of the look into the deny-list',
    labels: ['result'],
  },
  portcullis_revocation_store_reads: {
    kind: 'counter',
    help: 'Questions sent to the revocation store',
    labels: [],
  },
  portcullis_revocation_cache_lookups: {
    kind: 'counter',
    help: 'Tokens decided by remembered answers of the deny-list, by whether all that was needed was there',
    labels: ['result'],
  },
  portcullis_revocation_replica_age_seconds: {
    kind: 'histogram',
    help: 'Age of the copy of the deny-list that a request was decided by',
    labels: [],
    bounds: AGES,
  },
  portcullis_token_cache_lookups: {
    kind: 'counter',
    help: 'Looks for a token among those verified before',
    labels: ['result'],
  },
  portcullis_events: {
    kind: 'counter',
    help: 'Events of the log other than requests',
    labels: ['event', 'issuer'],
  },
  portcullis_token_service_requests: {
    kind: 'counter',
    help: 'Answers of the token service by endpoint; error is empty where there is none',
    labels: ['endpoint', 'error'],
  },
  portcullis_tokens_issued: {
    kind: 'counter',
    help: 'Access tokens issued by what for and to whom; client is empty for sessions in cookies',
    labels: ['grant', 'client'],
  },
  portcullis_refreshes: {
    kind: 'counter',
    help: 'Uses of refresh tokens by what became of them',
    labels: ['result'],
  },
  portcullis_grants_ended: {
    kind: 'counter',
    help: 'Logins that have ended before their time, by why',
    labels: ['reason'],
  },
  portcullis_logins: {
    kind: 'counter',
    help: 'Logins that came back from a provider, by what became of them',
    labels: ['upstream', 'result'],
  },
  portcullis_signing_key_changes: {
    kind: 'counter',
    help: "Changes of the token service's keyring",
    labels: ['change'],
  },
  portcullis_token_service_events: {
    kind: 'counter',
    help: 'Events of the log of the token service',
    labels: ['event'],
  },
  portcullis_time_to_enforce_seconds: {
    kind: 'histogram',
    help: 'From a revocation that the store has confirmed to the first refusal of its token, as the canary finds it',
    labels: ['mode'],
    bounds: ENFORCED,
  },
  portcullis_canaries: {
    kind: 'counter',
    help: 'Tokens that the canary revoked, by whether that bit in the time that is promised',
    labels: ['mode', 'result'],
  },
  portcullis_metrics_lost: {
    kind: 'counter',
    help: 'Requests whose counts could not be handed on',
    labels: ['why'],
  },
} as const satisfies Record<string, Metric>;

export type MetricName = keyof typeof METRICS;

export const metricNamed = (name: string): Metric | undefined =>
  Object.hasOwn(METRICS, name) ? METRICS[name as MetricName] : undefined;

/** Whether its counts are of requests: what is lost of them is told. */
export const countsRequests = (metric: string | undefined): boolean =>
  metric === 'portcullis_requests' || metric === 'portcullis_token_service_requests';

/** How many numbers a series of a metric holds: one, or one for each bucket and the sum of what was observed. */
export const widthOf = ({ bounds }: Metric): number => (bounds === undefined ? 1 : bounds.length + 2);
