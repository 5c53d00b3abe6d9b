import { parseRevocationKey, REDIS_PREFIX } from '../../core/key-names.ts';
import type { RedisArgument } from '../../redis/port.ts';
import { StoreUnavailable } from '../port.ts';
import { SCAN_PAGE } from './scripts.ts';

/** Runs one command that must succeed; throws `StoreUnavailable`. */
export type RunCommand = (args: readonly RedisArgument[]) => Promise<unknown>;

export interface ScanPage {
  /** `0` after the last page. */
  readonly next: string;
  readonly found: readonly { readonly key: string; readonly text: string }[];
}

/** One step over the revocations in Redis, written by whomever. A key may come twice while Redis resizes its tables. */
export async function scanRevocations(run: RunCommand, cursor: string, count: number): Promise<ScanPage> {
  const reply = await run(['EVAL', SCAN_PAGE, 0, cursor, REDIS_PREFIX, count]);
  if (!Array.isArray(reply)) throw new StoreUnavailable('malformed');
  const [next, names, values] = reply as readonly unknown[];
  if (!Array.isArray(names) || !Array.isArray(values) || names.length !== values.length) {
    throw new StoreUnavailable('malformed');
  }
  const found = names.flatMap((name, index) => {
    const key = String(name).slice(REDIS_PREFIX.length);
    const text: unknown = values[index];
    return typeof text === 'string' && parseRevocationKey(key) !== undefined ? [{ key, text }] : [];
  });
  return { next: String(next), found };
}
