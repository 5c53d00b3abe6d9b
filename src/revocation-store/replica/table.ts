import type { NumericDate } from '../../core/time.ts';
import { ALWAYS, type Fingerprint, WORDS } from './record.ts';

/** Share of slots in use beyond which the table is rebuilt. Three quarters keeps a search at two or three slots. */
const MAX_LOAD = 0.75;
const MIN_SLOTS = 1_024;

/**
 * Every revocation as one 16-byte record in one flat array: open addressing, linear probing. 16 to 43 bytes per
 * entry, and no object for the garbage collector to walk.
 *
 * Nothing is ever taken out: an entry that is lifted stays until its end (a hit is confirmed elsewhere), because a
 * shared fingerprint may stand for another entry as well. What has ended goes when the table is rebuilt.
 */
export class ReplicaTable {
  readonly #seedLow: number;
  readonly #seedHigh: number;
  #slots: number;
  #words: Uint32Array;
  #size = 0;

  /** `expected` records fit without growing. `seeds` keep a writer from choosing keys that pile up in one place. */
  constructor(expected: number, seeds: readonly [number, number]) {
    this.#seedLow = seeds[0] | 1;
    this.#seedHigh = seeds[1] | 1;
    this.#slots = slotsFor(expected);
    this.#words = new Uint32Array(this.#slots * WORDS);
  }

  /** Records held, including those that have ended since the last rebuild. */
  get size(): number {
    return this.#size;
  }

  get bytes(): number {
    return this.#words.byteLength;
  }

  /** Adds records that hold beyond `asOf`, merging by fingerprint: the later watermark and the later end win. */
  add(records: Uint32Array, asOf: NumericDate): void {
    for (let at = 0; at + WORDS <= records.length; at += WORDS) {
      if ((records[at + 3] ?? 0) <= asOf) continue;
      if (this.#size + 1 > this.#slots * MAX_LOAD) this.#rebuild(asOf);
      this.#put(records, at);
    }
  }

  /** Whether an entry that holds beyond `asOf` may hit a token issued at `issuedAt`. */
  hits({ low, high }: Fingerprint, issuedAt: NumericDate | undefined, asOf: NumericDate): boolean {
    const at = this.#find(low, high);
    const mark = this.#words[at + 2] ?? 0;
    const until = this.#words[at + 3] ?? 0;
    if (until <= asOf) return false;
    return mark === ALWAYS || issuedAt === undefined || issuedAt <= mark;
  }

  /** Index of the record with this fingerprint, or of the empty slot where it would go. */
  #find(low: number, high: number): number {
    const words = this.#words;
    const mask = this.#slots - 1;
    const mixed = Math.imul(low ^ this.#seedLow, 0x9e3779b1) ^ Math.imul(high ^ this.#seedHigh, 0x85ebca77);
    let slot = (mixed ^ (mixed >>> 15)) & mask;
    for (;;) {
      const at = slot * WORDS;
      if (words[at] === low && words[at + 1] === high) return at;
      if (words[at] === 0 && words[at + 1] === 0) return at;
      slot = (slot + 1) & mask;
    }
  }

  #put(records: Uint32Array, from: number): void {
    const low = records[from] ?? 0;
    const high = records[from + 1] ?? 0;
    if (low === 0 && high === 0) return;
    const at = this.#find(low, high);
    const words = this.#words;
    if (words[at] === 0 && words[at + 1] === 0) {
      this.#size++;
      words[at] = low;
      words[at + 1] = high;
    }
    words[at + 2] = Math.max(words[at + 2] ?? 0, records[from + 2] ?? 0);
    words[at + 3] = Math.max(words[at + 3] ?? 0, records[from + 3] ?? 0);
  }

  /** Drops what has ended; doubles only when what is left would soon fill the table again. */
  #rebuild(asOf: NumericDate): void {
    const old = this.#words;
    let alive = 0;
    for (let at = 0; at < old.length; at += WORDS) if ((old[at + 3] ?? 0) > asOf) alive++;
    this.#slots = slotsFor(Math.ceil(alive * 1.25));
    this.#words = new Uint32Array(this.#slots * WORDS);
    this.#size = 0;
    for (let at = 0; at < old.length; at += WORDS) if ((old[at + 3] ?? 0) > asOf) this.#put(old, at);
  }
}

/** A power of two, so that a mask picks the slot. */
const slotsFor = (expected: number): number =>
  Math.max(MIN_SLOTS, 2 ** Math.ceil(Math.log2((expected + 1) / MAX_LOAD)));
