import type { NumericDate } from '../core/time.ts';
import type { StoredRevocation } from './port.ts';

export interface CachedAnswer {
  /** undefined: the store said "not there". */
  readonly value: StoredRevocation | undefined;
  /** When the read that brought it was sent: its truth is no younger. */
  readonly readAt: NumericDate;
  /** When a request last leaned on it. */
  usedAt: NumericDate;
}

/** Answers looked at while gathering one refresh; what lies beyond is gathered by the next. */
const MAX_VISITED = 5_000;

/** One answer per predicate key, oldest read first, never more than `capacity`; the oldest gives way. */
export class AnswerCache {
  readonly #capacity: number;
  readonly #answers = new Map<string, CachedAnswer>();

  constructor(capacity: number) {
    this.#capacity = capacity;
  }

  get size(): number {
    return this.#answers.size;
  }

  get(key: string): CachedAnswer | undefined {
    return this.#answers.get(key);
  }

  /** A slow answer does not replace one that was asked for later. */
  put(key: string, value: StoredRevocation | undefined, readAt: NumericDate): void {
    const held = this.#answers.get(key);
    if (held && held.readAt > readAt) return;
    this.#answers.delete(key);
    this.#answers.set(key, { value, readAt, usedAt: held?.usedAt ?? readAt });
    if (this.#answers.size <= this.#capacity) return;
    for (const oldest of this.#answers.keys()) {
      this.#answers.delete(oldest);
      return;
    }
  }

  /**
   * At most `limit` keys used after `usedAfter` whose answers were read at or before `readBefore`, oldest first.
   * Forgets on the way what has not been used and is not a revocation that still holds.
   */
  dueForRefresh(
    limit: number,
    readBefore: NumericDate,
    usedAfter: NumericDate,
    now: NumericDate,
  ): readonly string[] {
    const due: string[] = [];
    let visited = 0;
    for (const [key, { readAt, usedAt, value }] of this.#answers) {
      if (due.length === limit || readAt > readBefore || ++visited > MAX_VISITED) break;
      if (usedAt > usedAfter) due.push(key);
      else if (!(value?.expiresAt !== undefined && value.expiresAt > now)) this.#answers.delete(key);
    }
    return due;
  }
}
