import { useState } from 'preact/hooks';
import { Dialog } from '../parts/dialog.tsx';
import { Moment } from '../parts/moment.tsx';
import { ProblemBox } from '../parts/problem-box.tsx';
import type { Problem } from '../problem.ts';
import { useSurroundings } from '../session.ts';
import { type Entry, KINDS, type Said, targetBody, targetOf } from './entry.ts';

/** One entry: what it hits, who wrote it and before whom; an operator takes it back from here. */
export function EntryDialog({
  entry,
  onClose,
  onChanged,
}: {
  readonly entry: Entry;
  readonly onClose: () => void;
  readonly onChanged: () => void;
}) {
  const { session, mayWrite, announce } = useSurroundings();
  const [asked, setAsked] = useState(false);
  const [busy, setBusy] = useState(false);
  const [problem, setProblem] = useState<Problem | undefined>(undefined);
  const target = targetOf(entry);
  const kind = KINDS[target.kind];
  const undo = async () => {
    setBusy(true);
    const answer = await session.api('/v1/revocations', { method: 'DELETE', body: targetBody(target) });
    setBusy(false);
    if (!answer.ok) return setProblem(answer.problem);
    announce(`${kind.name} un-revoked.`);
    onChanged();
  };
  return (
    <Dialog title={`${kind.name} revoked`} onClose={onClose}>
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
        <button type="button" class="danger" onClick={() => setAsked(true)}>
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
            <button type="button" onClick={onClose}>
              Leave it revoked
            </button>
          </div>
        </div>
      )}
    </Dialog>
  );
}

/** What an entry names, and until when. */
export function Facts({ entry }: { readonly entry: Entry }) {
  const { kind, value } = targetOf(entry);
  return (
    <dl class="facts">
      <dt>{KINDS[kind].name}</dt>
      <dd>
        <code>{value}</code>
      </dd>
      <dt>Issuer</dt>
      <dd>
        <code>{entry.issuer}</code>
      </dd>
      <dt>Hits</dt>
      <dd>{KINDS[kind].hits}</dd>
      {entry.issued_before !== undefined && (
        <>
          <dt>Issued until</dt>
          <dd>
            <Moment at={entry.issued_before} />
          </dd>
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
      <Moment at={said.revoked_at} />, by <code>{said.revoked_by}</code> through {said.intake}
      {said.reason !== '' && (
        <>
          : <q>{said.reason}</q>
        </>
      )}
    </li>
  );
}
