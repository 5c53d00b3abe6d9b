import { type Answer, type Api, createApi } from './api.ts';
import { UNREADABLE } from './problem.ts';

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

/**
 * Asks control whose the token is. `onEnded`: it was taken once, and is refused now, or its session was ended. A late
 * answer may say so of a session that another has followed.
 */
export async function openSession(
  token: string,
  onEnded: (session: Session) => void,
): Promise<Answer<Session>> {
  let open: Session | undefined;
  const end = () => {
    if (open !== undefined) onEnded(open);
  };
  const api = createApi(token, end);
  const answer = await api<Caller>('/v1/whoami');
  if (!answer.ok) return answer;
  if (!Array.isArray(answer.value.may) || !Array.isArray(answer.value.may_revoke)) {
    return { ok: false, problem: UNREADABLE };
  }
  open = { api, caller: answer.value, end };
  return { ok: true, value: open };
}
