export interface RedisEndpoint {
  /** `https://…`, of Upstash or of a bridge that speaks its REST protocol. */
  readonly url: string;
  readonly token: string;
}

export type RedisArgument = string | number;

/** Redis as the rooms use it: one command, one deadline. */
export interface RedisCommands {
  /**
   * Runs one command and returns its reply as parsed JSON, unvalidated. At most one retry, and only while time
   * is left. Throws `RedisUnavailable` or `RedisMalformed`, never later than `timeoutMs`.
   */
  command(args: readonly RedisArgument[], timeoutMs: number): Promise<unknown>;
  /** MGET: exactly one string or null per key. Retries and throws as `command`. */
  mget(keys: readonly string[], timeoutMs: number): Promise<readonly (string | null)[]>;
}
