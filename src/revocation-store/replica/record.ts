import { parseRevocationKey } from '../../core/key-names.ts';
import { isWatermark } from '../../core/revocation.ts';
import type { NumericDate } from '../../core/time.ts';

/**
 * A revocation as a replica holds it, four 32-bit words: both halves of the key's fingerprint, the watermark and
 * the end, in seconds, both rounded up. It only pre-screens: a fingerprint may be shared, so every hit is
 * confirmed with the store, and rounding up makes a hit more likely, never a miss.
 */
export const WORDS = 4;

/** Watermark of a kind that has none (any token is hit), and the end of an entry without one. */
export const ALWAYS = 0xffffffff;

export interface Fingerprint {
  readonly low: number;
  readonly high: number;
}

/**
 * 64 bits of the key, the same in every writer and reader of `SNAPSHOT_FORMAT`. Not collision-resistant: it need
 * not be, as a collision costs a confirmation. Never zero in both halves, which marks an empty slot.
 */
export function fingerprint(key: string): Fingerprint {
  let low = 0x9747b28c ^ key.length;
  let high = 0x3c6ef372 ^ key.length;
  for (let index = 0; index < key.length; index++) {
    const unit = key.charCodeAt(index);
    low = Math.imul(low ^ unit, 0x5bd1e995);
    low ^= low >>> 15;
    high = Math.imul((high << 5) ^ (high >>> 27) ^ unit, 0x2545f491);
  }
  low = avalanche(low ^ Math.imul(high, 0x1b873593));
  high = avalanche(high ^ low);
  return { low: low === 0 && high === 0 ? 1 : low, high };
}

/** Spreads every input bit over all output bits (the finaliser of MurmurHash3). */
function avalanche(hash: number): number {
  let mixed = hash ^ (hash >>> 16);
  mixed = Math.imul(mixed, 0x85ebca6b);
  mixed ^= mixed >>> 13;
  mixed = Math.imul(mixed, 0xc2b2ae35);
  return (mixed ^ (mixed >>> 16)) >>> 0;
}

/** Names the layout above in stored snapshots and shared caches; another layout is another name. */
export const SNAPSHOT_FORMAT = 'r1';

/** Appends one record. A watermark that cannot be read hits every token, and the confirmation says what it is. */
export function appendRecord(
  words: number[],
  key: string,
  issuedBefore: NumericDate | undefined,
  expiresAt: NumericDate | undefined,
): void {
  const kind = parseRevocationKey(key)?.kind;
  const { low, high } = fingerprint(key);
  const bounded = kind !== undefined && isWatermark(kind) && issuedBefore !== undefined;
  words.push(
    low,
    high,
    bounded ? seconds(issuedBefore) : ALWAYS,
    expiresAt === undefined ? ALWAYS : seconds(expiresAt),
  );
}

const seconds = (date: NumericDate): number => Math.min(Math.max(Math.ceil(date), 0), ALWAYS);
