/** The time ran out before the work settled. */
export class DeadlineExceeded extends Error {
  override readonly name = 'DeadlineExceeded';
}

/**
 * Settles as `work` does, or rejects with `DeadlineExceeded` when `signal` aborts first. Never hangs on work that
 * never settles, such as a promise whose owning request is gone.
 */
export const before = <T>(signal: AbortSignal, work: Promise<T>): Promise<T> =>
  new Promise((resolve, reject) => {
    const expire = () => reject(new DeadlineExceeded());
    if (signal.aborted) expire();
    signal.addEventListener('abort', expire, { once: true });
    work.then(resolve, reject).finally(() => signal.removeEventListener('abort', expire));
  });

/** Runs `work` with a signal that aborts after `timeoutMs`. It is for `work` to heed it, through `before`. */
export const withTimer = async <T>(
  timeoutMs: number,
  work: (signal: AbortSignal) => Promise<T>,
): Promise<T> => {
  const controller = new AbortController();
  const timer = setTimeout(() => controller.abort(), timeoutMs);
  try {
    return await work(controller.signal);
  } finally {
    clearTimeout(timer);
  }
};

/**
 * Ends in `timeoutMs` whatever the work does: the signal asks it to stop, and when it does not listen (a body that
 * drips, a library that swallows the abort) it is no longer waited for. Throws `DeadlineExceeded`, or what the work
 * throws.
 */
export const withinDeadline = <T>(timeoutMs: number, work: (signal: AbortSignal) => Promise<T>): Promise<T> =>
  withTimer(timeoutMs, (signal) => before(signal, work(signal)));
