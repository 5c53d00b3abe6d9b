import {
  CHANGES_KEY,
  EPOCH_KEY,
  MANIFEST_KEY,
  REDIS_PREFIX,
  STATE_KEY,
  snapshotChunkKey,
} from '../../core/key-names.ts';
import { err, ok, type Result } from '../../core/result.ts';
import type { NumericDate } from '../../core/time.ts';
import type { RedisArgument, RedisCommands } from '../../redis/port.ts';
import type { StoreMark } from '../../revocation/port.ts';
import { type ChangePage, isPosition, type RevocationFeed } from '../feed.ts';
import { appendRecord } from '../replica/record.ts';
import { decodeChunk, parseManifest } from '../replica/snapshot-format.ts';
import { parseValue } from '../stored-form.ts';
import { causeOf } from './reader.ts';
import { readMark } from './state.ts';

/** Changes in one XRANGE: about 200 KB of answer. */
const CHANGES_PER_PAGE = 1_000;
const DATE = /^\d{1,12}(?:\.\d{1,9})?$/;

/**
 * Follows the Stream of changes, and reads the snapshots that a writer makes (`snapshot.ts`), with a
 * read-only token.
 *
 * A page is asked for from the last change seen, that one included: as a Stream is only ever trimmed from its old
 * end, the change being there proves that nothing after it has been lost. After a trim past it, a flush or a
 * failover to an empty or a lagging Redis, it is not. The store's mark is read after the last page, so that what it says
 * holds for the page.
 */
export function createRedisFeed(redis: RedisCommands): RevocationFeed {
  async function run(args: readonly RedisArgument[], timeoutMs: number): Promise<Result<unknown, string>> {
    try {
      return ok(await redis.command(args, timeoutMs));
    } catch (error) {
      return err(causeOf(error));
    }
  }
  async function markNow(timeoutMs: number): Promise<Result<StoreMark, string>> {
    try {
      const [epoch, state] = await redis.mget([EPOCH_KEY, STATE_KEY], timeoutMs);
      const mark = readMark(epoch, state);
      return mark ? ok(mark) : err('malformed');
    } catch (error) {
      return err(causeOf(error));
    }
  }
  return {
    async manifest(timeoutMs) {
      const reply = await run(['GET', MANIFEST_KEY], timeoutMs);
      if (!reply.ok) return reply;
      if (reply.value === null) return err('no_snapshot');
      const manifest = parseManifest(reply.value);
      return manifest ? ok(manifest) : err('malformed');
    },

    async chunk(generation, cursor, timeoutMs) {
      const reply = await run(['GET', snapshotChunkKey(generation, Number(cursor))], timeoutMs);
      if (!reply.ok) return reply;
      if (reply.value === null) return err('snapshot_gone');
      const chunk = decodeChunk(reply.value);
      return chunk ? ok(chunk) : err('malformed');
    },

    async changesSince(position, timeoutMs) {
      const reply = await run(['XRANGE', CHANGES_KEY, position, '+', 'COUNT', CHANGES_PER_PAGE], timeoutMs);
      const page = reply.ok ? readPage(reply.value, position) : reply;
      if (!page.ok || !page.value.held || page.value.more) return page;
      const mark = await markNow(timeoutMs);
      return mark.ok ? ok({ ...page.value, mark: mark.value }) : mark;
    },
  };
}

function readPage(reply: unknown, position: string): Result<ChangePage, string> {
  if (!Array.isArray(reply)) return err('malformed');
  const words: number[] = [];
  let last = position;
  for (const [index, item] of reply.entries()) {
    const entry = readEntry(item);
    if (!entry) return err('malformed');
    if (index === 0 && entry.id !== position) return ok(lost(position));
    if (index > 0 && !appendChange(words, entry.fields)) return err('malformed_change');
    last = entry.id;
  }
  if (reply.length === 0) return ok(lost(position));
  return ok({
    held: true,
    mark: undefined,
    records: Uint32Array.from(words),
    position: last,
    more: reply.length === CHANGES_PER_PAGE,
  });
}

const lost = (position: string): ChangePage => ({
  held: false,
  mark: undefined,
  records: new Uint32Array(0),
  position,
  more: false,
});

function readEntry(
  item: unknown,
): { readonly id: string; readonly fields: ReadonlyMap<string, string> } | undefined {
  if (!Array.isArray(item) || !isPosition(item[0]) || !Array.isArray(item[1])) return undefined;
  const flat: readonly unknown[] = item[1];
  const fields = new Map<string, string>();
  for (let at = 0; at + 1 < flat.length; at += 2) fields.set(String(flat[at]), String(flat[at + 1]));
  return { id: item[0], fields };
}

/**
 * One change as a record. What is lifted stays a possible hit until its end, so `del` adds nothing. A change that
 * cannot be read may be a revocation: false.
 */
function appendChange(words: number[], fields: ReadonlyMap<string, string>): boolean {
  const key = fields.get('key') ?? '';
  switch (fields.get('op')) {
    case 'set': {
      if (!key.startsWith(REDIS_PREFIX)) return false;
      const value = parseValue(fields.get('value') ?? '');
      appendRecord(
        words,
        key.slice(REDIS_PREFIX.length),
        value.mark,
        laterEnd(fields.get('exp'), value.until),
      );
      return true;
    }
    case 'del':
    case 'snapshot':
      return true;
    default:
      return false;
  }
}

/** The later of the ends that are told; undefined, for ever, when none is. */
function laterEnd(exp: string | undefined, until: NumericDate | undefined): NumericDate | undefined {
  if (exp === undefined || !DATE.test(exp)) return until;
  return Math.max(Number(exp), until ?? 0);
}
