import type { JwksCachePolicy } from '../core/policy.ts';
import type { NumericDate } from '../core/time.ts';
import type { RejectedKey } from './jwk.ts';
import type { LoadFailure } from './jwks-loader.ts';
import type { IssuerKeysStatus } from './port.ts';

/** The last attempt to get a set, for as long as it is one that failed. */
export class LastFailure {
  readonly #cooldownSeconds: number;
  readonly #recentSeconds: number;
  #failure: (LoadFailure & { readonly at: NumericDate }) | undefined;

  constructor({ cooldownSeconds, timeoutMs }: JwksCachePolicy) {
    this.#cooldownSeconds = cooldownSeconds;
    // An attempt follows a cooldown after each failure, and may take its time.
    this.#recentSeconds = 2 * cooldownSeconds + timeoutMs / 1_000;
  }

  record(failure: LoadFailure, at: NumericDate): void {
    this.#failure = { ...failure, at };
  }

  clear(): void {
    this.#failure = undefined;
  }

  /** undefined: the last attempt succeeded, or there was none. */
  get retryAt(): NumericDate | undefined {
    return this.#failure && this.#failure.at + this.#cooldownSeconds;
  }

  isCoolingDown(now: NumericDate): boolean {
    return this.retryAt !== undefined && now < this.retryAt;
  }

  /** The issuer is known to fail, so nobody waits to learn it again: RFC 5861 §4. */
  isRecent(now: NumericDate): boolean {
    return this.#failure !== undefined && now - this.#failure.at < this.#recentSeconds;
  }

  /** The keys of the set that the attempt brought, when none of them was usable. */
  get refused(): readonly RejectedKey[] {
    return this.#failure?.refused ?? [];
  }

  get error(): IssuerKeysStatus['lastError'] {
    const { why, detail, at } = this.#failure ?? {};
    return why === undefined || detail === undefined || at === undefined ? undefined : { why, detail, at };
  }
}
