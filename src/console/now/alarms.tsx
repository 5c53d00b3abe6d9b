import { useCallback, useEffect } from 'preact/hooks';
import { Moment } from '../parts/moment.tsx';
import { usePoll } from '../poll.ts';
import { useSurroundings } from '../session.ts';

/** `GET /v1/alarms`, as far as it is shown. */
interface Alarms {
  /** By control's clock. */
  readonly at: number;
  /** Null: never. */
  readonly evaluated_at: number | null;
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

/** The cron of control comes each minute. */
const LATE_SECONDS = 180;

/** Those that run, before anything else, or that none does; nothing where none are kept. */
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
  if (value === undefined) return null;
  const { at: now, evaluated_at: at } = value;
  const late = at !== null && now - at > LATE_SECONDS && (
    <p class="alarm">
      Which alarms run is not known: none has been judged since <Moment at={at} />. The cron of control does
      not come.
    </p>
  );
  if (running.length === 0) {
    if (late) return late;
    return (
      <p class="quiet">
        {at === null
          ? 'No alarm has been judged yet: the cron of control has not come.'
          : 'No alarm runs, as judged '}
        {at !== null && <Moment at={at} />}
        {at !== null && '.'}
      </p>
    );
  }
  return (
    <section aria-label="Running alarms">
      {late}
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
