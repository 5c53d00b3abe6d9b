import { useState } from 'preact/hooks';
import { Code } from '../parts/code.tsx';
import { Confirm } from '../parts/confirm.tsx';
import { Moment } from '../parts/moment.tsx';
import { ProblemBox } from '../parts/problem-box.tsx';
import { Table } from '../parts/table.tsx';
import type { Problem } from '../problem.ts';
import { useSurroundings } from '../session.ts';

/** `POST /v1/grants/lookup`. */
interface Logins {
  readonly sub: string;
  readonly grants: readonly {
    readonly sid: string;
    readonly expires_at: number;
    readonly upstream: string | null;
    readonly logged_in_at: number | null;
  }[];
}

/** The logins of one subject; an operator ends one, or all. */
export function SubjectLogins() {
  const { session, mayWrite, announce } = useSurroundings();
  const [sub, setSub] = useState('');
  const [found, setFound] = useState<Logins | undefined>(undefined);
  const [ended, setEnded] = useState<ReadonlySet<string>>(new Set());
  const [problem, setProblem] = useState<Problem | undefined>(undefined);
  /** undefined: nothing is asked; '': all of the subject; else a sid. */
  const [ending, setEnding] = useState<string | undefined>(undefined);
  const [busy, setBusy] = useState(false);
  const look = async (event: SubmitEvent) => {
    event.preventDefault();
    setBusy(true);
    const answer = await session.api<Logins>('/v1/grants/lookup', { method: 'POST', body: { sub } });
    setBusy(false);
    setProblem(answer.ok ? undefined : answer.problem);
    setFound(answer.ok ? answer.value : undefined);
    setEnded(new Set());
  };
  const close = () => setEnding(undefined);
  const done = ({ done: over }: { readonly done: boolean }) => {
    const those = ending === '' ? (found?.grants.map(({ sid }) => sid) ?? []) : [ending ?? ''];
    setEnded(new Set([...ended, ...those]));
    announce(over ? 'Ended.' : 'Ended here; what is left goes on by itself.');
    close();
  };
  return (
    <section class="card" aria-label="Logins of a subject">
      <h2>Logins of a subject</h2>
      <form class="filters" onSubmit={look}>
        <div class="broad">
          <label for="subject">Subject (sub)</label>
          <input
            id="subject"
            value={sub}
            required
            spellcheck={false}
            autocomplete="off"
            onInput={(event) => setSub(event.currentTarget.value)}
          />
        </div>
        <button type="submit" disabled={busy}>
          Find its logins
        </button>
      </form>
      {problem && <ProblemBox problem={problem} />}
      {found && (
        <>
          <p>
            Of <Code>{found.sub}</Code>:
          </p>
          <Table
            caption="Logins"
            rows={found.grants}
            keyOf={({ sid }) => sid}
            empty="None that is known and has not expired."
            columns={[
              { title: 'Session (sid)', cell: ({ sid }) => <Code>{sid}</Code> },
              { title: 'Over', cell: ({ expires_at: at }) => <Moment at={at} /> },
              { title: 'Logged in at', minor: true, cell: ({ upstream }) => upstream ?? 'by assertion' },
              {
                title: 'Logged in',
                minor: true,
                cell: ({ logged_in_at: at }) => (at === null ? '–' : <Moment at={at} />),
              },
              {
                title: 'End',
                cell: ({ sid }) =>
                  ended.has(sid) ? (
                    'ended'
                  ) : mayWrite ? (
                    <button type="button" class="danger" onClick={() => setEnding(sid)}>
                      End …<span class="unseen"> {sid}</span>
                    </button>
                  ) : (
                    '–'
                  ),
              },
            ]}
          />
          <p class="quiet">
            One that was ended may be listed until it expires. Ending it again changes nothing.
          </p>
          {mayWrite && (
            <button type="button" class="danger" onClick={() => setEnding('')}>
              End all …
            </button>
          )}
        </>
      )}
      {found && ending !== undefined && (
        <Confirm<{ readonly done: boolean }>
          title={ending === '' ? 'End all logins' : 'End one login'}
          button={ending === '' ? 'End all' : 'End it'}
          act={() =>
            session.api('/v1/grants/end', {
              method: 'POST',
              body: { ...(ending === '' ? { sub: found.sub } : { sid: ending }), reason: 'console' },
              changes: true,
            })
          }
          onDone={done}
          onClose={close}
        >
          <p>
            {ending === '' ? (
              <>
                Every login of <Code>{found.sub}</Code> until now ends, those not listed too: none can be
                refreshed, and its access tokens go on the deny-list.
              </>
            ) : (
              <>
                The login <Code>{ending}</Code> ends: it cannot be refreshed, and its access tokens go on the
                deny-list.
              </>
            )}{' '}
            Whoever it was has to log in again. This cannot be taken back.
          </p>
        </Confirm>
      )}
    </section>
  );
}
