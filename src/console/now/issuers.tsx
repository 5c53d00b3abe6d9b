import { Moment } from '../parts/moment.tsx';
import { Table } from '../parts/table.tsx';
import { type Counts, type IssuerKeys, issuerKeys } from './counts.ts';

const BADGES = { fresh: 'good', stale: 'warn', expired: 'bad', unknown: '' } as const;

export function Issuers({ counts }: { readonly counts: Counts }) {
  return (
    <section class="card">
      <h2>Issuers</h2>
      <Table<IssuerKeys>
        caption="Issuers and their keys"
        rows={issuerKeys(counts)}
        keyOf={({ issuer }) => issuer}
        empty="No issuer has been asked for keys yet."
        columns={[
          { title: 'Issuer', cell: ({ issuer }) => issuer },
          {
            title: 'Keys',
            cell: ({ state }) => (
              <span class={`badge ${BADGES[state]}`}>{state === 'unknown' ? 'nothing told' : state}</span>
            ),
          },
          { title: 'Fetched', cell: ({ refreshedAt }) => since(refreshedAt) },
          { title: 'Last failure', cell: ({ failedAt }) => since(failedAt) },
        ]}
      />
      <p class="quiet note">
        As isolates have told. When one fetches next depends on its first request after that: ask the gateway
        at <code>/.portcullis/status</code>.
      </p>
    </section>
  );
}

const since = (at: number | undefined) => (at === undefined ? 'never' : <Moment at={at} />);
