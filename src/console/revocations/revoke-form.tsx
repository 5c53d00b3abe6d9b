import { useState } from 'preact/hooks';
import type { RevocationKind } from '../../core/revocation.ts';
import { ProblemBox } from '../parts/problem-box.tsx';
import type { Problem } from '../problem.ts';
import { useSurroundings } from '../session.ts';
import { KINDS, OFFERED, type Target, targetBody } from './entry.ts';
import { PasteToken } from './paste.tsx';
import { type Preview, PreviewDialog } from './preview-dialog.tsx';

/** Names what shall be revoked; nothing is revoked before its preview has been seen. */
export function RevokeForm({ onChanged }: { readonly onChanged: () => void }) {
  const { session } = useSurroundings();
  const [target, setTarget] = useState<Target>({
    issuer: session.caller.may_revoke[0] ?? '',
    kind: 'sub',
    value: '',
  });
  const [reason, setReason] = useState('');
  const [preview, setPreview] = useState<Preview | undefined>(undefined);
  const [problem, setProblem] = useState<Problem | undefined>(undefined);
  const [busy, setBusy] = useState(false);
  const ask = async (event: SubmitEvent) => {
    event.preventDefault();
    const body = { ...targetBody(target), ...(reason === '' ? {} : { reason }) };
    setBusy(true);
    const answer = await session.api<Omit<Preview, 'body'>>('/v1/revocations/preview', {
      method: 'POST',
      body,
    });
    setBusy(false);
    setProblem(answer.ok ? undefined : answer.problem);
    if (answer.ok) setPreview({ ...answer.value, body });
  };
  return (
    <section class="card revoke">
      <h2>Revoke</h2>
      <PasteToken onPick={setTarget} />
      <form onSubmit={ask} class="filters">
        <div>
          <label for="what">What</label>
          <select
            id="what"
            value={target.kind}
            onChange={(event) =>
              setTarget({ ...target, kind: event.currentTarget.value as RevocationKind, value: '' })
            }
          >
            {OFFERED.map((kind) => (
              <option key={kind} value={kind}>
                {KINDS[kind].name} ({kind})
              </option>
            ))}
          </select>
        </div>
        <div class="broad">
          <label for="value">Its identifier</label>
          <input
            id="value"
            value={target.value}
            required
            spellcheck={false}
            autocomplete="off"
            onInput={(event) => setTarget({ ...target, value: event.currentTarget.value })}
          />
        </div>
        <div class="broad">
          <label for="of-issuer">Of the issuer</label>
          <input
            id="of-issuer"
            value={target.issuer}
            required
            list="issuers"
            spellcheck={false}
            autocomplete="off"
            onInput={(event) => setTarget({ ...target, issuer: event.currentTarget.value })}
          />
          <datalist id="issuers">
            {session.caller.may_revoke.map((issuer) => (
              <option key={issuer} value={issuer} />
            ))}
          </datalist>
        </div>
        <div class="broad">
          <label for="why">Reason, for the trail</label>
          <input
            id="why"
            value={reason}
            maxLength={256}
            autocomplete="off"
            onInput={(event) => setReason(event.currentTarget.value)}
          />
        </div>
        <button type="submit" disabled={busy}>
          See what it hits …
        </button>
      </form>
      {problem && <ProblemBox problem={problem} />}
      {preview && (
        <PreviewDialog
          preview={preview}
          onClose={() => {
            setPreview(undefined);
            onChanged();
          }}
          onDone={() => {
            setPreview(undefined);
            setTarget({ ...target, value: '' });
            setReason('');
            onChanged();
          }}
        />
      )}
    </section>
  );
}
