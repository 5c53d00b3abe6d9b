import { useEffect, useState } from 'preact/hooks';

/** The one place where the console reads a clock. Seconds since 1970. */
const secondsNow = (): number => Date.now() / 1_000;

const listeners = new Set<(now: number) => void>();
let timer: ReturnType<typeof setInterval> | undefined;

/** The time, again every second, for what is shown beside it: the same for all of a page, by one timer. */
export function useNow(): number {
  const [now, setNow] = useState(secondsNow);
  useEffect(() => {
    listeners.add(setNow);
    timer ??= setInterval(() => {
      const at = secondsNow();
      for (const listener of listeners) listener(at);
    }, 1_000);
    return () => {
      listeners.delete(setNow);
      if (listeners.size > 0) return;
      clearInterval(timer);
      timer = undefined;
    };
  }, []);
  return now;
}

/** When what asks was first drawn; the same ever after. */
export const useStart = (): number => useState(secondsNow)[0];
