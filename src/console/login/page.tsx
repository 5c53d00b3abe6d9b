import { useEffect, useRef, useState } from 'preact/hooks';
import { openSession, type Session } from '../open-session.ts';
import { ProblemBox } from '../parts/problem-box.tsx';
import type { Problem } from '../problem.ts';
import type { Settings } from '../settings.ts';
import { leave } from './provider.ts';

/** The two ways in. What is pasted is sent to control and kept in memory; the field is emptied at once. */
export function LoginPage({
  settings,
  failed,
  onSession,
  onEnded,
}: {
  readonly settings: Settings;
  readonly failed: Problem | undefined;
  readonly onSession: (session: Session) => void;
  readonly onEnded: (session: Session) => void;
}) {
  const [problem, setProblem] = useState(failed);
  const [busy, setBusy] = useState(false);
  const field = useRef<HTMLTextAreaElement>(null);
  // Whoever comes back from the provider by "back" may get this page as it was left.
  useEffect(() => {
    const back = ({ persisted }: PageTransitionEvent) => {
      if (persisted) setBusy(false);
    };
    addEventListener('pageshow', back);
    return () => removeEventListener('pageshow', back);
  }, []);
  const { login, pasted_token: pasted } = settings;

  const atProvider = async () => {
    if (login === null) return;
    setBusy(true);
    await leave(login).catch((error: unknown) => {
      setProblem(loginProblem(error));
      setBusy(false);
    });
  };
  const withToken = async (event: SubmitEvent) => {
    event.preventDefault();
    const token = (field.current?.value ?? '').trim().replace(/^bearer\s+/i, '');
    if (token === '') return;
    if (field.current) field.current.value = '';
    setBusy(true);
    const answer = await openSession(token, onEnded);
    if (answer.ok) return onSession(answer.value);
    setProblem(answer.problem);
    setBusy(false);
  };

  return (
    <main class="login" id="main">
      <div class="card">
        <h1>
          <span class="mark" aria-hidden="true" /> Portcullis
        </h1>
        <p class="quiet">The console of this gateway.</p>
        {problem && <ProblemBox problem={problem} />}
        {login && (
          <section>
            <button type="button" class="primary wide" disabled={busy} onClick={atProvider}>
              Log in at {new URL(login.issuer).host}
            </button>
          </section>
        )}
        {login && pasted && <p class="or">or</p>}
        {pasted && (
          <form onSubmit={withToken}>
            <label for="token">Admin token</label>
            <textarea
              id="token"
              ref={field}
              rows={4}
              spellcheck={false}
              autocomplete="off"
              autocapitalize="off"
              aria-describedby="token-hint"
              onKeyDown={(event) => {
                if (event.key === 'Enter') event.currentTarget.form?.requestSubmit();
                if (event.key === 'Enter') event.preventDefault();
              }}
            />
            <p class="quiet" id="token-hint">
              It stays in the memory of this tab and is gone when you close or reload it.
            </p>
            <button type="submit" class={login ? 'wide' : 'primary wide'} disabled={busy}>
              Use this token
            </button>
          </form>
        )}
      </div>
    </main>
  );
}

/** A login that failed, in the words of whoever refused it. */
export const loginProblem = (error: unknown): Problem => {
  const { error_description: said, error: code } =
    typeof error === 'object' && error !== null
      ? (error as { error_description?: unknown; error?: unknown })
      : {};
  const words = [said, code, error instanceof Error ? error.message : undefined];
  return {
    status: 0,
    title: 'The login did not succeed',
    detail: words.find((each) => typeof each === 'string' && each !== '')?.toString() ?? 'Try it again.',
    errors: [],
    reference: undefined,
  };
};
