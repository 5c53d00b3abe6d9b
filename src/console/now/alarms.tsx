import { useCallback, useEffect } from 'preact/hooks';
import { Moment } from '../parts/moment.tsx';
import { usePoll } from '../poll.ts';
import { useSurroundings } from '../session.ts';

/** `GET /v1/alarms`, as far as it is shown. */
interface Alarms {
  readonly alarms: readonly Alarm[];
}

interface Alarm {
  readonly alarm: string;
  readonly running: boolean;
  readonly since: number | null;
  readonly value: number | null;
  readonly what: string;
  readonly severity: string;
  readonly see: string;
}

/** Those that run, before anything else; nothing where none does, or none are kept. */
export function Alarms() {
  const { session, announce } = useSurroundings();
  const { value, problem } = usePoll(
    useCallback(() => session.api<Alarms>('/v1/alarms'), [session]),
    15,
  );
  const running = value?.alarms.filter((each) => each.running) ?? [];
  const names = running.map(({ alarm }) => alarm).join(', ');
  // Said once: the time beside an alarm goes on every second.
  useEffect(() => {
    if (names !== '') announce(`Running alarms: ${names}`);
  }, [names, announce]);
  if (problem !== undefined && problem.status !== 404) {
    return <p class="alarm">Whether an alarm runs is not known: {problem.detail}</p>;
  }
  if (running.length === 0) return null;
  return (
    <section aria-label="Running alarms">
      {running.map(({ alarm, since, value: number, what, severity, see }) => (
        <p key={alarm} class="alarm">
          <span class="badge bad">{severity}</span> <strong>{alarm}</strong>
          {since !== null && (
            <>
              {' '}
              since <Moment at={since} />
            </>
          )}
          : {number ?? '?'} {what}. <span class="quiet">{see}</span>
        </p>
      ))}
    </section>
  );
}
