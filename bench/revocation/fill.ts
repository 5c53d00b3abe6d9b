import { REDIS_PREFIX, revocationKey } from '../../src/core/key-names.ts';

/** Fills Redis from the inside: values as the store writes them. */
const FILL = `
for i = tonumber(ARGV[2]), tonumber(ARGV[3]) do
  redis.call('SET', ARGV[1] .. i, '1 ' .. ARGV[4] .. ' {"at":1800000000,"by":"bench","via":"admin","why":""}', 'EXAT', ARGV[4])
end`;
const PER_CALL = 100_000;
const LIVE_SECONDS = 86_400;

/**
 * Revokes the tokens `bad-1` … `bad-<count>` of the issuer for a day, without a change in the Stream: replicas know of
 * them from the next snapshot. `progress` is told how many there are so far.
 */
export async function fillRevocations(
  client: { sendCommand(args: string[]): Promise<unknown> },
  issuer: string,
  count: number,
  progress: (filled: number) => void = () => {},
): Promise<void> {
  const prefix = `${REDIS_PREFIX}${revocationKey('jti', issuer, 'bad-')}`;
  const until = `${Math.floor(Date.now() / 1000) + LIVE_SECONDS}`;
  for (let from = 1; from <= count; from += PER_CALL) {
    const to = Math.min(from + PER_CALL - 1, count);
    await client.sendCommand(['EVAL', FILL, '0', prefix, `${from}`, `${to}`, until]);
    progress(to);
  }
}
