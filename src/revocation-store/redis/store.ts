import {
  CHANGES_KEY,
  claimKey,
  INDEX_KEY,
  REDIS_PREFIX,
  revocationKey,
  STATE_KEY,
} from '../../core/key-names.ts';
import type { RevocationTarget } from '../../core/revocation.ts';
import type { NumericDate } from '../../core/time.ts';
import type { RedisArgument, RedisCommands } from '../../redis/port.ts';
import { assumptionsText } from '../assumptions.ts';
import { type KeyRange, listEntries, type RangeRead } from '../listing.ts';
import { type RevocationEntry, type RevocationStore, StoreUnavailable } from '../port.ts';
import {
  entryFrom,
  NEVER,
  numericDateText,
  parseValue,
  type StoredForm,
  storedForm,
} from '../stored-form.ts';
import { type RunCommand, readIndex, updateIndex } from './key-index.ts';
import { assume, beginEpoch, beginFirstEpoch, type FirstStart, readLife } from './life.ts';
import { CLAIM, REVOKE, UNREVOKE } from './scripts.ts';
import { makeSnapshotIfDue } from './snapshot.ts';

export interface RedisStoreOptions {
  /** How long one write may take. Milliseconds. */
  readonly timeoutMs?: number;
  /** What this writer assumes, by `iss`: how long after a token's issue its revocations are kept. Seconds. */
  readonly keptSeconds?: ReadonlyMap<string, number> | undefined;
  /** With it, `begin` begins the first epoch; undefined: only `adopt` does. */
  readonly firstStart?: FirstStart | undefined;
}

/** Writers wait longer than readers: nobody's request hangs on them, and "not stored" must be rare. */
const WRITE_TIMEOUT_MS = 3_000;
/** A fuse, not a policy: snapshots keep the Stream far shorter. Changes, about 200 bytes each. */
export const MAX_CHANGES = 1_000_000;
const WRITTEN_KEYS = [CHANGES_KEY, INDEX_KEY, STATE_KEY] as const;

/** Writes the deny-list in Redis with a token that may write. Every call is one script, hence one step. */
export function createRedisStore(redis: RedisCommands, options: RedisStoreOptions = {}): RevocationStore {
  const timeoutMs = options.timeoutMs ?? WRITE_TIMEOUT_MS;
  const assumptions = options.keptSeconds ? assumptionsText(options.keptSeconds) : '';
  /** Whether `firstStart` is known to remember that this Redis is marked. */
  let remembered = false;

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

  async function readRange(range: KeyRange, count: number, now: NumericDate): Promise<RangeRead> {
    const { last, found } = await readIndex(run, range, count);
    const entries: RevocationEntry[] = [];
    for (const { key, text } of found) {
      const entry = await entryAt(key, text, now);
      if (entry) entries.push(entry);
    }
    return { last, entries };
  }

  return {
    async revoke(entries) {
      if (entries.length === 0) return [];
      const forms = entries.map(storedForm);
      const args = forms.flatMap(({ mark, until, audit }) => [
        numericDateText(mark),
        numericDateText(until),
        audit,
      ]);
      const reply = await evaluate(
        REVOKE,
        [...WRITTEN_KEYS, ...forms.map(({ key }) => REDIS_PREFIX + key)],
        [MAX_CHANGES, assumptions, REDIS_PREFIX.length, ...args],
      );
      if (!isTexts(reply) || reply.length !== entries.length) throw new StoreUnavailable('malformed');
      return entries.map((entry, index) => asStored(entry, storedForm(entry), reply[index] ?? ''));
    },

    async unrevoke({ kind, issuer, value }: RevocationTarget, by, now) {
      const key = REDIS_PREFIX + revocationKey(kind, issuer, value);
      const reply = await evaluate(
        UNREVOKE,
        [...WRITTEN_KEYS, key],
        [MAX_CHANGES, REDIS_PREFIX.length, by, numericDateText(now)],
      );
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

    async list(filter, cursor, limit, now) {
      if (cursor === undefined) await updateIndex(run);
      return await listEntries((range, count) => readRange(range, count, now), filter, cursor, limit);
    },

    life: () => readLife(run),

    adopt: (how = { ifUnmarked: false }) => beginEpoch(run, how),

    async begin() {
      const { firstStart } = options;
      if (firstStart === undefined || remembered) return;
      remembered = await beginFirstEpoch(run, firstStart, await readLife(run));
    },

    async maintain(now) {
      if (options.keptSeconds) await assume(run, options.keptSeconds, await readLife(run));
      await makeSnapshotIfDue(run, now);
    },

    async claimOnce(id, ttlSeconds) {
      const ttl = Math.max(1, Math.ceil(ttlSeconds));
      const nonce = crypto.randomUUID();
      const holder = await evaluate(CLAIM, [claimKey(id)], [nonce, ttl]);
      if (!isNonce(holder)) throw new StoreUnavailable('malformed');
      return holder === nonce;
    },

    async isClaimed(id) {
      const holder = await run(['GET', claimKey(id)]);
      if (holder !== null && !isNonce(holder)) throw new StoreUnavailable('malformed');
      return holder !== null;
    },
  };
}

/** What only a claim of ours can have left: a number, which answers many a question, is not taken for one. */
const isNonce = (reply: unknown): reply is string =>
  typeof reply === 'string' && /^[0-9a-f-]{36}$/.test(reply);

const isTexts = (reply: unknown): reply is readonly string[] =>
  Array.isArray(reply) && reply.every((each) => typeof each === 'string');

/**
 * What the reply shows as stored; an entry that has ended since is not there any more and told as it was asked for. Throws
 * `StoreUnavailable` where less stands there than was to be written.
 */
function asStored(entry: RevocationEntry, form: StoredForm, text: string): RevocationEntry {
  if (text === '') return entry;
  const { mark, until, audit } = parseValue(text);
  const holds = (stored: NumericDate | undefined, asked: NumericDate) =>
    stored !== undefined && stored >= Number(numericDateText(asked));
  if (until === undefined || !holds(mark, form.mark) || !holds(until, form.until)) {
    throw new StoreUnavailable('malformed');
  }
  const { kind, issuer, value } = entry.predicate;
  return entryFrom(form.key, { mark, until, audit }, { kind, issuer, value }) ?? entry;
}
