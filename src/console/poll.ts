import { useEffect, useState } from 'preact/hooks';
import type { Answer } from './api.ts';
import { nextPause } from './pace.ts';
import type { Problem } from './problem.ts';

/** What was last answered, and what went wrong since. */
export interface Polled<T> {
  readonly value: T | undefined;
  readonly problem: Problem | undefined;
}

/** Asks now and every `seconds`, less often while it fails, while the page is open and its tab is seen; `ask` must stay the same from draw to draw. */
export function usePoll<T>(ask: () => Promise<Answer<T>>, seconds: number): Polled<T> {
  const [polled, setPolled] = useState<Polled<T>>({ value: undefined, problem: undefined });
  useEffect(() => {
    let over = false;
    let timer: ReturnType<typeof setTimeout> | undefined;
    let failures = 0;
    const turn = async () => {
      if (document.visibilityState === 'visible') {
        const answer = await ask();
        if (over) return;
        failures = answer.ok ? 0 : failures + 1;
        setPolled((before) =>
          answer.ok
            ? { value: answer.value, problem: undefined }
            : { value: before.value, problem: answer.problem },
        );
      }
      timer = setTimeout(turn, nextPause(seconds * 1_000, failures));
    };
    void turn();
    return () => {
      over = true;
      clearTimeout(timer);
    };
  }, [ask, seconds]);
  return polled;
}
