import type { ComponentChildren } from 'preact';
import { useEffect, useId, useRef } from 'preact/hooks';

/**
 * A modal <dialog>: the browser keeps the focus in it, closes it on Escape and gives the focus back. While `busy` it stays:
 * what has been ordered is answered for in it.
 */
export function Dialog({
  title,
  busy = false,
  onClose,
  children,
}: {
  readonly title: string;
  readonly busy?: boolean;
  readonly onClose: () => void;
  readonly children: ComponentChildren;
}) {
  const dialog = useRef<HTMLDialogElement>(null);
  const name = useId();
  useEffect(() => {
    const shown = dialog.current;
    shown?.showModal();
    return () => shown?.close();
  }, []);
  return (
    <dialog
      ref={dialog}
      aria-labelledby={name}
      aria-busy={busy}
      onClose={onClose}
      // Where a browser has that: a second Escape closes whatever `cancel` says.
      closedby={busy ? 'none' : 'closerequest'}
      onCancel={(event) => {
        if (busy) event.preventDefault();
      }}
    >
      <header>
        <h2 id={name}>{title}</h2>
        <button type="button" class="plain" aria-label="Close" disabled={busy} onClick={onClose}>
          ✕
        </button>
      </header>
      <div class="dialog-body">{children}</div>
    </dialog>
  );
}
