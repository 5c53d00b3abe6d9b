import type { ComponentChildren } from 'preact';
import { useState } from 'preact/hooks';
import type { Answer } from '../api.ts';
import type { Problem } from '../problem.ts';
import { Dialog } from './dialog.tsx';
import { ProblemBox } from './problem-box.tsx';

/** Says what something does before it is done. `act` is called by the button alone; its failure is shown and may be tried again. */
export function Confirm<T>({
  title,
  button,
  act,
  onDone,
  onClose,
  children,
}: {
  readonly title: string;
  readonly button: string;
  readonly act: () => Promise<Answer<T>>;
  readonly onDone: (value: T) => void;
  readonly onClose: () => void;
  readonly children: ComponentChildren;
}) {
  const [busy, setBusy] = useState(false);
  const [problem, setProblem] = useState<Problem | undefined>(undefined);
  const go = async () => {
    setBusy(true);
    const answer = await act();
    setBusy(false);
    if (answer.ok) onDone(answer.value);
    else setProblem(answer.problem);
  };
  return (
    <Dialog title={title} busy={busy} onClose={onClose}>
      {children}
      {problem && <ProblemBox problem={problem} />}
      <div class="actions">
        <button type="button" class="danger" disabled={busy} onClick={go}>
          {button}
        </button>
        <button type="button" disabled={busy} onClick={onClose}>
          Cancel
        </button>
      </div>
    </Dialog>
  );
}
