import { useCallback } from 'preact/hooks';
import { linkTo } from '../address.ts';
import type { Counts, Series } from '../now/counts.ts';
import { Code } from '../parts/code.tsx';
import { Moment } from '../parts/moment.tsx';
import { Table } from '../parts/table.tsx';
import { usePoll } from '../poll.ts';
import { useSurroundings } from '../session.ts';
import { addressOf, changedRoutes, type PolicySeen, type RouteSeen, requiresText } from './seen.ts';

/** What would change: routes that only report, as counted, and the candidate policy beside the live one. */
export function Differences({ policy }: { readonly policy: PolicySeen }) {
  const { session } = useSurroundings();
  const { value: counts } = usePoll(
    useCallback(() => session.api<Counts>('/v1/metrics'), [session]),
    5,
  );
  const series = counts?.series ?? [];
  const differs = series.find(
    ({ metric, labels }) => metric === 'portcullis_events' && labels.event === 'candidate_differs',
  );
  return (
    <div class="grid">
      <section class="card">
        <h2>Would be refused</h2>
        <Table<Series>
          caption="What routes that only report would have refused"
          rows={series.filter(({ metric }) => metric === 'portcullis_would_refuse')}
          keyOf={({ labels }) => JSON.stringify(labels)}
          empty={
            policy.routes.some(({ enforce }) => enforce === 'report')
              ? 'Nothing yet of what came to the routes that only report.'
              : 'No route only reports: each refuses.'
          }
          columns={[
            {
              title: 'Route',
              cell: ({ labels: { route = '', reason = '' } }) => (
                <a href={linkTo('/refusals', { route, reason })}>{route}</a>
              ),
            },
            { title: 'Reason', cell: ({ labels }) => labels.reason },
            { title: 'Requests', numeric: true, cell: ({ value }) => value },
            { title: 'Last', cell: ({ changed_at: at }) => <Moment at={at} /> },
          ]}
        />
      </section>
      {policy.candidate && (
        <section class="card">
          <h2>The candidate</h2>
          <p>
            Of 100 requests, {policy.candidate.share} are decided by it too, without effect.{' '}
            {differs === undefined ? (
              'None has been decided otherwise yet.'
            ) : (
              <>
                Decided otherwise so far: <b>{differs.value}</b>, the last <Moment at={differs.changed_at} />.
                The log’s <code>candidate_differs</code> events say which, and why.
              </>
            )}
          </p>
          <Table
            caption="Routes of the candidate that are others"
            rows={changedRoutes(policy)}
            keyOf={(pair) => JSON.stringify(pair)}
            empty="Its routes require what the live ones require; its issuers may differ."
            columns={[
              { title: 'Route', cell: ({ live, tried }) => (tried ?? live)?.name },
              { title: 'For', cell: ({ live, tried }) => <Code>{placeOf(tried ?? live)}</Code> },
              { title: 'Live', cell: ({ live }) => requiresOf(live) },
              { title: 'Candidate', cell: ({ tried }) => requiresOf(tried) },
            ]}
          />
        </section>
      )}
    </div>
  );
}

const placeOf = (route: RouteSeen | undefined): string => (route === undefined ? '' : addressOf(route));
const requiresOf = (route: RouteSeen | undefined): string =>
  route === undefined ? 'no such route' : requiresText(route);
