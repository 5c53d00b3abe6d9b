/** Numbers of the decision, each with its reason. What a route may choose is in `config/`. */

/** What a client is told to wait after `revocation_unavailable`: long enough for a failover, short enough to forget. Seconds. */
export const RETRY_AFTER_SECONDS = 5;

/** Answers remembered by `cached`, one per predicate: at about 300 bytes each, 15 MB of the isolate's 128. */
export const MAX_CACHED_ANSWERS = 50_000;

/** Keys asked for in one refresh of `cached`: about 50 KB of request, far below Upstash's limit of 1 MB. */
export const MAX_REFRESH_KEYS = 500;

/** Share of `max_staleness` after which answers in use are refreshed behind a request. */
export const REFRESH_AT = 0.5;

/** An answer is renewed along with the others for this many bounds after its last use: it costs no read of its own. */
export const KEEP_FOR_BOUNDS = 2;
