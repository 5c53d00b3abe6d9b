import type { Refusal, Refusals } from './refusals.ts';

/** Of all isolates together. */
export const MAX_REFUSALS = 1_000;

/** What one asks for; a filter that is undefined lets everything through. */
export interface RefusalQuery {
  /** The cursor of an earlier reading; undefined: from the oldest. */
  readonly after: string | undefined;
  readonly limit: number;
  readonly reason: string | undefined;
  readonly route: string | undefined;
  /** The name of a verified token's issuer, or what a token that did not verify says. */
  readonly issuer: string | undefined;
  /** The client's address. */
  readonly client: string | undefined;
}

/** One of them. Its reference may be the client's, and that of others too: `id` is of this one alone. */
export type HeldRefusal = Refusal & { readonly id: string };

export interface RefusalReading {
  /** The latest that fit, at most `limit`, the oldest first. */
  readonly refusals: readonly HeldRefusal[];
  readonly cursor: string;
  /** How many were left out since the ring began: by isolates, or overwritten before anybody asked does not count. */
  readonly dropped: number;
  /** Whether the cursor was of a ring that is no more, or older than what is kept: something may be missing. */
  readonly gap: boolean;
}

/** The latest refusals of all isolates. One that a restart has made anew says so to older cursors. */
export class RefusalRing {
  readonly #life: string;
  readonly #most: number;
  #events: Refusal[] = [];
  /** How many have ever been added. */
  #added = 0;
  #dropped = 0;

  /** @param life tells this ring from those before it */
  constructor(life: string, most = MAX_REFUSALS) {
    this.#life = life;
    this.#most = most;
  }

  add({ events, dropped }: Refusals): void {
    this.#events = [...this.#events, ...events].slice(-this.#most);
    this.#added += events.length;
    this.#dropped += dropped;
  }

  read({ after, limit, ...filters }: RefusalQuery): RefusalReading {
    const oldest = this.#added - this.#events.length;
    const [life, position] = after?.split('.') ?? [];
    const from = life === this.#life && /^\d{1,15}$/.test(position ?? '') ? Number(position) : undefined;
    const first = Math.max(oldest, from ?? 0);
    const fitting = this.#events
      .slice(first - oldest)
      .map((event, i) => ({ ...event, id: `${this.#life}.${first + i}` }))
      .filter((event) => fits(event, filters));
    return {
      refusals: fitting.slice(-limit),
      cursor: `${this.#life}.${this.#added}`,
      dropped: this.#dropped,
      gap: after !== undefined && (from === undefined || from < oldest || fitting.length > limit),
    };
  }
}

const fits = (
  event: Refusal,
  { reason, route, issuer, client }: Omit<RefusalQuery, 'after' | 'limit'>,
): boolean =>
  (reason === undefined || event.reason === reason || event.wouldRefuse === reason) &&
  (route === undefined || (event.route ?? '') === route) &&
  (issuer === undefined || event.issuer === issuer || event.unverified?.issuer === issuer) &&
  (client === undefined || event.client === client);
