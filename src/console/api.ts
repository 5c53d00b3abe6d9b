import { NOT_KNOWN, type Problem, problemOf, UNREACHABLE, UNREADABLE } from './problem.ts';

export type Answer<T> =
  | { readonly ok: true; readonly value: T }
  | { readonly ok: false; readonly problem: Problem };

export interface Call {
  readonly method?: 'GET' | 'POST' | 'DELETE';
  /** Members that are undefined or empty are not sent. */
  readonly query?: Readonly<Record<string, string | number | undefined>>;
  /** Sent as JSON. */
  readonly body?: unknown;
  /** It changes something: where no answer comes, it may have. */
  readonly changes?: true;
  readonly signal?: AbortSignal;
}

/** Control itself gives up on whatever it asks after five seconds. */
const TIMEOUT_MS = 15_000;

/** No cookie goes along, no cache keeps the answer, and a redirection is not followed. */
const ALONE = { cache: 'no-store', credentials: 'omit', redirect: 'error' } as const;

/** One call of control's API as whoever is logged in. Never throws. The answer's type is what the caller expects of it. */
export type Api = <T>(path: `/v1/${string}`, call?: Call) => Promise<Answer<T>>;

/**
 * The API for one token. `onRefused` hears of a 401: the token has expired or was revoked.
 * The token goes to this origin alone, in a header, and is followed nowhere.
 */
export const createApi =
  (token: string, onRefused: () => void): Api =>
  async <T>(
    path: string,
    { method = 'GET', query = {}, body, changes, signal }: Call = {},
  ): Promise<Answer<T>> => {
    const given = Object.entries(query).filter(([, value]) => value !== undefined && value !== '');
    const search = new URLSearchParams(given.map(([name, value]): [string, string] => [name, String(value)]));
    try {
      const response = await fetch(search.size > 0 ? `${path}?${search}` : path, {
        method,
        headers: {
          Authorization: `Bearer ${token}`,
          Accept: 'application/json',
          ...(body === undefined ? {} : { 'Content-Type': 'application/json' }),
        },
        ...ALONE,
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
        signal: AbortSignal.any([AbortSignal.timeout(TIMEOUT_MS), ...(signal === undefined ? [] : [signal])]),
      });
      if (response.status === 204) return { ok: true, value: undefined as T };
      if (response.ok) {
        const value: unknown = await response.json().catch(() => undefined);
        return typeof value === 'object' && value !== null
          ? { ok: true, value: value as T }
          : { ok: false, problem: UNREADABLE };
      }
      if (response.status === 401) onRefused();
      return { ok: false, problem: problemOf(response.status, await response.json().catch(() => ({}))) };
    } catch {
      return { ok: false, problem: changes ? NOT_KNOWN : UNREACHABLE };
    }
  };
