import {
  CHANGES_KEY,
  INDEX_KEY,
  INDEX_POSITION_KEY,
  parseRevocationKey,
  REDIS_PREFIX,
} from '../../core/key-names.ts';
import type { RedisArgument } from '../../redis/port.ts';
import { isPosition } from '../feed.ts';
import type { KeyRange } from '../listing.ts';
import { StoreUnavailable } from '../port.ts';
import { INDEX_CHANGES, INDEX_KEYSPACE, READ_INDEX } from './scripts.ts';

/** Runs one command that must succeed; throws `StoreUnavailable`. */
export type RunCommand = (args: readonly RedisArgument[]) => Promise<unknown>;

export interface IndexPage {
  /** The last key looked at; undefined: the stretch ends here. */
  readonly last: string | undefined;
  readonly found: readonly { readonly key: string; readonly text: string }[];
}

const CHANGES_PER_STEP = 2_000;
const KEYS_PER_STEP = 2_000;

/** One step through the revocations of a stretch of keys, in order, whoever wrote them. */
export async function readIndex(
  run: RunCommand,
  { after, before }: KeyRange,
  count: number,
): Promise<IndexPage> {
  const from = after === '' ? '-' : `(${after}`;
  const reply = await run(['EVAL', READ_INDEX, 1, INDEX_KEY, REDIS_PREFIX, from, `(${before}`, count]);
  const [last, names, values]: readonly unknown[] = Array.isArray(reply) ? reply : [];
  if (!Array.isArray(names) || !Array.isArray(values) || names.length !== values.length) {
    throw new StoreUnavailable('malformed');
  }
  const found = names.flatMap((name, index) => {
    const key = String(name);
    const text: unknown = values[index];
    return typeof text === 'string' && parseRevocationKey(key) !== undefined ? [{ key, text }] : [];
  });
  return { last: last === '' ? undefined : String(last), found };
}

/**
 * Brings the index up to date with what others have written: by the changes since the last time, where the Stream still
 * tells them; else by one walk through the whole keyspace, which finds keys that no change tells of as well.
 */
export async function updateIndex(run: RunCommand): Promise<void> {
  for (;;) {
    const seen = await run([
      'EVAL',
      INDEX_CHANGES,
      3,
      CHANGES_KEY,
      INDEX_KEY,
      INDEX_POSITION_KEY,
      REDIS_PREFIX,
      CHANGES_PER_STEP,
    ]);
    if (typeof seen !== 'number') throw new StoreUnavailable('malformed');
    if (seen === -1) return indexKeyspace(run);
    if (seen < CHANGES_PER_STEP) return;
  }
}

async function indexKeyspace(run: RunCommand): Promise<void> {
  const latest = await run(['XREVRANGE', CHANGES_KEY, '+', '-', 'COUNT', 1]);
  let cursor = '0';
  do {
    cursor = String(await run(['EVAL', INDEX_KEYSPACE, 1, INDEX_KEY, cursor, REDIS_PREFIX, KEYS_PER_STEP]));
  } while (cursor !== '0');
  const [id]: readonly unknown[] = Array.isArray(latest) && Array.isArray(latest[0]) ? latest[0] : [];
  await run(['SET', INDEX_POSITION_KEY, isPosition(id) ? id : '0-0']);
}
