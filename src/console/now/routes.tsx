import { Table } from '../parts/table.tsx';
import { type Counts, countOf, type Histogram, quantile } from './counts.ts';

/** The slowest first. */
export function Routes({ counts }: { readonly counts: Counts }) {
  const rows = [...counts.recent.durations]
    .filter((each) => countOf(each) > 0)
    .sort((a, b) => mean(b) - mean(a))
    .slice(0, 8);
  return (
    <section class="card">
      <h2>Slowest routes</h2>
      <Table
        caption="Slowest routes of the last minutes"
        rows={rows}
        keyOf={({ route }) => route}
        empty="No requests in the last minutes."
        columns={[
          { title: 'Route', cell: ({ route }) => (route === '' ? <i>no route</i> : route) },
          { title: 'Mean', numeric: true, cell: (row) => milliseconds(mean(row)) },
          { title: '95 % within', numeric: true, cell: (row) => bound(row) },
          { title: 'Requests', numeric: true, cell: (row) => countOf(row) },
        ]}
      />
      <p class="quiet note">Until the answer began, the origin included; the last five to ten minutes.</p>
    </section>
  );
}

const mean = (histogram: Histogram): number => histogram.sum / countOf(histogram);

function bound(histogram: Histogram): string {
  const found = quantile(histogram, 0.95);
  const most = histogram.le.findLast((each) => each !== null) ?? 0;
  return found === undefined ? `over ${milliseconds(most)}` : milliseconds(found);
}

export const milliseconds = (seconds: number): string =>
  seconds >= 1
    ? `${Number(seconds.toFixed(1))} s`
    : `${Number((seconds * 1_000).toFixed(seconds < 0.01 ? 1 : 0))} ms`;
