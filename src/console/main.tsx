import { render } from 'preact';
import { useCallback, useState } from 'preact/hooks';
import { LoginPage, loginProblem } from './login/page.tsx';
import { comeBack } from './login/provider.ts';
import { ProblemBox } from './parts/problem-box.tsx';
import type { Problem } from './problem.ts';
import { openSession, type Session } from './session.ts';
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
  readonly hear: (onEnded: () => void) => void;
}) {
  const [{ session, problem }, setState] = useState(begun);
  const end = useCallback(() => setState({ session: undefined, problem: ENDED }), []);
  hear(end);
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

async function begin(settings: Settings, onEnded: () => void): Promise<Begun> {
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
    let ended = () => {};
    const begun = await begin(settings, () => ended());
    const hear = (onEnded: () => void) => {
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
