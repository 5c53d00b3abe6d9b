import type { VerifiedToken } from '../core/verified-token.ts';
import { heldBytes } from './held-bytes.ts';

interface Entry {
  readonly token: string;
  readonly verified: VerifiedToken;
  readonly bytes: number;
}

/**
 * Tokens whose signature and time-independent claims have been verified in this isolate, by the whole token.
 * Two generations, each at most half of both bounds: when the young one is full it becomes the old one and the
 * old one is dropped, so an insert or a look-up costs the same however many entries there are.
 *
 * It remembers only that verification succeeded. The caller still compares the issuer object and the key object
 * with the current ones and evaluates time, revocation and authorization on every request
 * (GHSA-4mq7-pvjg-xp2r, CVE-2026-35039).
 */
export class TokenCache {
  readonly #maxEntries: number;
  readonly #maxBytes: number;
  #young = new Map<number, Entry>();
  #old = new Map<number, Entry>();
  #youngBytes = 0;
  #hits = 0;
  #misses = 0;

  constructor(bounds: { readonly entries: number; readonly bytes: number }) {
    this.#maxEntries = Math.max(1, Math.floor(bounds.entries / 2));
    this.#maxBytes = bounds.bytes / 2;
  }

  has(token: string): boolean {
    const slot = slotOf(token);
    return (entryOf(this.#young, slot, token) ?? entryOf(this.#old, slot, token)) !== undefined;
  }

  get(token: string): VerifiedToken | undefined {
    const slot = slotOf(token);
    const young = entryOf(this.#young, slot, token);
    if (young !== undefined) {
      this.#hits++;
      return young.verified;
    }
    const old = entryOf(this.#old, slot, token);
    if (old === undefined) {
      this.#misses++;
      return undefined;
    }
    this.#hits++;
    this.#old.delete(slot);
    this.#put(slot, old);
    return old.verified;
  }

  set(token: string, verified: VerifiedToken): void {
    this.#put(slotOf(token), { token, verified, bytes: heldBytes(token, verified.claims) });
  }

  #put(slot: number, entry: Entry): void {
    const { token, bytes } = entry;
    if (bytes > this.#maxBytes) {
      return;
    }
    if (this.#young.size >= this.#maxEntries || this.#youngBytes + bytes > this.#maxBytes) {
      this.#old = this.#young;
      this.#young = new Map();
      this.#youngBytes = 0;
    }
    // What another token leaves in the slot stays counted: it errs towards an earlier change of generation.
    if (entryOf(this.#young, slot, token) === undefined) {
      this.#youngBytes += bytes;
    }
    this.#young.set(slot, entry);
  }

  delete(token: string): void {
    const slot = slotOf(token);
    // The byte count is not given back, for the same reason.
    for (const generation of [this.#young, this.#old]) {
      if (entryOf(generation, slot, token) !== undefined) {
        generation.delete(slot);
      }
    }
  }

  /** How often `get` has found a token. */
  get hits(): number {
    return this.#hits;
  }

  get misses(): number {
    return this.#misses;
  }

  get size(): number {
    return this.#young.size + this.#old.size;
  }
}

/** The only look at a slot: what is in it counts for its own token alone, by the whole text. */
function entryOf(generation: ReadonlyMap<number, Entry>, slot: number, token: string): Entry | undefined {
  const entry = generation.get(slot);
  return entry?.token === token ? entry : undefined;
}

/** Within the signature, and before its last characters: those of Ed25519 hardly differ (RFC 8032 §5.1.6, S < L). */
const SLOT_FROM_END = 16;
const SLOT_TO_END = 4;

/**
 * Where a token is kept: 30 bits of its signature, which none but its signer can choose; tokens with the same number
 * take each other's place. Not the token itself: V8 interns every string that is looked up in a Map, which for a new
 * token takes half as long as its verification.
 */
function slotOf(token: string): number {
  let slot = 0;
  for (let at = token.length - SLOT_FROM_END; at < token.length - SLOT_TO_END; at++) {
    slot = (Math.imul(slot, 31) + token.charCodeAt(at)) | 0;
  }
  return slot >>> 2;
}
