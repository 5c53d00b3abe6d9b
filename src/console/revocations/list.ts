import { useCallback, useEffect, useRef, useState } from 'preact/hooks';
import type { Api } from '../api.ts';
import { type Problem, UNREADABLE } from '../problem.ts';
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
  /** Of the search that holds: an answer to another is late, and dropped. */
  const over = useRef(new AbortController());
  const load = useCallback(
    async (before: readonly Entry[], cursor: string | undefined) => {
      const { signal } = over.current;
      const query = { ...search, limit: 100, cursor };
      const answer = await api<Page>('/v1/revocations', { query, signal });
      if (signal.aborted) return;
      if (answer.ok && Array.isArray(answer.value.revocations)) {
        const { revocations, cursor: next } = answer.value;
        setHeld({ entries: [...before, ...revocations], cursor: next, problem: undefined });
      } else setHeld((last) => ({ ...last, problem: answer.ok ? UNREADABLE : answer.problem }));
    },
    [api, search],
  );
  useEffect(() => setHeld({ entries: undefined, cursor: undefined, problem: undefined }), [search]);
  useEffect(() => {
    over.current = new AbortController();
    void load([], undefined);
    return () => over.current.abort();
  }, [load, turn]);
  const { entries, cursor, problem } = held;
  return {
    entries,
    problem,
    more: cursor === undefined ? undefined : () => void load(entries ?? [], cursor),
    again: () => setTurn(turn + 1),
  };
}
