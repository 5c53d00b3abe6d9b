import { useCallback } from 'preact/hooks';
import { CANARY_MODES, type CanaryMode } from '../../core/canary.ts';
import { distance } from '../moment.ts';
import { useOnce } from '../once.ts';
import { Moment } from '../parts/moment.tsx';
import { Table } from '../parts/table.tsx';
import type { PolicySeen } from '../policy/seen.ts';
import { useSurroundings } from '../session.ts';
import { type Counts, type Histogram, quantile, type Series } from './counts.ts';
import { milliseconds } from './routes.tsx';

interface Enforced {
  readonly mode: CanaryMode;
  readonly times: (Series & Histogram) | undefined;
  readonly inTime: number;
  readonly late: number;
  readonly failed: number;
}

/** How soon revocations bite, as the canary has found, beside what is promised; nothing where there is no canary. */
export function Enforcement({ counts }: { readonly counts: Counts }) {
  const rows = CANARY_MODES.map((mode) => enforced(mode, counts)).filter(
    ({ times, failed }) => times !== undefined || failed > 0,
  );
  return rows.length === 0 ? null : <Measured rows={rows} />;
}

function Measured({ rows }: { readonly rows: readonly Enforced[] }) {
  const { session } = useSurroundings();
  const policy = useOnce(useCallback(() => session.api<PolicySeen>('/v1/policy'), [session]));
  const promised = (mode: CanaryMode) => (policy?.ok ? promiseOf(mode, policy.value) : 'not told');
  return (
    <section class="card whole">
      <h2>Time to enforce</h2>
      <Table<Enforced>
        caption="How soon revocations bite, as the canary finds it"
        rows={rows}
        keyOf={({ mode }) => mode}
        empty=""
        columns={[
          { title: 'Mode', cell: ({ mode }) => mode },
          { title: 'Promised', cell: ({ mode }) => promised(mode) },
          { title: 'Half within', numeric: true, cell: ({ times }) => within(times, 0.5) },
          { title: '95 % within', numeric: true, cell: ({ times }) => within(times, 0.95) },
          { title: 'All within', numeric: true, cell: ({ times }) => within(times, 1) },
          { title: 'In time', numeric: true, cell: ({ inTime }) => inTime },
          { title: 'Late', cell: ({ late }) => <Few count={late} /> },
          { title: 'Failed', cell: ({ failed }) => <Few count={failed} /> },
          { title: 'Last', cell: ({ times }) => (times ? <Moment at={times.changed_at} /> : 'never') },
        ]}
      />
      <p class="quiet note">
        From the store’s word that a revocation is written to the first refusal. Late: by more than 2 s for
        the way.
      </p>
    </section>
  );
}

const Few = ({ count }: { readonly count: number }) =>
  count === 0 ? <>0</> : <span class="badge bad">{count}</span>;

function enforced(mode: CanaryMode, { series }: Counts): Enforced {
  const times = series.find(
    ({ metric, labels }) => metric === 'portcullis_time_to_enforce_seconds' && labels.mode === mode,
  );
  const told = (result: string) =>
    series.find(
      ({ metric, labels }) =>
        metric === 'portcullis_canaries' && labels.mode === mode && labels.result === result,
    )?.value ?? 0;
  const { le, counts, sum } = times ?? {};
  const histogram = le && counts && sum !== undefined ? { le, counts, sum } : undefined;
  return {
    mode,
    times: times && histogram && { ...times, ...histogram },
    inTime: told('in_time'),
    late: told('late'),
    failed: told('failed'),
  };
}

function within(times: Histogram | undefined, share: number): string {
  if (times === undefined) return '–';
  const found = quantile(times, share);
  const most = times.le.findLast((each) => each !== null) ?? 0;
  return found === undefined ? `over ${milliseconds(most)}` : milliseconds(found);
}

/** The largest bound of the routes with a mode, which is what the canary is held to. */
export function promiseOf(mode: CanaryMode, { routes }: PolicySeen): string {
  const bounds = routes
    .filter(({ authentication, revocation }) => authentication !== 'none' && revocation.mode === mode)
    .map(({ revocation }) => revocation.maxStalenessSeconds);
  if (bounds.length === 0) return 'no such route';
  return mode === 'strict' ? 'the next request' : distance(Math.max(...bounds));
}
