import type { OperationalEvent } from '../core/event.ts';

type Emit = (event: OperationalEvent) => void;

/**
 * Notices a store that has lost its memory: flushed, restored from nothing, failed over to an empty one. Such a
 * store answers "not there" to everything, which must not read as "not revoked". The epoch is a value that is
 * written once in a store's life; every read carries it.
 *
 * Without a pinned epoch, an isolate that starts after the loss cannot notice it. With one, none is fooled.
 */
export class EpochWatch {
  readonly #pinned: string | undefined;
  #seen: string | undefined;
  #lost = false;

  /** `pinned`: the only epoch whose answers count; undefined: the first one seen. */
  constructor(pinned: string | undefined) {
    this.#pinned = pinned;
    this.#seen = pinned;
  }

  get lost(): boolean {
    return this.#lost;
  }

  /** Whether `epoch` is not known to be another store's. */
  mayBe(epoch: string): boolean {
    return this.#seen === undefined || this.#seen === epoch;
  }

  /** Whether an absence in an answer under `epoch` means "not revoked". Emits each change once. */
  observe(epoch: string | undefined, emit: Emit): boolean {
    if (epoch === this.#seen) {
      if (this.#lost) emit({ event: 'revocation_store_recovered', level: 'info' });
      this.#lost = false;
      return true;
    }
    const foreign = this.#pinned !== undefined || epoch === undefined;
    if (!foreign) {
      const replaced = this.#seen !== undefined;
      this.#seen = epoch;
      this.#lost = false;
      if (replaced) emit({ event: 'revocation_store_replaced', level: 'error' });
      return true;
    }
    if (!this.#lost) emit({ event: 'revocation_store_lost', level: 'error' });
    this.#lost = true;
    return false;
  }
}
