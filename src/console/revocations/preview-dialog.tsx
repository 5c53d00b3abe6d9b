import { useState } from 'preact/hooks';
import { Code } from '../parts/code.tsx';
import { Dialog } from '../parts/dialog.tsx';
import { Moment } from '../parts/moment.tsx';
import { ProblemBox } from '../parts/problem-box.tsx';
import type { Problem } from '../problem.ts';
import { useSurroundings } from '../session.ts';
import { Bites } from './bites.tsx';
import type { Entry } from './entry.ts';
import { Facts } from './entry-dialog.tsx';

/** `POST /v1/revocations/preview`, with what was asked: that, and nothing typed since, is what is revoked. */
export interface Preview {
  readonly body: Readonly<Record<string, string>>;
  readonly entry: Entry;
  /** What is there already. */
  readonly standing: Entry | null;
}

/** What a revocation would do; nothing has been done yet. */
export function PreviewDialog({
  preview,
  onClose,
  onDone,
}: {
  readonly preview: Preview;
  readonly onClose: () => void;
  readonly onDone: () => void;
}) {
  const { session, announce } = useSurroundings();
  const [busy, setBusy] = useState(false);
  const [problem, setProblem] = useState<Problem | undefined>(undefined);
  const { body, entry, standing } = preview;
  const revoke = async () => {
    setBusy(true);
    const answer = await session.api('/v1/revocations', { method: 'POST', body, changes: true });
    setBusy(false);
    if (!answer.ok) return setProblem(answer.problem);
    announce('Revoked.');
    onDone();
  };
  return (
    <Dialog title="What this revokes" busy={busy} onClose={onClose}>
      <Facts entry={entry} previewed />
      {standing && (
        <p>
          It is revoked already, <Moment at={standing.revoked_at} /> by <Code>{standing.revoked_by}</Code>.
          The later date of the two holds, and who revoked it before stays in its trail.
        </p>
      )}
      <h3>How soon it bites</h3>
      <Bites />
      {problem && <ProblemBox problem={problem} />}
      <div class="actions">
        <button type="button" class="danger" disabled={busy} onClick={revoke}>
          Revoke
        </button>
        <button type="button" disabled={busy} onClick={onClose}>
          Cancel
        </button>
      </div>
    </Dialog>
  );
}
