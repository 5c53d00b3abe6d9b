/** Numbers of the replica, each with its reason. */

/** Share of `max_staleness` after which the copy is refreshed behind a request. */
export const REFRESH_AT = 0.5;

/** Share of `max_staleness` after which an isolate stops waiting for another one of its colo to refresh. */
export const REFRESH_ALONE_AT = 0.8;

/** Records that one may hold: one table of 32 MB, and a second one while it is rebuilt, in an isolate of 128 MB. */
export const MAX_RECORDS = 1_500_000;

/** Pages of changes read in one refresh, before the next one goes on. */
export const MAX_CHANGE_PAGES = 50;

/** How long one read behind a request may take: nobody waits for it. Milliseconds. */
export const BACKGROUND_TIMEOUT_MS = 5_000;

/** Least and most time between two attempts to build one that fail. Seconds. */
export const MIN_REBUILD_SECONDS = 1;
export const MAX_REBUILD_SECONDS = 30;
