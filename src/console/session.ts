import { createContext } from 'preact';
import { useContext } from 'preact/hooks';
import { type Answer, type Api, createApi } from './api.ts';

/** Who is logged in, as control says. The token is in the API's closure alone: in no storage, and gone with the tab. */
export interface Session {
  readonly api: Api;
  readonly caller: Caller;
  /** Forgets the token. */
  readonly end: () => void;
}

/** `GET /v1/whoami`. */
export interface Caller {
  readonly caller: string | null;
  readonly admin: string;
  readonly may: readonly ('read' | 'write' | 'events')[];
  /** The `iss` of whose tokens; of tenants, the template. */
  readonly may_revoke: readonly string[];
  readonly store: string;
}

/** Asks control whose the token is. `onEnded`: it was taken once, and is refused now. */
export async function openSession(token: string, onEnded: () => void): Promise<Answer<Session>> {
  let open = false;
  const api = createApi(token, () => {
    if (open) onEnded();
  });
  const answer = await api<Caller>('/v1/whoami');
  if (!answer.ok) return answer;
  open = true;
  return { ok: true, value: { api, caller: answer.value, end: onEnded } };
}

/** What every page has at hand. */
export interface Surroundings {
  readonly session: Session;
  /** Whether what changes something is offered; the API decides. */
  readonly mayWrite: boolean;
  /** Says something to those who do not see the page. */
  readonly announce: (text: string) => void;
}

export const SurroundingsContext = createContext<Surroundings | undefined>(undefined);

export function useSurroundings(): Surroundings {
  const found = useContext(SurroundingsContext);
  if (found === undefined) throw new Error('a page stands outside the shell');
  return found;
}
