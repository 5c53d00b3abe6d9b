/** The longest that one waits for somebody who does not answer. */
const MOST_MS = 60_000;

/** Milliseconds until one asks again: `everyMs`, and twice as long after each failure in a row. */
export const nextPause = (everyMs: number, failures: number): number =>
  Math.max(everyMs, Math.min(MOST_MS, everyMs * 2 ** failures));
