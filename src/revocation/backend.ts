import type { Result } from '../core/result.ts';
import type { NumericDate } from '../core/time.ts';

/** What a backend holds under one key, as far as a decision needs it. */
export interface StoredRevocation {
  /** Issued-before instant of a watermark; undefined when the value is not a NumericDate. */
  readonly mark: NumericDate | undefined;
  /** When the store will forget it; undefined when the writer did not say. */
  readonly until: NumericDate | undefined;
}

export interface RevocationAnswer {
  /** Names the store's life; undefined when the store was never marked, or has lost its data. */
  readonly epoch: string | undefined;
  /** In the order of the keys asked for; undefined: not there. */
  readonly values: readonly (StoredRevocation | undefined)[];
}

/**
 * One backend as the gateway reads it. Never throws: a failure is a cause that is safe to log.
 * An answer that is anything but exactly one value or absence per key is a failure.
 */
export interface RevocationReader {
  /** One round trip for all keys (`revocationKey`), answered or failed within `timeoutMs`. */
  read(keys: readonly string[], timeoutMs: number): Promise<Result<RevocationAnswer, string>>;
}
