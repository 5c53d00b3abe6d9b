import { useState } from 'preact/hooks';
import { visibleText } from '../../core/visible-text.ts';
import type { Explanation } from '../../telemetry/explanation.ts';
import { whyOf } from '../../telemetry/why.ts';
import { Nearest } from '../explain/answer.tsx';
import { wholeUrl } from '../explain/question.ts';
import { Code } from '../parts/code.tsx';
import { ProblemBox } from '../parts/problem-box.tsx';
import type { Problem } from '../problem.ts';
import { useSurroundings } from '../session.ts';
import { boundText, type RouteSeen, requiresText } from './seen.ts';

/** Who may reach a path: the gateway finds the route of a request without a token, and the policy says what that requires. */
export function Reach({ routes }: { readonly routes: readonly RouteSeen[] }) {
  const { session, announce } = useSurroundings();
  const [method, setMethod] = useState('GET');
  const [url, setUrl] = useState('');
  const [problem, setProblem] = useState<Problem | undefined>(undefined);
  const [said, setSaid] = useState<Explanation | undefined>(undefined);
  const [busy, setBusy] = useState(false);
  const ask = async (event: SubmitEvent) => {
    event.preventDefault();
    const body = { method, url: wholeUrl(url), headers: [] };
    setBusy(true);
    const answer = await session.api<Explanation>('/v1/explain', { method: 'POST', body });
    setBusy(false);
    setProblem(answer.ok ? undefined : answer.problem);
    setSaid(answer.ok ? answer.value : undefined);
    if (answer.ok) announce(`Route: ${answer.value.routes.matched ?? 'none'}.`);
  };
  return (
    <section class="card reach" aria-label="Who may reach a path">
      <h2>Who may reach a path</h2>
      <form class="filters" onSubmit={ask}>
        <div>
          <label for="reach-method">Method</label>
          <input
            id="reach-method"
            value={method}
            required
            spellcheck={false}
            autocomplete="off"
            onInput={(event) => setMethod(event.currentTarget.value)}
          />
        </div>
        <div class="broad">
          <label for="reach-url">Host and path</label>
          <input
            id="reach-url"
            value={url}
            required
            placeholder="api.example/orders/7"
            spellcheck={false}
            autocomplete="off"
            onInput={(event) => setUrl(event.currentTarget.value)}
          />
        </div>
        <button type="submit" disabled={busy}>
          Find its route
        </button>
      </form>
      {problem && <ProblemBox problem={problem} />}
      {said && <Found said={said} route={routes.find(({ name }) => name === said.routes.matched)} />}
    </section>
  );
}

function Found({ said, route }: { readonly said: Explanation; readonly route: RouteSeen | undefined }) {
  const { matched, nearest } = said.routes;
  const why = whyOf(said);
  return (
    <>
      {matched === null ? (
        <p>
          Nobody: <Code>{said.reason}</Code>
          {why === undefined ? '' : `. ${visibleText(why)}`}
        </p>
      ) : (
        <p>
          Route <Code>{matched}</Code>
          {route && (
            <>
              . It requires {requiresText(route)}
              {route.issuers.length > 0 && `, of ${route.issuers.join(' or ')}`}. A revocation bites{' '}
              {boundText(route)}.
              {route.enforce === 'report' && ' It only reports: whoever comes is let through.'}
            </>
          )}
        </p>
      )}
      <Nearest routes={nearest} />
    </>
  );
}
