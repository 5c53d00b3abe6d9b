import { EPOCH_KEY, REDIS_PREFIX, STATE_KEY } from '../../core/key-names.ts';
import { remember } from '../../core/remember.ts';
import { err, ok } from '../../core/result.ts';
import type { RedisCommands } from '../../redis/port.ts';
import type { RevocationReader } from '../../revocation/port.ts';
import { parseValue, revocationIn } from '../stored-form.ts';
import { readMark } from './state.ts';

/**
 * Reads the deny-list in Redis: the store's epoch and state and every key in one MGET, so a read-only token is enough.
 * Any error, a reply of another shape and a mark that is not ours are a failure, never an absence.
 */
export function createRedisReader(redis: RedisCommands): RevocationReader {
  return {
    async read(keys, timeoutMs) {
      let reply: readonly (string | null)[];
      try {
        reply = await redis.mget(namesOf(keys), timeoutMs);
      } catch (error) {
        return err(causeOf(error));
      }
      const [epoch, state, ...values] = reply;
      const mark = readMark(epoch, state);
      if (values.length !== keys.length || mark === undefined) return err('malformed');
      return ok({
        ...mark,
        values: values.map((value) => (value === null ? undefined : revocationIn(parseValue(value)))),
      });
    },
  };
}

/** A remembered token asks with the same list each time, and joined strings are dear to write as JSON when new. */
const namesOf = remember((keys: readonly string[]): readonly string[] => [
  EPOCH_KEY,
  STATE_KEY,
  ...keys.map((key) => REDIS_PREFIX + key),
]);

/** `redis/` words its errors for the log: one word, nothing of the command. */
export function causeOf(error: unknown): string {
  if (!(error instanceof Error)) return 'unknown';
  if (error.name === 'RedisMalformed') return 'malformed';
  return error.name === 'RedisUnavailable' ? error.message : 'unknown';
}
