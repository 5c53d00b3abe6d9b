import { useCallback, useState } from 'preact/hooks';
import { useOnce } from '../once.ts';
import { Code } from '../parts/code.tsx';
import { ProblemBox } from '../parts/problem-box.tsx';
import { type Column, Table } from '../parts/table.tsx';
import { Differences } from '../policy/differences.tsx';
import { Reach } from '../policy/reach.tsx';
import { RouteDialog } from '../policy/route-dialog.tsx';
import {
  addressOf,
  boundText,
  type PolicySeen,
  type RouteSeen,
  requiresText,
  rowOf,
} from '../policy/seen.ts';
import { useSurroundings } from '../session.ts';

const COLUMNS: readonly Column<RouteSeen>[] = [
  { title: 'Route', cell: ({ name }) => name },
  { title: 'For', cell: (route) => <Code>{addressOf(route)}</Code> },
  { title: 'Methods', minor: true, cell: ({ methods }) => methods?.join(', ') ?? 'every' },
  {
    title: 'Requires',
    cell: (route) => (
      <>
        {requiresText(route)} {route.enforce === 'report' && <span class="badge warn">only reports</span>}
      </>
    ),
  },
  { title: 'Issuers', minor: true, cell: ({ issuers }) => issuers.join(', ') || '–' },
  { title: 'A revocation bites', minor: true, cell: boundText },
];

function PolicyPage() {
  const { session } = useSurroundings();
  const answer = useOnce(useCallback(() => session.api<PolicySeen>('/v1/policy'), [session]));
  if (answer === undefined) return <p class="empty">Asking …</p>;
  if (!answer.ok) return <ProblemBox problem={answer.problem} />;
  return <Shown policy={answer.value} />;
}

function Shown({ policy }: { readonly policy: PolicySeen }) {
  const [open, setOpen] = useState<RouteSeen | undefined>(undefined);
  return (
    <>
      <Reach routes={policy.routes} />
      <section class="card reach">
        <h2>Routes</h2>
        <Table
          caption="Routes and what each requires"
          columns={COLUMNS}
          rows={policy.routes}
          keyOf={rowOf}
          onOpen={setOpen}
          empty="The gateway has no route."
        />
      </section>
      <Differences policy={policy} />
      {open && <RouteDialog route={open} onClose={() => setOpen(undefined)} />}
    </>
  );
}

export const POLICY = { path: '/policy', title: 'Policy', view: PolicyPage } as const;
