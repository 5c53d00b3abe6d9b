import type { JwsHeader } from '../core/jose.ts';
import type { NumericDate } from '../core/time.ts';

/** At most one is added for each cooldown, so that filling this takes an attacker as many cooldowns. */
const MAX_ENTRIES = 256;

/** Fetches that found the key they were for, in one cooldown: an issuer whose replicas disagree cannot cost more. */
const MAX_FOUND = 3;

/**
 * How many cooldowns a key is left alone after the nth fetch in vain. A key that is published late is found as soon
 * as the cooldown allows; one that stays away, such as a retired one, leaves the budget to new keys.
 */
const HOLDS = [1, 1, 1, 2, 4];

interface Absence {
  readonly until: NumericDate;
  readonly misses: number;
}

/**
 * The budget of fetches for keys that the held set lacks, for one issuer: in any one cooldown a single fetch in
 * vain, or a few that found their key. And a bounded memory of what was looked for in vain.
 */
export class UnknownKeys {
  readonly #cooldownSeconds: number;
  readonly #absences = new Map<string, Absence>();
  #inVainAt = Number.NEGATIVE_INFINITY;
  #foundAt: readonly NumericDate[] = [];

  constructor(cooldownSeconds: number) {
    this.#cooldownSeconds = cooldownSeconds;
  }

  /** False: the key is known to be missing, or a set that is younger than a cooldown has to do. */
  mayFetch(header: JwsHeader, now: NumericDate): boolean {
    const since = now - this.#cooldownSeconds;
    if (this.#inVainAt > since) return false;
    if (this.#foundAt.filter((at) => at > since).length >= MAX_FOUND) return false;
    const absence = this.#absences.get(nameOf(header));
    return absence === undefined || now >= absence.until;
  }

  /** @param fetchedAt when the fetch that was made for this key began */
  found(header: JwsHeader, fetchedAt: NumericDate): void {
    this.#foundAt = [...this.#foundAt.slice(1 - MAX_FOUND), fetchedAt];
    this.#absences.delete(nameOf(header));
  }

  /** @param fetchedAt when the fetch that was made for this key began */
  missed(header: JwsHeader, fetchedAt: NumericDate): void {
    this.#inVainAt = fetchedAt;
    const name = nameOf(header);
    const misses = (this.#absences.get(name)?.misses ?? 0) + 1;
    const hold = HOLDS[Math.min(misses, HOLDS.length) - 1] ?? 1;
    this.#absences.delete(name);
    this.#absences.set(name, { until: fetchedAt + hold * this.#cooldownSeconds, misses });
    if (this.#absences.size <= MAX_ENTRIES) return;
    const [oldest] = this.#absences.keys();
    if (oldest !== undefined) this.#absences.delete(oldest);
  }
}

/** Names are capped before they get here; `alg` is one of the configured ones. */
const nameOf = ({ alg, kid, x5t, x5tS256 }: JwsHeader): string =>
  JSON.stringify([alg, kid ?? null, x5t ?? null, x5tS256 ?? null]);
