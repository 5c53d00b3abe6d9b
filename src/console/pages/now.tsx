import { useCallback } from 'preact/hooks';
import { linkTo } from '../address.ts';
import { useNow } from '../clock.ts';
import { distance } from '../moment.ts';
import { Alarms } from '../now/alarms.tsx';
import { type Counts, timeline, totals } from '../now/counts.ts';
import { Enforcement } from '../now/enforcement.tsx';
import { Issuers } from '../now/issuers.tsx';
import { Routes } from '../now/routes.tsx';
import { StoreState } from '../now/store-state.tsx';
import { Chart, shortNumber } from '../parts/chart.tsx';
import { ProblemBox } from '../parts/problem-box.tsx';
import { usePoll } from '../poll.ts';
import { useSurroundings } from '../session.ts';

const SHOWN_SECONDS = 1_800;
const DECISIONS = [
  ['allowed', '--good'],
  ['denied', '--bad'],
  ['unknown', '--warn'],
  ['failed', '--violet'],
] as const;
const REASON_COLORS = ['--bad', '--accent', '--warn', '--violet', '--teal'] as const;

function NowPage() {
  const { session } = useSurroundings();
  const { value: counts, problem } = usePoll(
    useCallback(() => session.api<Counts>('/v1/metrics'), [session]),
    5,
  );
  if (problem?.status === 404)
    return <p class="empty">No gateway has the binding METRICS here, so nothing is counted.</p>;
  return (
    <>
      {problem && <ProblemBox problem={problem} />}
      <Alarms />
      {counts && <Counted counts={counts} />}
    </>
  );
}

function Counted({ counts }: { readonly counts: Counts }) {
  const reasons = totals(counts, 'reasons', SHOWN_SECONDS);
  const most = reasons[0]?.count ?? 1;
  const decisions = timeline(counts, 'decisions', SHOWN_SECONDS);
  const refusals = timeline(counts, 'reasons', SHOWN_SECONDS);
  const shown = DECISIONS.map(([name, color]) => ({ name, color, values: decisions.of(name) }));
  const top = reasons.slice(0, REASON_COLORS.length).map(({ name }, i) => ({
    name,
    color: REASON_COLORS[i] ?? '--quiet',
    values: refusals.of(name),
  }));
  return (
    <>
      <Tiles counts={counts} />
      <div class="grid">
        <section class="card">
          <h2>Requests a second</h2>
          <Chart
            summary={`Requests a second in the last half hour: ${inWords(totals(counts, 'decisions', SHOWN_SECONDS))}`}
            unit="a second"
            times={decisions.times}
            curves={shown}
          />
        </section>
        <section class="card">
          <h2>Refusals by reason</h2>
          {reasons.length === 0 ? (
            <p class="empty">Nothing was refused in the last half hour.</p>
          ) : (
            <>
              <Chart
                summary={`Refusals a second in the last half hour: ${inWords(reasons)}`}
                unit="a second"
                times={refusals.times}
                curves={top}
              />
              <ul class="bars" aria-label="Refusals in the last half hour">
                {reasons.slice(0, 8).map(({ name, count }) => (
                  <li key={name}>
                    <a href={linkTo('/refusals', { reason: name })}>{name}</a>
                    <meter min={0} max={most} value={count} aria-label={name} />
                    <b>{count >= 1_000 ? shortNumber(count) : count}</b>
                  </li>
                ))}
              </ul>
            </>
          )}
        </section>
      </div>
      <div class="grid">
        <Routes counts={counts} />
        <StoreState counts={counts} />
      </div>
      <Issuers counts={counts} />
      <Enforcement counts={counts} />
    </>
  );
}

function Tiles({ counts }: { readonly counts: Counts }) {
  const now = useNow();
  const minute = totals(counts, 'decisions', 60);
  const of = (name: string) => minute.find((each) => each.name === name)?.count ?? 0;
  const all = minute.reduce((sum, { count }) => sum + count, 0);
  const last = counts.last_hand_over_at;
  const quiet = last === null ? 'nothing yet' : `${distance(now - last)} ago`;
  return (
    <dl class="tiles">
      <Tile name="Requests a second" value={shortNumber(all / 60)} />
      <Tile name="Refused" value={all === 0 ? '–' : `${shortNumber((100 * of('denied')) / all)} %`} />
      <Tile name="In doubt (503)" value={String(of('unknown'))} bad={of('unknown') > 0} />
      <Tile name="Failed" value={String(of('failed'))} bad={of('failed') > 0} />
      <Tile name="Last counts came in" value={quiet} />
    </dl>
  );
}

function Tile({
  name,
  value,
  bad = false,
}: {
  readonly name: string;
  readonly value: string;
  readonly bad?: boolean;
}) {
  return (
    <div class={bad ? 'tile bad' : 'tile'}>
      <dt>{name}</dt>
      <dd>{value}</dd>
    </div>
  );
}

const inWords = (sums: readonly { readonly name: string; readonly count: number }[]): string =>
  sums.map(({ name, count }) => `${count} ${name}`).join(', ') || 'none';

export const NOW = { path: '/now', title: 'Now', view: NowPage } as const;
