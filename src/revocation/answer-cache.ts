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

type Answers = Map<string, CachedAnswer>;

/** Answers looked at while gathering one refresh; what lies beyond is gathered by the next. */
const MAX_VISITED = 5_000;

/**
 * What this isolate was last told, one answer per predicate key: every mode feeds it, every doubt asks it. Absences
 * and revocations are kept apart, `capacity` of each, so that no flood of tokens pushes out what is known to be
 * revoked; the answer read longest ago gives way.
 */
export class AnswerCache {
  readonly #capacity: number;
  /** In the order of their reads. */
  readonly #absences: Answers = new Map();
  readonly #revocations: Answers = new Map();

  constructor(capacity: number) {
    this.#capacity = capacity;
  }

  get size(): number {
    return this.#absences.size + this.#revocations.size;
  }

  get(key: string): CachedAnswer | undefined {
    return this.#absences.get(key) ?? this.#revocations.get(key);
  }

  /**
   * A slow answer does not replace one that was asked for later, nor an absence a revocation that was asked for at the
   * same moment: the clock stands while requests are at work.
   */
  put(key: string, value: StoredRevocation | undefined, readAt: NumericDate): void {
    const held = this.get(key);
    if (held && (held.readAt > readAt || (held.readAt === readAt && held.value && !value))) return;
    const [into, other] = value ? [this.#revocations, this.#absences] : [this.#absences, this.#revocations];
    other.delete(key);
    into.delete(key);
    into.set(key, { value, readAt, usedAt: held?.usedAt ?? readAt });
    if (into.size <= this.#capacity) return;
    for (const oldest of into.keys()) {
      into.delete(oldest);
      return;
    }
  }

  /**
   * What any read tells: a revocation is kept, and one that is no longer there forgotten. An absence that nothing was
   * held about is not worth a place to who asks every time.
   */
  note(key: string, value: StoredRevocation | undefined, readAt: NumericDate): void {
    if (value || this.#revocations.has(key)) this.put(key, value, readAt);
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
    for (const [key, { readAt, usedAt }] of this.#absences) {
      if (due.length === limit || readAt > readBefore || ++visited > MAX_VISITED) break;
      if (usedAt > usedAfter) due.push(key);
      else this.#absences.delete(key);
    }
    for (const [key, answer] of [...this.#revocations.entries().take(MAX_VISITED)]) {
      if (due.length === limit) break;
      if (answer.readAt > readBefore) continue;
      if (answer.usedAt > usedAfter) due.push(key);
      else this.#setAside(key, answer, now);
    }
    return due;
  }

  /** To the end of the line, or out of it: what nobody asks for must not stand before what is in use. */
  #setAside(key: string, answer: CachedAnswer, now: NumericDate): void {
    this.#revocations.delete(key);
    const { expiresAt = Number.POSITIVE_INFINITY } = answer.value ?? {};
    if (expiresAt > now) this.#revocations.set(key, answer);
  }
}
