import { useState } from 'preact/hooks';
import { REMEDIES } from '../../telemetry/remedies.ts';
import { replaceQuery, useAddress } from '../address.ts';
import { Code } from '../parts/code.tsx';
import { FilterInput } from '../parts/filter-input.tsx';
import { Moment } from '../parts/moment.tsx';
import { ProblemBox } from '../parts/problem-box.tsx';
import { type Column, Table } from '../parts/table.tsx';
import { type Refused, reasonOf } from '../refusals/event.ts';
import { Explanation } from '../refusals/explanation.tsx';
import { type Filters, useTail } from '../refusals/tail.ts';
import { useSurroundings } from '../session.ts';

const PATH = '/refusals';
const REASONS = Object.keys(REMEDIES).filter((reason) => reason !== 'client_disconnected');
const TEXTS = [
  ['route', 'Route'],
  ['issuer', 'Issuer'],
  ['client', 'Address'],
] as const;

const COLUMNS: readonly Column<Refused>[] = [
  {
    title: 'Request',
    cell: ({ method, host, path }) => (
      <Code>
        {method} {host}
        {path}
      </Code>
    ),
  },
  {
    title: 'Reason',
    cell: (event) => (
      <span class={`badge ${event.status >= 500 ? 'warn' : 'bad'}`}>
        {event.status} {reasonOf(event)}
      </span>
    ),
  },
  { title: 'Route', minor: true, cell: ({ route }) => route ?? <i>none</i> },
  {
    title: 'Issuer',
    minor: true,
    cell: ({ issuer, unverified }) => issuer ?? (unverified?.issuer ? <i>{unverified.issuer}</i> : '–'),
  },
  { title: 'Address', minor: true, cell: ({ client }) => client ?? '–' },
  { title: 'When', cell: ({ time }) => <Moment at={time} /> },
];

function RefusalsPage() {
  const { session, announce } = useSurroundings();
  const { query } = useAddress();
  const [paused, setPaused] = useState(false);
  const [open, setOpen] = useState<Refused | undefined>(undefined);
  const given = (name: string) => query.get(name) ?? '';
  const filters: Filters = {
    reason: given('reason'),
    route: given('route'),
    issuer: given('issuer'),
    client: given('client'),
  };
  const { events, dropped, gap, problem } = useTail(session.api, filters, paused);
  const change = (name: keyof Filters, value: string) => replaceQuery(PATH, { ...filters, [name]: value });
  if (problem?.status === 404)
    return <p class="empty">No gateway has the binding METRICS here, so no refusals come in.</p>;
  if (problem?.status === 403)
    return (
      <p class="empty">
        Refusals tell who asked for what. Your token lacks the scope for that: <code>events_scope</code> of
        your table in <code>CONTROL.admins</code>, <code>events:read</code> unless it says otherwise.
      </p>
    );
  return (
    <>
      <search class="filters">
        <div>
          <label for="reason">Reason</label>
          <select
            id="reason"
            value={filters.reason}
            onChange={(event) => change('reason', event.currentTarget.value)}
          >
            <option value="">all</option>
            {REASONS.map((reason) => (
              <option key={reason} value={reason}>
                {reason}
              </option>
            ))}
          </select>
        </div>
        {TEXTS.map(([name, title]) => (
          <div key={name}>
            <label for={name}>{title}</label>
            <FilterInput id={name} value={filters[name]} onCommit={(text) => change(name, text)} />
          </div>
        ))}
        <button
          type="button"
          aria-pressed={paused}
          onClick={() => {
            setPaused(!paused);
            announce(paused ? 'The list follows again.' : 'The list is held.');
          }}
        >
          {paused ? 'Follow again' : 'Hold the list'}
        </button>
      </search>
      {problem && <ProblemBox problem={problem} />}
      {(dropped > 0 || gap) && (
        <p class="quiet">
          {dropped > 0 && `${dropped} more were refused at once than are handed on. `}
          {gap && 'Some may be missing since the list was last brought up to date. '}
          The counts on the page Now hold them all.
        </p>
      )}
      <div class="card">
        {events === undefined ? (
          <p class="empty">Asking …</p>
        ) : (
          <Table
            caption="Refused requests, the newest first"
            columns={COLUMNS}
            rows={events}
            keyOf={({ id }) => id}
            onOpen={setOpen}
            empty="Nothing that fits has been refused lately. New refusals show up here within ten seconds."
          />
        )}
      </div>
      {open && <Explanation event={open} onClose={() => setOpen(undefined)} />}
    </>
  );
}

export const REFUSALS = { path: PATH, title: 'Refusals', view: RefusalsPage } as const;
