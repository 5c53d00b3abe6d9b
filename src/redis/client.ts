import { Redis } from '@upstash/redis/cloudflare';
import { DeadlineExceeded, withinDeadline } from '../core/deadline.ts';
import { RedisMalformed, RedisUnavailable } from './fault.ts';
import type { RedisArgument, RedisCommands, RedisEndpoint } from './port.ts';
import { createRead } from './read.ts';

/**
 * The REST client. Holds no connection and no per-request state, so it may live as long as the isolate: for
 * `command`, the `@upstash/redis` client is made anew, because its pipelining and its sync token would otherwise
 * cross requests. Its errors contain the command, hence the `jti`; none of them leaves this file.
 */
export function createRedis(endpoint: RedisEndpoint): RedisCommands {
  async function command(args: readonly RedisArgument[], timeoutMs: number): Promise<unknown> {
    try {
      return await withinDeadline(timeoutMs, async (signal) => {
        try {
          return await attempt(endpoint, args, signal);
        } catch (error) {
          if (signal.aborted) throw error;
        }
        return await attempt(endpoint, args, signal);
      });
    } catch (error) {
      throw fault(error);
    }
  }
  return { command, mget: createRead(endpoint) };
}

/**
 * One HTTP request. The function form of `signal` is what makes a timed-out read throw: with a plain signal this
 * library answers an aborted read with a result, which would read as "not revoked".
 */
function attempt(
  { url, token }: RedisEndpoint,
  args: readonly RedisArgument[],
  signal: AbortSignal,
): Promise<unknown> {
  const redis = new Redis({
    url,
    token,
    signal: () => signal,
    retry: { retries: 0 },
    enableTelemetry: false,
    enableAutoPipelining: false,
    automaticDeserialization: false,
    readYourWrites: false,
    responseEncoding: false,
  });
  const [name = '', ...rest] = args.map(String);
  return redis.exec<unknown>([name, ...rest]);
}

function fault(error: unknown): RedisUnavailable | RedisMalformed {
  if (error instanceof DeadlineExceeded) return new RedisUnavailable('timeout');
  const name = error instanceof Error ? error.name : '';
  if (name === 'UpstashError') return new RedisUnavailable('refused');
  if (name === 'UpstashJSONParseError') return new RedisMalformed('not_json');
  if (name === 'AbortError' || name === 'TimeoutError') return new RedisUnavailable('timeout');
  return new RedisUnavailable('failed');
}
