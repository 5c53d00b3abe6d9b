import type { Result } from '../../core/result.ts';
import type { NumericDate } from '../../core/time.ts';
import { FIRST_CHUNK, type Manifest, type SnapshotChunk } from '../feed.ts';
import type { ColoShare } from './colo-share.ts';
import { BACKGROUND_TIMEOUT_MS, MAX_RECORDS } from './limits.ts';
import type { ReplicaTable } from './table.ts';

/** Fills a table with a snapshot, chunk by chunk; `onChunk` is called before each. undefined, or why it could not be. */
export async function loadSnapshot(
  { epoch, generation }: Manifest,
  {
    table,
    colo,
    begun,
  }: {
    readonly table: ReplicaTable;
    readonly colo: ColoShare;
    /** What has ended by then is left out. */
    readonly begun: NumericDate;
  },
  onChunk: () => void,
): Promise<string | undefined> {
  let cursor: string | undefined = FIRST_CHUNK;
  while (cursor !== undefined) {
    onChunk();
    const chunk: Result<SnapshotChunk, string> = await colo.chunk(
      epoch,
      generation,
      cursor,
      BACKGROUND_TIMEOUT_MS,
    );
    if (!chunk.ok) return chunk.error;
    table.add(chunk.value.records, begun);
    if (table.size > MAX_RECORDS) return 'too_many_records';
    cursor = chunk.value.next;
  }
  return undefined;
}
