import type { VerifiedToken } from '../core/jose.ts';

/** Rough cost of an entry beside its token: decoded claims, header, map slot. Bytes. */
const ENTRY_OVERHEAD_BYTES = 512;
/** A token is held as a one-byte string and once more, decoded, as claims. */
const BYTES_PER_TOKEN_CHARACTER = 3;

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
  #young = new Map<string, VerifiedToken>();
  #old = new Map<string, VerifiedToken>();
  #youngBytes = 0;

  constructor(bounds: { readonly entries: number; readonly bytes: number }) {
    this.#maxEntries = Math.max(1, Math.floor(bounds.entries / 2));
    this.#maxBytes = bounds.bytes / 2;
  }

  has(token: string): boolean {
    return this.#young.has(token) || this.#old.has(token);
  }

  get(token: string): VerifiedToken | undefined {
    const young = this.#young.get(token);
    if (young !== undefined) {
      return young;
    }
    const old = this.#old.get(token);
    if (old !== undefined) {
      this.#old.delete(token);
      this.set(token, old);
    }
    return old;
  }

  set(token: string, verified: VerifiedToken): void {
    const bytes = token.length * BYTES_PER_TOKEN_CHARACTER + ENTRY_OVERHEAD_BYTES;
    if (bytes > this.#maxBytes) {
      return;
    }
    if (this.#young.size >= this.#maxEntries || this.#youngBytes + bytes > this.#maxBytes) {
      this.#old = this.#young;
      this.#young = new Map();
      this.#youngBytes = 0;
    }
    if (!this.#young.has(token)) {
      this.#youngBytes += bytes;
    }
    this.#young.set(token, verified);
  }

  delete(token: string): void {
    // The byte count is not given back: it errs towards an earlier change of generation.
    this.#young.delete(token);
    this.#old.delete(token);
  }

  get size(): number {
    return this.#young.size + this.#old.size;
  }
}
