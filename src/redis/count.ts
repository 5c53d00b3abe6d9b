import { RedisMalformed } from './fault.ts';
import type { RedisCommands } from './port.ts';

/** One step: a count that begins with its first request and ends a period later. */
const COUNT = `local count = redis.call('INCR', KEYS[1])
local left = redis.call('PTTL', KEYS[1])
if left < 0 then
  redis.call('PEXPIRE', KEYS[1], ARGV[1])
  left = tonumber(ARGV[1])
end
return {count, left}`;

export interface Count {
  readonly count: number;
  readonly leftMs: number;
}

/**
 * Counts one more under `key` in a fixed window of `periodMs` that begins with the first. Exact over all who ask this
 * Redis. Throws as `command`; what fails and is tried once more may count twice.
 */
export async function countInWindow(
  { command }: Pick<RedisCommands, 'command'>,
  {
    key,
    periodMs,
    timeoutMs,
  }: { readonly key: string; readonly periodMs: number; readonly timeoutMs: number },
): Promise<Count> {
  const reply = await command(['EVAL', COUNT, 1, key, periodMs], timeoutMs);
  const [count, leftMs] = Array.isArray(reply) ? reply.map(Number) : [];
  if (count === undefined || leftMs === undefined || !(count >= 1) || !(leftMs >= 0))
    throw new RedisMalformed('count');
  return { count, leftMs };
}
