/** No answer within the deadline, or an answer that is an error. The message is a word that is safe to log. */
export class RedisUnavailable extends Error {
  override readonly name = 'RedisUnavailable';
}

/** An answer that cannot be what the command returns. Carries nothing of it. */
export class RedisMalformed extends Error {
  override readonly name = 'RedisMalformed';
}
