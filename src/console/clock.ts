import { useEffect, useState } from 'preact/hooks';

/** The one place where the console reads a clock. Seconds since 1970. */
export const secondsNow = (): number => Date.now() / 1_000;

/** The time, again every second, for what is shown beside it. */
export function useNow(): number {
  const [now, setNow] = useState(secondsNow);
  useEffect(() => {
    const timer = setInterval(() => setNow(secondsNow()), 1_000);
    return () => clearInterval(timer);
  }, []);
  return now;
}
