import { useMemo, useState } from 'preact/hooks';
import { REVOCATION_KINDS } from '../../core/revocation.ts';
import { visibleText } from '../../core/visible-text.ts';
import { replaceQuery, useAddress } from '../address.ts';
import { useStart } from '../clock.ts';
import { Code } from '../parts/code.tsx';
import { FilterInput } from '../parts/filter-input.tsx';
import { Moment } from '../parts/moment.tsx';
import { ProblemBox } from '../parts/problem-box.tsx';
import { type Column, Table } from '../parts/table.tsx';
import { type Entry, KINDS, targetOf } from '../revocations/entry.ts';
import { EntryDialog } from '../revocations/entry-dialog.tsx';
import { useList } from '../revocations/list.ts';
import { RevokeForm } from '../revocations/revoke-form.tsx';
import { useSurroundings } from '../session.ts';

const PATH = '/revocations';
const PERIODS = [
  ['', 'any time'],
  ['3600', 'the last hour'],
  ['86400', 'the last day'],
  ['604800', 'the last week'],
] as const;

const COLUMNS: readonly Column<Entry>[] = [
  {
    title: 'What',
    cell: (entry) => (
      <Code>
        {targetOf(entry).kind} {targetOf(entry).value}
      </Code>
    ),
  },
  { title: 'Issuer', minor: true, cell: ({ issuer }) => <Code>{issuer}</Code> },
  { title: 'Revoked', cell: ({ revoked_at: at }) => <Moment at={at} /> },
  { title: 'By', minor: true, cell: ({ revoked_by: by }) => visibleText(by) },
  { title: 'Reason', minor: true, cell: ({ reason }) => visibleText(reason) || '–' },
  { title: 'Kept until', cell: ({ expires_at: at }) => <Moment at={at} /> },
];

function RevocationsPage() {
  const { session, mayWrite } = useSurroundings();
  const { query } = useAddress();
  const [open, setOpen] = useState<Entry | undefined>(undefined);
  const start = useStart();
  const given = (name: string) => query.get(name) ?? '';
  // An address may have been written by anybody.
  const filters = {
    kind: REVOCATION_KINDS.find((each) => each === given('kind')) ?? '',
    value: given('value'),
    issuer: given('issuer'),
    within: PERIODS.map(([seconds]) => seconds).find((each) => each === given('within')) ?? '',
  };
  const { kind, value, issuer, within } = filters;
  const search = useMemo(
    () => ({
      // One identifier instead of a kind finds the entry itself.
      ...(kind !== '' && value !== '' ? { [kind]: value } : { kind }),
      issuer,
      revoked_from: within === '' ? undefined : Math.floor(start - Number(within)),
    }),
    [kind, value, issuer, within, start],
  );
  const { entries, problem, more, again } = useList(session.api, search);
  const change = (name: keyof typeof filters, to: string) => replaceQuery(PATH, { ...filters, [name]: to });
  return (
    <>
      {mayWrite && <RevokeForm onChanged={again} />}
      <search class="filters">
        <div>
          <label for="kind">Kind</label>
          <select
            id="kind"
            value={kind}
            onChange={(event) =>
              replaceQuery(PATH, { ...filters, value: '', kind: event.currentTarget.value })
            }
          >
            <option value="">all</option>
            {REVOCATION_KINDS.map((each) => (
              <option key={each} value={each}>
                {KINDS[each].name} ({each})
              </option>
            ))}
          </select>
        </div>
        <div>
          <label for="identifier">Identifier</label>
          <FilterInput
            id="identifier"
            value={value}
            disabled={kind === ''}
            placeholder={kind === '' ? 'choose a kind first' : 'the whole of it'}
            onCommit={(text) => change('value', text)}
          />
        </div>
        <div>
          <label for="issuer">Issuer</label>
          <FilterInput id="issuer" value={issuer} onCommit={(text) => change('issuer', text)} />
        </div>
        <div>
          <label for="within">Revoked in</label>
          <select
            id="within"
            value={within}
            onChange={(event) => change('within', event.currentTarget.value)}
          >
            {PERIODS.map(([seconds, name]) => (
              <option key={seconds} value={seconds}>
                {name}
              </option>
            ))}
          </select>
        </div>
      </search>
      {problem && <ProblemBox problem={problem} />}
      <div class="card">
        {entries === undefined ? (
          <p class="empty">Asking …</p>
        ) : (
          <Table
            caption="Revocations"
            columns={COLUMNS}
            rows={entries}
            keyOf={(entry) => JSON.stringify(targetOf(entry))}
            onOpen={setOpen}
            empty={more ? 'Nothing that fits on this page of the list.' : 'Nothing that fits is revoked.'}
          />
        )}
        {more && (
          <button type="button" onClick={more}>
            More
          </button>
        )}
      </div>
      {open && (
        <EntryDialog
          entry={open}
          onClose={() => setOpen(undefined)}
          onChanged={() => {
            setOpen(undefined);
            again();
          }}
        />
      )}
    </>
  );
}

export const REVOCATIONS = { path: PATH, title: 'Revocations', view: RevocationsPage } as const;
