import { useCallback, useState } from 'preact/hooks';
import { useOnce } from '../once.ts';
import { Code } from '../parts/code.tsx';
import { Confirm } from '../parts/confirm.tsx';
import { Moment } from '../parts/moment.tsx';
import { ProblemBox } from '../parts/problem-box.tsx';
import { Table } from '../parts/table.tsx';
import type { Problem } from '../problem.ts';
import { useSurroundings } from '../session.ts';
import { type Ring, STAGES } from './ring.ts';

type Asked = { readonly what: 'rotate' } | { readonly what: 'withdraw'; readonly kid: string };

/** The keys of the token service in their stages; an operator rotates, or withdraws one that has leaked. */
export function Keyring() {
  const { session, mayWrite, announce } = useSurroundings();
  const ask = useCallback(() => session.api<Ring>('/v1/keys'), [session]);
  const first = useOnce(ask);
  const [changed, setChanged] = useState<Ring | undefined>(undefined);
  const [asked, setAsked] = useState<Asked | undefined>(undefined);
  const [problem, setProblem] = useState<Problem | undefined>(undefined);
  if (first === undefined) return <p class="empty">Asking …</p>;
  if (!first.ok) return <ProblemBox problem={first.problem} />;
  const ring = changed ?? first.value;
  const key = asked?.what === 'withdraw' ? ring.keys.find(({ kid }) => kid === asked.kid) : undefined;
  const close = () => setAsked(undefined);
  /** What a dialog says is of the ring as it is now: it may have changed since the page was opened. */
  const open = async (next: Asked) => {
    const now = await ask();
    setProblem(now.ok ? undefined : now.problem);
    if (!now.ok) return;
    setChanged(now.value);
    setAsked(next);
  };
  const done = (next: Ring) => {
    setChanged(next);
    announce(asked?.what === 'withdraw' ? 'Withdrawn.' : 'Rotation is under way.');
    close();
  };
  return (
    <section class="card reach" aria-label="Signing keys">
      <h2>Signing keys</h2>
      <p>
        The ring changes next <Moment at={ring.changes_at} />.
      </p>
      <Table
        caption="Signing keys"
        rows={ring.keys}
        keyOf={({ kid }) => kid}
        empty="There is no key yet: the first token makes one."
        columns={[
          { title: 'Key', cell: ({ kid }) => <Code>{kid}</Code> },
          { title: 'Stage', cell: ({ stage }) => `${stage}: ${STAGES[stage] ?? ''}` },
          { title: 'Published', minor: true, cell: ({ published_at: at }) => <Moment at={at} /> },
          {
            title: 'Retired',
            minor: true,
            cell: ({ retired_at: at }) => (at === null ? '–' : <Moment at={at} />),
          },
          {
            title: 'If it leaks',
            cell: (key) =>
              mayWrite ? (
                <button type="button" class="danger" onClick={() => open({ what: 'withdraw', kid: key.kid })}>
                  Withdraw …<span class="unseen"> {key.kid}</span>
                </button>
              ) : (
                '–'
              ),
          },
        ]}
      />
      {ring.withdrawn.length > 0 && (
        <>
          <h3>Withdrawn</h3>
          <ul class="trail">
            {ring.withdrawn.map(({ kid, withdrawn_at: at, denied }) => (
              <li key={kid}>
                <Code>{kid}</Code>, <Moment at={at} />
                {denied ? ', on the deny-list' : '; the deny-list has not confirmed yet'}
              </li>
            ))}
          </ul>
        </>
      )}
      {mayWrite && (
        <button type="button" onClick={() => open({ what: 'rotate' })}>
          Rotate …
        </button>
      )}
      {problem && <ProblemBox problem={problem} />}
      {asked?.what === 'rotate' && (
        <Confirm<Ring>
          title="Rotate the keys"
          button="Rotate"
          act={() => session.api('/v1/keys/rotate', { method: 'POST', changes: true })}
          onDone={done}
          onClose={close}
        >
          <p>
            The next key signs as soon as it has been published for <code>jwks_freshness</code>, so that every
            verifier has it before. The current one then signs no more, and its tokens are taken until they
            expire. Nobody notices. No token is refused by it: of a key that has leaked, withdraw that.
          </p>
        </Confirm>
      )}
      {key && (
        <Confirm<Ring>
          title="Withdraw a key"
          button="Withdraw it for good"
          act={() =>
            session.api('/v1/keys/withdraw', {
              method: 'POST',
              body: { kid: key.kid, reason: 'console' },
              changes: true,
            })
          }
          onDone={done}
          onClose={close}
        >
          <p>
            <Code>{key.kid}</Code> ({key.stage}) leaves the key set and signs nothing more, at once and for
            good. Its <code>kid</code> goes on the deny-list for a year: gateways refuse{' '}
            <b>every token that it has signed</b>, at once on strict routes and within{' '}
            <code>max_staleness</code> elsewhere.{' '}
            {key.stage === 'current'
              ? 'The next key, published long since, signs from now on. People notice one refresh.'
              : 'The current key goes on signing.'}
          </p>
        </Confirm>
      )}
    </section>
  );
}
