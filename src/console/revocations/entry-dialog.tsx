import { useState } from 'preact/hooks';
import { visibleText } from '../../core/visible-text.ts';
import { Code } from '../parts/code.tsx';
import { Dialog } from '../parts/dialog.tsx';
import { Moment } from '../parts/moment.tsx';
import { ProblemBox } from '../parts/problem-box.tsx';
import type { Problem } from '../problem.ts';
import { useSurroundings } from '../session.ts';
import { type Entry, KINDS, type Said, targetBody, targetOf } from './entry.ts';

/** One entry: what it hits, who wrote it and before whom; an operator takes it back from here, as it stands by then. */
export function EntryDialog({
  entry: opened,
  onClose,
  onChanged,
}: {
  readonly entry: Entry;
  readonly onClose: () => void;
  readonly onChanged: () => void;
}) {
  const { session, mayWrite, announce } = useSurroundings();
  const [entry, setEntry] = useState(opened);
  const [asked, setAsked] = useState(false);
  const [busy, setBusy] = useState(false);
  const [problem, setProblem] = useState<Problem | undefined>(undefined);
  const target = targetOf(entry);
  const kind = KINDS[target.kind];
  // Somebody may have revoked it again, or taken it back, since the list was read.
  const lookAgain = async () => {
    setBusy(true);
    const answer = await session.api<{ readonly entry?: Entry }>('/v1/revocations/lookup', {
      method: 'POST',
      body: targetBody(target),
    });
    setBusy(false);
    if (!answer.ok) return setProblem(answer.problem);
    if (answer.value.entry === undefined) return setProblem(GONE);
    setProblem(undefined);
    setEntry(answer.value.entry);
    setAsked(true);
  };
  const undo = async () => {
    setBusy(true);
    const answer = await session.api<{ readonly removed: boolean }>('/v1/revocations', {
      method: 'DELETE',
      body: targetBody(target),
      changes: true,
    });
    setBusy(false);
    if (!answer.ok) return setProblem(answer.problem);
    announce(answer.value.removed ? `${kind.name} un-revoked.` : `${kind.name}: the entry had gone already.`);
    onChanged();
  };
  return (
    <Dialog title={`${kind.name} revoked`} busy={busy} onClose={onClose}>
      <Facts entry={entry} />
      <h3>Who, when, why</h3>
      <ol class="trail">
        {[...(entry.history ?? []), entry].map((said) => (
          <TrailLine key={`${said.revoked_at} ${said.revoked_by} ${said.reason}`} said={said} />
        ))}
      </ol>
      <p class="quiet">
        The first time and the latest nine are kept with the entry, as long as it lasts. Taking it back ends
        them; the log of control has every change.
      </p>
      {problem && <ProblemBox problem={problem} />}
      {mayWrite && !asked && (
        <button type="button" class="danger" disabled={busy} onClick={lookAgain}>
          Un-revoke …
        </button>
      )}
      {mayWrite && asked && (
        <div class="confirm" role="alert">
          <p>
            The gateway will take again {kind.hits}, as far as they have not expired. The entry and its trail
            go.
          </p>
          <div class="actions">
            <button type="button" class="danger" disabled={busy} onClick={undo}>
              Yes, un-revoke
            </button>
            <button type="button" disabled={busy} onClick={onClose}>
              Leave it revoked
            </button>
          </div>
        </div>
      )}
    </Dialog>
  );
}

const GONE: Problem = {
  status: 0,
  title: 'Nothing to take back',
  detail: 'The entry has gone: it has ended, or somebody took it back.',
  errors: [],
  reference: undefined,
};

/** What an entry names, and until when. */
export function Facts({ entry, previewed = false }: { readonly entry: Entry; readonly previewed?: boolean }) {
  const { kind, value } = targetOf(entry);
  return (
    <dl class="facts">
      <dt>{KINDS[kind].name}</dt>
      <dd>
        <Code>{value}</Code>
      </dd>
      <dt>Issuer</dt>
      <dd>
        <Code>{entry.issuer}</Code>
      </dd>
      <dt>Hits</dt>
      <dd>{KINDS[kind].hits}</dd>
      {entry.issued_before !== undefined && (
        <>
          <dt>Issued until</dt>
          <dd>{previewed ? 'the moment of revoking' : <Moment at={entry.issued_before} />}</dd>
        </>
      )}
      <dt>Kept</dt>
      <dd>
        ends <Moment at={entry.expires_at} />, when no token that it can hit is taken any more
      </dd>
    </dl>
  );
}

function TrailLine({ said }: { readonly said: Said }) {
  return (
    <li>
      <Moment at={said.revoked_at} />, by <Code>{said.revoked_by}</Code> through {said.intake}
      {said.reason !== '' && (
        <>
          : <q>{visibleText(said.reason)}</q>
        </>
      )}
    </li>
  );
}
