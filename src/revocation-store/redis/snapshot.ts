import {
  CHANGES_KEY,
  EPOCH_KEY,
  MANIFEST_KEY,
  REDIS_PREFIX,
  SNAPSHOT_LOCK_KEY,
  snapshotChunkKey,
} from '../../core/key-names.ts';
import type { NumericDate } from '../../core/time.ts';
import { isPosition, type Manifest } from '../feed.ts';
import { StoreUnavailable } from '../port.ts';
import { appendRecord, WORDS } from '../replica/record.ts';
import { encodeChunk, parseManifest, RECORDS_PER_CHUNK, writeManifest } from '../replica/snapshot-format.ts';
import { parseValue } from '../stored-form.ts';
import { type IndexPage, type RunCommand, readIndex, updateIndex } from './key-index.ts';
import { BEGIN_SNAPSHOT, CHANGES_AFTER } from './scripts.ts';

/** A newer snapshot is due after this many changes: what a cold isolate then has to read on top is a few pages. */
const CHANGES_PER_SNAPSHOT = 5_000;
const KEYS_PER_READ = 2_000;
/** Keys are ASCII letters, digits and punctuation. */
const BEYOND_ALL = '\x7f';
/** Chunks of the snapshot before stay this long, for isolates that are loading it; so do unfinished ones. Seconds. */
const SUPERSEDED_TTL_SECONDS = 3_600;
/** Longer than making a snapshot of a million entries takes. Seconds. */
const LOCK_SECONDS = 300;

/**
 * Makes the compact copy that replicas start from, when one is due: none there, one of another epoch,
 * one that the Stream has been trimmed past or that an unreadable change follows, or many changes since. Needs a token that may write.
 *
 * The copy's place in the Stream is marked first and the index read after, so a change that the reading misses is one
 * that follows the mark. Two at a time do no harm, the lock only saves work. Throws `StoreUnavailable`.
 */
export async function makeSnapshotIfDue(run: RunCommand, now: NumericDate): Promise<void> {
  const [epochThere, text] = listOf(await run(['MGET', EPOCH_KEY, MANIFEST_KEY]));
  if (epochThere === null) throw new StoreUnavailable('store_unmarked');
  const current = parseManifest(text);
  if (current && current.epoch === epochThere && !(await isDue(run, current))) return;
  const generation = crypto.randomUUID();
  const lock = ['SET', SNAPSHOT_LOCK_KEY, generation, 'NX', 'EX', LOCK_SECONDS] as const;
  if ((await run(lock)) === null) return;

  try {
    await makeSnapshot(run, generation, now);
  } finally {
    // Where this fails as well, the lock ends by itself.
    await run(['DEL', SNAPSHOT_LOCK_KEY]).catch(() => undefined);
  }
}

async function makeSnapshot(run: RunCommand, generation: string, now: NumericDate): Promise<void> {
  const begun = await run(['EVAL', BEGIN_SNAPSHOT, 2, EPOCH_KEY, CHANGES_KEY, generation]);
  const [epoch, position] = listOf(begun);
  if (typeof epoch !== 'string' || !isPosition(position)) throw new StoreUnavailable('store_unmarked');

  await updateIndex(run);
  const { records, chunks } = await writeChunks(run, generation, now);
  for (let chunk = 0; chunk < chunks; chunk++) await run(['PERSIST', snapshotChunkKey(generation, chunk)]);
  const manifest = writeManifest({ epoch, generation, position, records });
  const superseded = parseManifest(await run(['SET', MANIFEST_KEY, manifest, 'GET']));
  if (superseded) await retire(run, superseded);
}

const listOf = (reply: unknown): readonly unknown[] => (Array.isArray(reply) ? reply : []);

async function isDue(run: RunCommand, { position }: Manifest): Promise<boolean> {
  const after = await run([
    'EVAL',
    CHANGES_AFTER,
    1,
    CHANGES_KEY,
    position,
    CHANGES_PER_SNAPSHOT,
    REDIS_PREFIX,
  ]);
  return after === -1 || after === CHANGES_PER_SNAPSHOT;
}

/** Reads every revocation into chunks. */
async function writeChunks(
  run: RunCommand,
  generation: string,
  now: NumericDate,
): Promise<{ readonly records: number; readonly chunks: number }> {
  let words: number[] = [];
  let records = 0;
  let chunks = 0;
  async function write(last: boolean): Promise<void> {
    const key = snapshotChunkKey(generation, chunks++);
    const text = encodeChunk(Uint32Array.from(words), last ? undefined : `${chunks}`);
    await run(['SET', key, text, 'EX', SUPERSEDED_TTL_SECONDS]);
    records += words.length / WORDS;
    words = [];
  }
  let after: string | undefined = '';
  while (after !== undefined) {
    const { last, found }: IndexPage = await readIndex(run, { after, before: BEYOND_ALL }, KEYS_PER_READ);
    for (const { key, text } of found) {
      const { mark, until } = parseValue(text);
      if (until !== undefined && until <= now) continue;
      appendRecord(words, key, mark, until);
      if (words.length === RECORDS_PER_CHUNK * WORDS) await write(false);
    }
    after = last;
  }
  await write(true);
  return { records, chunks };
}

/** Lets the snapshot before run out, and trims the Stream to where it began: replicas built on it can still follow. */
async function retire(run: RunCommand, { generation, records, position }: Manifest): Promise<void> {
  const chunks = Math.floor(records / RECORDS_PER_CHUNK) + 1;
  for (let chunk = 0; chunk < chunks; chunk++) {
    await run(['EXPIRE', snapshotChunkKey(generation, chunk), SUPERSEDED_TTL_SECONDS]);
  }
  await run(['XTRIM', CHANGES_KEY, 'MINID', position]);
}
