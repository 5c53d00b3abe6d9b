import { CHANGES_KEY, claimKey, EPOCH_KEY, REDIS_PREFIX, revocationKey } from '../../core/key-names.ts';
import type { RevocationTarget } from '../../core/revocation.ts';
import type { NumericDate } from '../../core/time.ts';
import type { RedisArgument, RedisCommands } from '../../redis/port.ts';
import { type RevocationEntry, type RevocationStore, StoreUnavailable } from '../port.ts';
import { entryFrom, NEVER, numericDateText, parseValue, storedForm } from '../stored-form.ts';
import { type RunCommand, scanRevocations } from './scan.ts';
import { CLAIM, REVOKE, UNREVOKE } from './scripts.ts';
import { makeSnapshotIfDue } from './snapshot.ts';

export interface RedisStoreOptions {
  /** How long one write may take. Milliseconds. */
  readonly timeoutMs?: number;
}

/** Writers wait longer than readers: nobody's request hangs on them, and "not stored" must be rare. */
const WRITE_TIMEOUT_MS = 3_000;
/** A fuse, not a policy: snapshots keep the Stream far shorter. Changes, about 200 bytes each. */
export const MAX_CHANGES = 1_000_000;
/** Reads of the keyspace for one page of a listing; a sparse keyspace yields a short page with a cursor. */
const MAX_SCANS_PER_PAGE = 50;
const SCAN_CURSOR = /^(\d{1,20}):(\d{1,9})$/;
/** Redis counts them in 64 bits and answers anything beyond with an error. */
const LAST_CURSOR = 2n ** 64n - 1n;

/** Writes the deny-list in Redis with a token that may write. Every call is one script, hence one step. */
export function createRedisStore(redis: RedisCommands, options: RedisStoreOptions = {}): RevocationStore {
  const timeoutMs = options.timeoutMs ?? WRITE_TIMEOUT_MS;

  const run: RunCommand = async (args) => {
    try {
      return await redis.command(args, timeoutMs);
    } catch (error) {
      throw new StoreUnavailable(error instanceof Error ? `${error.name} ${error.message}` : 'unknown');
    }
  };
  const evaluate = (script: string, keys: readonly string[], args: readonly RedisArgument[]) =>
    run(['EVAL', script, keys.length, ...keys, ...args]);

  /** When an entry ends that does not say so itself: hand-written values have nothing but their time to live. */
  async function untilOf(key: string, now: NumericDate): Promise<NumericDate | undefined> {
    const ttl = await run(['PTTL', REDIS_PREFIX + key]);
    if (typeof ttl !== 'number') throw new StoreUnavailable('malformed');
    if (ttl === -1) return NEVER;
    return ttl < 0 ? undefined : now + ttl / 1000;
  }

  async function entryAt(
    key: string,
    text: string,
    now: NumericDate,
    asked?: RevocationTarget,
  ): Promise<RevocationEntry | undefined> {
    const value = parseValue(text);
    const until = value.until ?? (await untilOf(key, now));
    return until === undefined || until <= now ? undefined : entryFrom(key, { ...value, until }, asked);
  }

  return {
    async revoke(entries) {
      if (entries.length === 0) return;
      const forms = entries.map(storedForm);
      const args = forms.flatMap(({ mark, until, audit }) => [
        numericDateText(mark),
        numericDateText(until),
        audit,
      ]);
      const reply = await evaluate(
        REVOKE,
        [EPOCH_KEY, CHANGES_KEY, ...forms.map(({ key }) => REDIS_PREFIX + key)],
        [crypto.randomUUID(), MAX_CHANGES, ...args],
      );
      if (typeof reply !== 'number') throw new StoreUnavailable('malformed');
    },

    async unrevoke({ kind, issuer, value }: RevocationTarget, by, now) {
      const key = REDIS_PREFIX + revocationKey(kind, issuer, value);
      const reply = await evaluate(UNREVOKE, [CHANGES_KEY, key], [MAX_CHANGES, by, numericDateText(now)]);
      if (reply !== 0 && reply !== 1) throw new StoreUnavailable('malformed');
      return reply === 1;
    },

    async lookup(target, now) {
      const key = revocationKey(target.kind, target.issuer, target.value);
      const text = await run(['GET', REDIS_PREFIX + key]);
      if (text === null) return undefined;
      if (typeof text !== 'string') throw new StoreUnavailable('malformed');
      return await entryAt(key, text, now, target);
    },

    async list(cursor, limit, now) {
      let [scanCursor, skip] = parseCursor(cursor);
      const entries: RevocationEntry[] = [];
      for (let step = 0; step < MAX_SCANS_PER_PAGE; step++) {
        const { next, found } = await scanRevocations(run, scanCursor, limit);
        for (const [index, { key, text }] of found.entries()) {
          if (index < skip) continue;
          if (entries.length === limit) return { entries, cursor: `${scanCursor}:${index}` };
          const entry = await entryAt(key, text, now);
          if (entry) entries.push(entry);
        }
        if (next === '0') return { entries, cursor: undefined };
        scanCursor = next;
        skip = 0;
        if (entries.length === limit) break;
      }
      return { entries, cursor: `${scanCursor}:0` };
    },

    maintain: (now) => makeSnapshotIfDue(run, now),

    async claimOnce(id, ttlSeconds) {
      const ttl = Math.max(1, Math.ceil(ttlSeconds));
      const reply = await evaluate(CLAIM, [claimKey(id)], [crypto.randomUUID(), ttl]);
      if (reply !== 0 && reply !== 1) throw new StoreUnavailable('malformed');
      return reply === 1;
    },

    async isClaimed(id) {
      const reply = await run(['EXISTS', claimKey(id)]);
      if (reply !== 0 && reply !== 1) throw new StoreUnavailable('malformed');
      return reply === 1;
    },
  };
}

/** Where a listing stands: the SCAN cursor of a batch and how many of its entries have been handed out. */
function parseCursor(cursor: string | undefined): [scanCursor: string, skip: number] {
  const [, scanCursor, skip] = SCAN_CURSOR.exec(cursor ?? '0:0') ?? [];
  return scanCursor === undefined || BigInt(scanCursor) > LAST_CURSOR ? ['0', 0] : [scanCursor, Number(skip)];
}
