import type { Policy } from '../core/policy.ts';
import type { NumericDate } from '../core/time.ts';
import type { RequestEvent } from './request-event.ts';

/** Requests of one isolate that may be open at once before the oldest are written off early. */
export const MAX_OPEN = 10_000;

/**
 * Requests that have begun and not ended. When a client leaves, the runtime drops its request with whatever that was
 * waiting for, so no code of the request's own can write its event; holding every request in `waitUntil` for the sake
 * of the few that are dropped would cost all of them. The isolate's next request after `longestSeconds` writes it.
 */
export class OpenRequests {
  /** In order of arrival. */
  readonly #begun = new Map<RequestEvent, NumericDate>();
  readonly #longestSeconds: number;
  #nextLook = 0;

  /** @param longestSeconds how long a request can be open at most */
  constructor(longestSeconds: number) {
    this.#longestSeconds = longestSeconds;
  }

  begin(event: RequestEvent, now: NumericDate): void {
    this.#begun.set(event, now);
  }

  /** Whether the request was still counted as open; otherwise its event has been written already. */
  end(event: RequestEvent): boolean {
    return this.#begun.delete(event);
  }

  /** Ends every request that nobody can be waiting for any more, and hands over its event. */
  writeOff(now: NumericDate, record: (event: RequestEvent) => void): void {
    if (now < this.#nextLook && this.#begun.size <= MAX_OPEN) {
      return;
    }
    this.#nextLook = now + this.#longestSeconds;
    for (const [event, begun] of this.#begun) {
      if (now - begun < this.#longestSeconds && this.#begun.size <= MAX_OPEN) {
        this.#nextLook = begun + this.#longestSeconds;
        return;
      }
      this.#begun.delete(event);
      event.reason = 'client_disconnected';
      record(event);
    }
  }
}

/** A key set may take discovery, its own fetch and the wait for another request's fetch, one after the other. */
const KEY_FETCHES = 3;
const GRACE_SECONDS = 5;

/** Beyond this no request of the policy can still be waiting for keys, the deny-list or its origin's headers. */
export function longestRequestSeconds({ issuers, routes }: Pick<Policy, 'issuers' | 'routes'>): number {
  const keysMs = issuers.map(({ keys: { source } }) =>
    source.from === 'remote' ? source.cache.timeoutMs : 0,
  );
  const routesMs = routes.map((route) => route.upstream.timeoutMs + route.access.revocation.timeoutMs);
  return (Math.max(0, ...keysMs) * KEY_FETCHES + Math.max(0, ...routesMs)) / 1e3 + GRACE_SECONDS;
}
