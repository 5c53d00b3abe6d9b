import type { JwsHeader } from '../core/jose.ts';
import type { NumericDate } from '../core/time.ts';

/** At most two are added for each cooldown, so that filling this takes an attacker half as many cooldowns. */
const MAX_NAMES = 256;

/** Fetches that found the key they were for, in one cooldown: an issuer whose replicas disagree cannot cost more. */
const MAX_FOUND = 3;

/**
 * The budget of fetches for keys that the held set lacks, for one issuer. In one cooldown a single fetch in vain for
 * names never looked for before, so that a flood of made-up ones costs no more; and one for names that were, so that
 * those that stay away, such as retired ones or a guess at the next, leave the first to new keys. Whatever is asked
 * for, the set of one cooldown after a key was published has it.
 */
export class UnknownKeys {
  readonly #cooldownSeconds: number;
  /** Names that were looked for in vain, the oldest first. */
  readonly #missed = new Set<string>();
  #inVainAt = Number.NEGATIVE_INFINITY;
  #newInVainAt = Number.NEGATIVE_INFINITY;
  #foundAt: readonly NumericDate[] = [];

  constructor(cooldownSeconds: number) {
    this.#cooldownSeconds = cooldownSeconds;
  }

  /** From when on the issuer may be asked for this key; until then a set that is younger than a cooldown has to do. */
  mayFetchFrom(header: JwsHeader): NumericDate {
    const inVainAt = this.#missed.has(nameOf(header)) ? this.#inVainAt : this.#newInVainAt;
    const [found, ...later] = this.#foundAt;
    const foundAt = found !== undefined && later.length === MAX_FOUND - 1 ? found : inVainAt;
    return Math.max(inVainAt, foundAt) + this.#cooldownSeconds;
  }

  /** @param fetchedAt when the fetch that was made for this key began */
  found(header: JwsHeader, fetchedAt: NumericDate): void {
    this.#foundAt = [...this.#foundAt.slice(1 - MAX_FOUND), fetchedAt];
    this.#missed.delete(nameOf(header));
  }

  /** @param fetchedAt when the fetch that was made for this key began */
  missed(header: JwsHeader, fetchedAt: NumericDate): void {
    const name = nameOf(header);
    if (!this.#missed.delete(name)) this.#newInVainAt = Math.max(this.#newInVainAt, fetchedAt);
    this.#inVainAt = Math.max(this.#inVainAt, fetchedAt);
    this.#missed.add(name);
    if (this.#missed.size <= MAX_NAMES) return;
    const [oldest] = this.#missed;
    if (oldest !== undefined) this.#missed.delete(oldest);
  }
}

/** Names are capped before they get here; `alg` is one of the configured ones. */
const nameOf = ({ alg, kid, x5t, x5tS256 }: JwsHeader): string =>
  JSON.stringify([alg, kid ?? null, x5t ?? null, x5tS256 ?? null]);
