/** The work did not end in time. */
export class DeadlineExceeded extends Error {
  override readonly name = 'DeadlineExceeded';
}

/**
 * Ends in `timeoutMs` whatever the work does: the signal asks it to stop, and when it does not listen (a body that
 * drips, a library that swallows the abort) the race is lost anyway. Throws `DeadlineExceeded`, or what the work throws.
 */
export async function withinDeadline<T>(
  timeoutMs: number,
  work: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const abort = new AbortController();
  const deadline = new Promise<never>((_, reject) => {
    abort.signal.addEventListener('abort', () => reject(new DeadlineExceeded()));
  });
  const timer = setTimeout(() => abort.abort(), timeoutMs);
  try {
    return await Promise.race([work(abort.signal), deadline]);
  } finally {
    clearTimeout(timer);
  }
}
