import { useRef, useState } from 'preact/hooks';
import type { Explanation } from '../../telemetry/explanation.ts';
import { GatewayAnswer } from '../explain/answer.tsx';
import { headerLines, wholeUrl } from '../explain/question.ts';
import { TokenView } from '../explain/token-view.tsx';
import { Code } from '../parts/code.tsx';
import { ProblemBox } from '../parts/problem-box.tsx';
import type { Problem } from '../problem.ts';
import { useSurroundings } from '../session.ts';
import { cleanToken, type ReadToken, readToken } from '../token/decode.ts';

const NOT_SENT: Problem = { status: 0, title: 'Not sent', detail: '', errors: [], reference: undefined };

/** The token is in its field alone, and gone with the page: it is no state, in no storage and in no address. */
function ExplainPage() {
  const { session, announce } = useSurroundings();
  const token = useRef<HTMLTextAreaElement>(null);
  const headers = useRef<HTMLTextAreaElement>(null);
  const [read, setRead] = useState<ReadToken | 'unreadable' | undefined>(undefined);
  const [method, setMethod] = useState('GET');
  const [url, setUrl] = useState('');
  const [busy, setBusy] = useState(false);
  const [problem, setProblem] = useState<Problem | undefined>(undefined);
  const [said, setSaid] = useState<Explanation | undefined>(undefined);

  const look = (text: string) => {
    setRead(text.trim() === '' ? undefined : (readToken(text) ?? 'unreadable'));
    // What was said is of the token before.
    setSaid(undefined);
  };
  const clear = () => {
    for (const field of [token, headers]) if (field.current) field.current.value = '';
    setRead(undefined);
    setSaid(undefined);
    setProblem(undefined);
    announce('Cleared.');
  };
  const ask = async (event: SubmitEvent) => {
    event.preventDefault();
    const lines = headerLines(headers.current?.value ?? '');
    if ('wrongLine' in lines) {
      return setProblem({ ...NOT_SENT, detail: `Header line ${lines.wrongLine} is not "Name: value".` });
    }
    const pasted = cleanToken(token.current?.value ?? '');
    const bearer = pasted === '' ? [] : [['Authorization', `Bearer ${pasted}`] as const];
    setBusy(true);
    const answer = await session.api<Explanation>('/v1/explain', {
      method: 'POST',
      body: { method, url: wholeUrl(url), headers: [...bearer, ...lines.headers] },
    });
    setBusy(false);
    setProblem(answer.ok ? undefined : answer.problem);
    setSaid(answer.ok ? answer.value : undefined);
    if (answer.ok) announce(`The gateway says: ${answer.value.reason ?? answer.value.verdict}.`);
  };

  return (
    <>
      <div class="grid">
        <form class="card stacked" onSubmit={ask}>
          <h2>A token and a request</h2>
          <label for="explained-token">Token</label>
          <textarea
            id="explained-token"
            ref={token}
            rows={5}
            spellcheck={false}
            autocomplete="off"
            autocapitalize="off"
            onInput={(event) => look(event.currentTarget.value)}
          />
          <div class="filters">
            <div>
              <label for="method">Method</label>
              <input
                id="method"
                value={method}
                required
                spellcheck={false}
                autocomplete="off"
                onInput={(event) => setMethod(event.currentTarget.value)}
              />
            </div>
            <div class="broad">
              <label for="url">URL</label>
              <input
                id="url"
                value={url}
                required
                placeholder="https://api.example/orders/7"
                spellcheck={false}
                autocomplete="off"
                onInput={(event) => setUrl(event.currentTarget.value)}
              />
            </div>
          </div>
          <label for="headers">Other headers, one a line</label>
          <textarea id="headers" ref={headers} rows={2} spellcheck={false} autocomplete="off" />
          <p class="quiet" id="sends">
            Asking sends the token, the URL and the headers to control at <Code>{location.host}</Code>, which
            hands them to its gateway with your own token. Neither keeps nor logs them, and no origin is
            asked. Until you ask, nothing leaves this browser.
          </p>
          <div class="actions">
            <button type="submit" class="primary" disabled={busy} aria-describedby="sends">
              Send and ask the gateway
            </button>
            <button type="button" onClick={clear}>
              Clear
            </button>
          </div>
        </form>
        <section class="card" aria-label="The token">
          <h2>What the token says</h2>
          {read === undefined && <p class="empty">Paste a token, and it is read here.</p>}
          {read === 'unreadable' && (
            <p class="empty">This is no signed JWT that can be read: opaque, encrypted, cut, or not alone.</p>
          )}
          {read !== undefined && read !== 'unreadable' && <TokenView token={read} />}
        </section>
      </div>
      {problem && <ProblemBox problem={problem} />}
      {said && (
        <section class="card" aria-label="What the gateway says">
          <h2>What the gateway says</h2>
          <GatewayAnswer said={said} />
        </section>
      )}
    </>
  );
}

export const EXPLAIN = { path: '/explain', title: 'Explain', view: ExplainPage } as const;
