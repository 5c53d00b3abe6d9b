import { useNow } from '../clock.ts';
import { beside, expiry, isoTime } from '../moment.ts';

/** A time as people say it, with the exact one behind it. Seconds since 1970. */
export function Moment({ at, as = 'time' }: { readonly at: number; readonly as?: 'time' | 'expiry' }) {
  const now = useNow();
  const exact = isoTime(at);
  return (
    <time dateTime={exact} title={exact}>
      {as === 'expiry' ? expiry(at, now) : beside(at, now)}
    </time>
  );
}
