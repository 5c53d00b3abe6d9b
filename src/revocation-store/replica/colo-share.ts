import { ok, type Result } from '../../core/result.ts';
import type { NumericDate } from '../../core/time.ts';
import {
  comparePositions,
  isPosition,
  type Manifest,
  type Position,
  type RevocationFeed,
  type SnapshotChunk,
} from '../feed.ts';
import type { ColoCache } from './colo-cache.ts';
import { bytesOf, parseManifest, recordsFrom, writeManifest } from './snapshot-format.ts';

/** The latest changes one isolate has read, for the others of its colo. */
export interface ColoHead {
  /** The records cover every change after `from`, up to and including `to`. */
  readonly from: Position;
  readonly to: Position;
  readonly asOf: NumericDate;
  readonly records: Uint32Array;
}

/**
 * What isolates of one colo share, so that one of them asks for all. Every answer may be absent: the isolate then
 * asks the store itself. Never throws.
 */
export interface ColoShare {
  head(epoch: string, now: NumericDate): Promise<ColoHead | undefined>;
  /** Adds what this isolate has just read to what is shared. */
  publish(epoch: string, read: ColoHead, now: NumericDate): Promise<void>;
  /** Whether this isolate should be the one to ask the store now. */
  claimRefresh(epoch: string): Promise<boolean>;
  manifest: RevocationFeed['manifest'];
  chunk(
    epoch: string,
    generation: string,
    cursor: string,
    timeoutMs: number,
  ): ReturnType<RevocationFeed['chunk']>;
}

/** Records in the shared head: a third of a megabyte. Beyond it the head starts over. */
const MAX_HEAD_WORDS = 80_000;
const HEAD_TTL_SECONDS = 300;
/** One isolate asks, the others wait this long before one of them asks again. The Cache API counts whole seconds. */
const CLAIM_TTL_SECONDS = 1;
/** Short, so that a cold isolate starts from a recent snapshot; long enough for a burst of them to be one read. */
const MANIFEST_TTL_SECONDS = 30;
/** A chunk of a generation never changes. */
const CHUNK_TTL_SECONDS = 3_600;

/** For runtimes without a Cache API: every isolate asks for itself. */
export const noColoShare = (feed: RevocationFeed): ColoShare => ({
  head: async () => undefined,
  publish: async () => {},
  claimRefresh: async () => true,
  manifest: (timeoutMs) => feed.manifest(timeoutMs),
  chunk: (_epoch, generation, cursor, timeoutMs) => feed.chunk(generation, cursor, timeoutMs),
});

/** Shares through the colo's cache: fingerprints and dates, never a name of what is revoked. */
export function createColoShare(feed: RevocationFeed, cache: ColoCache): ColoShare {
  async function head(epoch: string, now: NumericDate): Promise<ColoHead | undefined> {
    const stored = await cache.get(`head/${epoch}`);
    const { from, to, asOf } = stored?.facts ?? {};
    const records = stored && recordsFrom(stored.bytes);
    if (!records || !isPosition(from) || !isPosition(to) || typeof asOf !== 'number' || asOf > now)
      return undefined;
    return { from, to, asOf, records };
  }
  return {
    head,

    async publish(epoch, read, now) {
      const held = await head(epoch, now);
      const merged = held ? merge(held, read) : read;
      if (!merged) return;
      const { from, to, asOf, records } = merged;
      await cache.put(
        `head/${epoch}`,
        { facts: { from, to, asOf }, bytes: bytesOf(records) },
        HEAD_TTL_SECONDS,
      );
    },

    async claimRefresh(epoch) {
      if (await cache.get(`claim/${epoch}`)) return false;
      await cache.put(`claim/${epoch}`, { facts: {}, bytes: new Uint8Array(0) }, CLAIM_TTL_SECONDS);
      return true;
    },

    async manifest(timeoutMs): Promise<Result<Manifest, string>> {
      const held = parseManifest((await cache.get('manifest'))?.facts.manifest);
      if (held) return ok(held);
      const read = await feed.manifest(timeoutMs);
      if (read.ok) {
        const facts = { manifest: writeManifest(read.value) };
        await cache.put('manifest', { facts, bytes: new Uint8Array(0) }, MANIFEST_TTL_SECONDS);
      }
      return read;
    },

    async chunk(epoch, generation, cursor, timeoutMs): Promise<Result<SnapshotChunk, string>> {
      const path = `chunk/${epoch}/${generation}/${cursor}`;
      const held = await cache.get(path);
      const records = held && recordsFrom(held.bytes);
      const next = held?.facts.next;
      if (records && (typeof next === 'string' || next === null))
        return ok({ records, next: next ?? undefined });
      const read = await feed.chunk(generation, cursor, timeoutMs);
      if (read.ok) {
        const facts = { next: read.value.next ?? null };
        await cache.put(path, { facts, bytes: bytesOf(read.value.records) }, CHUNK_TTL_SECONDS);
      }
      return read;
    },
  };
}

/** What is shared, longer by what was read; undefined when it is already ahead. */
function merge(held: ColoHead, read: ColoHead): ColoHead | undefined {
  if (held.asOf >= read.asOf) return undefined;
  const contiguous = comparePositions(held.from, read.from) <= 0 && comparePositions(read.from, held.to) <= 0;
  if (!contiguous || held.records.length + read.records.length > MAX_HEAD_WORDS) return read;
  const records = new Uint32Array(held.records.length + read.records.length);
  records.set(held.records);
  records.set(read.records, held.records.length);
  const to = comparePositions(held.to, read.to) > 0 ? held.to : read.to;
  return { from: held.from, to, asOf: read.asOf, records };
}
