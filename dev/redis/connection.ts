import { createClient, ErrorReply, RESP_TYPES } from 'redis';

/** A RESP2 reply: bulk strings as bytes, status replies as strings, `ErrorReply` only inside an array. */
export type Reply = string | number | null | Buffer | ErrorReply | readonly Reply[];

/** Redis refused the command, in its own words. */
export type CommandOutcome = { readonly reply: Reply } | { readonly error: string };

/** Redis gave no answer: whether a write took effect is not known. */
export class RedisUnavailable extends Error {
  override readonly name = 'RedisUnavailable';
  readonly status: 503 | 504;

  constructor(status: 503 | 504, cause?: unknown) {
    super(status === 504 ? 'Redis did not answer in time' : 'Redis is not reachable', { cause });
    this.status = status;
  }
}

export interface RedisConnection {
  /** Throws `RedisUnavailable`. */
  command(args: readonly string[]): Promise<CommandOutcome>;
  /** MULTI … EXEC; an `error` means that nothing was executed. Throws `RedisUnavailable`. */
  transaction(commands: readonly (readonly string[])[]): Promise<CommandOutcome>;
  close(): void;
}

const CONNECT_TIMEOUT_MS = 2_000;
const RECONNECT_MAX_MS = 1_000;
/** Commands waiting for a Redis that has stopped; those beyond are refused. */
const QUEUE_MAX = 10_000;

const BYTES = { typeMapping: { [RESP_TYPES.BLOB_STRING]: Buffer } };

/**
 * One connection to Redis that reconnects by itself and never queues while it is down.
 * Throws `RedisUnavailable` when the first connection fails.
 */
export async function connectRedis(url: string, replyTimeoutMs: number): Promise<RedisConnection> {
  let connectedOnce = false;
  const client = createClient({
    url,
    RESP: 2,
    disableOfflineQueue: true,
    disableClientInfo: true,
    commandsQueueMaxLength: QUEUE_MAX,
    socket: {
      connectTimeout: CONNECT_TIMEOUT_MS,
      reconnectStrategy: (retries, cause) =>
        connectedOnce ? Math.min(50 * 2 ** Math.min(retries, 10), RECONNECT_MAX_MS) : cause,
    },
  });
  // Every caller learns of a lost connection from its own command; without a listener the event would be thrown.
  client.on('error', () => undefined);
  try {
    await client.connect();
  } catch (cause) {
    throw new RedisUnavailable(503, cause);
  }
  connectedOnce = true;

  async function settle(reply: Promise<Reply>): Promise<CommandOutcome> {
    try {
      return { reply: await withDeadline(reply, replyTimeoutMs) };
    } catch (cause) {
      if (cause instanceof ErrorReply) return { error: cause.message };
      throw cause instanceof RedisUnavailable ? cause : new RedisUnavailable(503, cause);
    }
  }

  return {
    command: (args) => settle(client.sendCommand<Reply>(args, BYTES)),
    async transaction(commands) {
      // Queued in one synchronous run over one connection, so no other command can come between.
      const chain = { ...BYTES, chainId: Symbol('transaction') };
      const queued = [['MULTI'], ...commands].map((args) => client.sendCommand<Reply>(args, chain));
      const executed = client.sendCommand<Reply>(['EXEC'], chain);
      for (const acknowledgement of queued) acknowledgement.catch(() => undefined);
      return settle(executed);
    },
    close: () => client.destroy(),
  };
}

async function withDeadline<T>(work: Promise<T>, timeoutMs: number): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const deadline = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new RedisUnavailable(504)), timeoutMs);
  });
  try {
    return await Promise.race([work, deadline]);
  } finally {
    clearTimeout(timer);
  }
}
