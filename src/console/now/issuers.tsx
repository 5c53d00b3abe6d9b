import { Moment } from '../parts/moment.tsx';
import { Table } from '../parts/table.tsx';
import { type Counts, type IssuerKeys, issuerKeys, type KeySet } from './counts.ts';

const BADGES = { fresh: 'good', stale: 'warn', none: 'bad' } as const;
const WORDS = { fresh: 'fresh', stale: 'stale', none: 'no usable keys' } as const;

export function Issuers({ counts }: { readonly counts: Counts }) {
  return (
    <section class="card whole">
      <h2>Issuers</h2>
      <Table<IssuerKeys>
        caption="Issuers and their keys"
        rows={issuerKeys(counts)}
        keyOf={({ issuer }) => issuer}
        empty="No issuer has been asked for keys yet."
        columns={[
          { title: 'Issuer', cell: ({ issuer }) => issuer },
          { title: 'Keys', cell: ({ set }) => <State set={set} /> },
          { title: 'Next refresh', cell: ({ set }) => set && <Time at={set.next_refresh_at} /> },
          { title: 'Refused from', cell: ({ set }) => set && <Time at={set.usable_until} /> },
          { title: 'Told', cell: ({ set }) => set && <Time at={set.told_at} /> },
          { title: 'Fetched', cell: ({ refreshedAt }) => <Time at={refreshedAt} /> },
          { title: 'Last failure', cell: ({ failedAt }) => <Time at={failedAt} /> },
        ]}
      />
      <p class="quiet note">
        Of the isolates that were heard in the last five minutes, the one that is worst off. An isolate
        refreshes with its first request after the time that is shown.
      </p>
    </section>
  );
}

function State({ set }: { readonly set: KeySet | undefined }) {
  if (set === undefined) return <span class="badge">nothing told</span>;
  const { state, keys, isolates, failing_isolates: failing = 0 } = set;
  const all = isolates.fresh + isolates.stale + isolates.none;
  return (
    <>
      <span class={`badge ${BADGES[state]}`}>{WORDS[state]}</span>
      {state !== 'none' && ` ${keys}`}
      {state !== 'fresh' && all > 0 && ` in ${isolates[state]} of ${all} isolates`}
      {failing > 0 && (
        <>
          {' '}
          <span class="badge bad">refresh fails in {failing}</span>
        </>
      )}
    </>
  );
}

const Time = ({ at }: { readonly at: number | null | undefined }) =>
  at === undefined || at === null ? 'never' : <Moment at={at} />;
