import { useEffect, useRef, useState } from 'preact/hooks';
import type { Api } from '../api.ts';
import { nextPause } from '../pace.ts';
import { UNREADABLE } from '../problem.ts';
import type { RefusalPage } from './event.ts';
import { MOST_ROWS, NOTHING, type Tail, withPage } from './list.ts';

/** Isolates hand on every five seconds. */
const POLL_MS = 2_500;

export interface Filters {
  readonly reason: string;
  readonly route: string;
  readonly issuer: string;
  readonly client: string;
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
    let failures = 0;
    const turn = async () => {
      if (document.visibilityState === 'visible') {
        const query = { reason, route, issuer, client, limit: MOST_ROWS, after: cursor.current };
        const answer = await api<RefusalPage>('/v1/refusals', { query, signal: over.signal });
        if (over.signal.aborted) return;
        if (answer.ok && Array.isArray(answer.value?.refusals)) {
          failures = 0;
          cursor.current = answer.value.cursor;
          setTail((held) => withPage(held, answer.value));
        } else {
          failures++;
          setTail((held) => ({ ...held, problem: answer.ok ? UNREADABLE : answer.problem }));
        }
      }
      timer = setTimeout(turn, nextPause(POLL_MS, failures));
    };
    void turn();
    return () => {
      over.abort();
      clearTimeout(timer);
    };
  }, [api, reason, route, issuer, client, asked, paused]);
  return tail;
}
