import { ISSUER_BOUNDS } from '../../config/defaults.ts';
import type { NumericDate } from '../../core/time.ts';
import { MAX_ASSERTION_SECONDS } from '../assertion.ts';
import type { ServicePolicy } from '../policy.ts';
import { expiresAt } from './family.ts';
import type { GrantRecord } from './record.ts';

const RECORD = 'grant';
const DENY_RETRY_SECONDS = 5;
/** From its use to its end, an issuer's clock may be off by the most that is allowed, twice. */
const ASSERTION_MEMORY_SECONDS = MAX_ASSERTION_SECONDS + (2 * ISSUER_BOUNDS.clockTolerance.max) / 1_000;

/** The one record of a grant object, and the alarm that goes with it. Reading and writing are one step: no await lies between. */
export class GrantStorage {
  readonly #storage: DurableObjectStorage;
  readonly #policy: ServicePolicy;

  constructor(storage: DurableObjectStorage, policy: ServicePolicy) {
    this.#storage = storage;
    this.#policy = policy;
  }

  read(): GrantRecord | undefined {
    return this.#storage.kv.get<GrantRecord>(RECORD);
  }

  /**
   * Stored when this returns, as far as later readers can tell; the runtime holds answers back until it is on disk. Throws
   * where the alarm cannot be set, and leaves what was stored: a code must not be spent for whoever is told to come again.
   */
  async write(record: GrantRecord, now: NumericDate): Promise<void> {
    const before = this.read();
    this.#storage.kv.put(RECORD, record);
    try {
      await this.wake(record, now);
    } catch (error) {
      if (before === undefined) this.#storage.kv.delete(RECORD);
      else this.#storage.kv.put(RECORD, before);
      throw error;
    }
  }

  async wake(record: GrantRecord, now: NumericDate): Promise<void> {
    const at = record.denyPending ? now + DENY_RETRY_SECONDS : this.#forgetAt(record);
    await this.#storage.setAlarm(Math.ceil(at * 1000));
  }

  isForgettable(record: GrantRecord, now: NumericDate): boolean {
    return now >= this.#forgetAt(record);
  }

  async forget(): Promise<void> {
    await this.#storage.deleteAll();
  }

  /**
   * A grant is remembered while its access tokens could be good, and the assertion that opened it: a late repetition still
   * finds it.
   */
  #forgetAt({ family }: GrantRecord): NumericDate {
    const kept = Math.max(this.#policy.keys.retainSeconds, ASSERTION_MEMORY_SECONDS);
    return expiresAt(family, this.#policy.family) + kept;
  }
}
