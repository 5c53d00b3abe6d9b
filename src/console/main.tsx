import { render } from 'preact';
import { useCallback, useEffect, useState } from 'preact/hooks';
import { LoginPage, loginProblem } from './login/page.tsx';
import { comeBack } from './login/provider.ts';
import { openSession, type Session } from './open-session.ts';
import { ProblemBox } from './parts/problem-box.tsx';
import type { Problem } from './problem.ts';
import { readSettings, type Settings } from './settings.ts';
import { Shell } from './shell.tsx';

interface Begun {
  readonly session: Session | undefined;
  readonly problem: Problem | undefined;
}

const ENDED: Problem = {
  status: 0,
  title: 'Logged out',
  detail: 'The token is no longer taken, or you have logged out.',
  errors: [],
  reference: undefined,
};

function Console({
  settings,
  begun,
  hear,
}: {
  readonly settings: Settings;
  readonly begun: Begun;
  /** Takes what to do when the session that was begun with ends. */
  readonly hear: (onEnded: (session: Session) => void) => void;
}) {
  const [{ session, problem }, setState] = useState(begun);
  const end = useCallback(
    (ended: Session) =>
      setState((now) => (now.session === ended ? { session: undefined, problem: ENDED } : now)),
    [],
  );
  hear(end);
  // A page that one has left may be kept whole, to be shown by "back": without its token.
  useEffect(() => {
    if (session === undefined) return;
    addEventListener('pagehide', session.end);
    return () => removeEventListener('pagehide', session.end);
  }, [session]);
  if (session !== undefined) return <Shell session={session} />;
  return (
    <LoginPage
      settings={settings}
      failed={problem}
      onSession={(next) => setState({ session: next, problem: undefined })}
      onEnded={end}
    />
  );
}

async function begin(settings: Settings, onEnded: (session: Session) => void): Promise<Begun> {
  try {
    const token = await comeBack(settings.login);
    if (token === undefined) return { session: undefined, problem: undefined };
    const answer = await openSession(token, onEnded);
    return answer.ok
      ? { session: answer.value, problem: undefined }
      : { session: undefined, problem: answer.problem };
  } catch (error) {
    return { session: undefined, problem: loginProblem(error) };
  }
}

const root = document.getElementById('app');
if (root !== null) {
  root.textContent = '';
  try {
    const settings = await readSettings();
    let ended = (_session: Session) => {};
    const begun = await begin(settings, (session) => ended(session));
    const hear = (onEnded: (session: Session) => void) => {
      ended = onEnded;
    };
    render(<Console settings={settings} begun={begun} hear={hear} />, root);
  } catch {
    const problem = {
      ...ENDED,
      title: 'No answer',
      detail: 'The control Worker could not be reached. Reload the page.',
    };
    render(<ProblemBox problem={problem} />, root);
  }
}
