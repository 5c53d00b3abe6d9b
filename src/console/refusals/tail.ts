import { useEffect, useRef, useState } from 'preact/hooks';
import type { Api } from '../api.ts';
import type { Problem } from '../problem.ts';
import type { RefusalPage, Refused } from './event.ts';

/** Rows that are kept on the page. */
const MOST = 300;
/** Isolates hand on every five seconds. */
const POLL_MS = 2_500;

export interface Filters {
  readonly reason: string;
  readonly route: string;
  readonly issuer: string;
  readonly client: string;
}

export interface Tail {
  /** The newest first; undefined: not asked yet. */
  readonly events: readonly Refused[] | undefined;
  readonly dropped: number;
  readonly gap: boolean;
  readonly problem: Problem | undefined;
}

const NOTHING: Tail = { events: undefined, dropped: 0, gap: false, problem: undefined };

/** The newest first, each once: a page that overlaps with what is there, after a restart or a gap, brings nothing twice. */
export function withNew(events: readonly Refused[], page: readonly Refused[]): readonly Refused[] {
  const known = new Set(events.map(({ reference }) => reference));
  return [...page.filter(({ reference }) => !known.has(reference)).reverse(), ...events].slice(0, MOST);
}

/** Follows what is refused, anew where the filters change; while `paused` nothing is asked, and nothing lost after. */
export function useTail(api: Api, filters: Filters, paused: boolean): Tail {
  const [tail, setTail] = useState(NOTHING);
  const cursor = useRef<string | undefined>(undefined);
  const { reason, route, issuer, client } = filters;
  const asked = JSON.stringify(filters);
  const before = useRef(asked);
  useEffect(() => {
    if (before.current !== asked) {
      before.current = asked;
      cursor.current = undefined;
      setTail(NOTHING);
    }
    if (paused) return;
    const over = new AbortController();
    let timer: ReturnType<typeof setTimeout> | undefined;
    const turn = async () => {
      if (document.visibilityState === 'visible') {
        const query = { reason, route, issuer, client, limit: MOST, after: cursor.current };
        const answer = await api<RefusalPage>('/v1/refusals', { query, signal: over.signal });
        if (over.signal.aborted) return;
        if (answer.ok) {
          const { refusals, cursor: next, dropped, gap } = answer.value;
          cursor.current = next;
          setTail(({ events = [] }) => ({
            events: withNew(events, refusals),
            dropped,
            gap,
            problem: undefined,
          }));
        } else setTail((held) => ({ ...held, problem: answer.problem }));
      }
      timer = setTimeout(turn, POLL_MS);
    };
    void turn();
    return () => {
      over.abort();
      clearTimeout(timer);
    };
  }, [api, reason, route, issuer, client, asked, paused]);
  return tail;
}
