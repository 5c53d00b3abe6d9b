import { useCallback, useEffect, useState } from 'preact/hooks';
import type { Api } from '../api.ts';
import type { Problem } from '../problem.ts';
import type { Entry } from './entry.ts';

/** What of the list is looked for: members of the query that `GET /v1/revocations` takes. */
export type Search = Readonly<Record<string, string | number | undefined>>;

export interface List {
  /** undefined: not answered yet. */
  readonly entries: readonly Entry[] | undefined;
  readonly problem: Problem | undefined;
  /** undefined: this is all. */
  readonly more: (() => void) | undefined;
  readonly again: () => void;
}

interface Page {
  readonly revocations: readonly Entry[];
  readonly cursor?: string;
}

interface Held {
  readonly entries: readonly Entry[] | undefined;
  readonly cursor: string | undefined;
  readonly problem: Problem | undefined;
}

/** The entries that fit, page by page, anew where `search` changes; it must stay the same from draw to draw. */
export function useList(api: Api, search: Search): List {
  const [turn, setTurn] = useState(0);
  const [held, setHeld] = useState<Held>({ entries: undefined, cursor: undefined, problem: undefined });
  const load = useCallback(
    async (before: readonly Entry[], cursor: string | undefined, signal: AbortSignal | undefined) => {
      const query = { ...search, limit: 100, cursor };
      const answer = await api<Page>('/v1/revocations', { query, ...(signal ? { signal } : {}) });
      if (signal?.aborted) return;
      if (answer.ok) {
        const { revocations, cursor: next } = answer.value;
        setHeld({ entries: [...before, ...revocations], cursor: next, problem: undefined });
      } else setHeld((last) => ({ ...last, problem: answer.problem }));
    },
    [api, search],
  );
  useEffect(() => {
    const over = new AbortController();
    void load([], undefined, over.signal);
    return () => over.abort();
  }, [load, turn]);
  const { entries, cursor, problem } = held;
  return {
    entries,
    problem,
    more: cursor === undefined ? undefined : () => void load(entries ?? [], cursor, undefined),
    again: () => setTurn(turn + 1),
  };
}
