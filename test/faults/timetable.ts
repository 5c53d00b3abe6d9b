import { seriesKey } from '../../src/metrics/batch.ts';
import { MAX_SERIES } from '../../src/metrics/sums.ts';
import { MAX_TOTAL_SERIES } from '../../src/metrics/totals.ts';
import { echo as healthy, reply } from '../fixtures/origin.ts';
import type { Stack } from './stack.ts';
import type { Tally } from './tally.ts';
import type { Tokens } from './tokens.ts';
import type { Traffic } from './traffic.ts';

const unavailable = reply(503, [], 'not now');

interface Run {
  /** How long one of them is. */
  readonly unitMs: number;
  readonly stack: Stack;
  readonly tally: Tally;
  readonly tokens: Tokens;
  readonly traffic: Traffic;
  readonly say: (what: string) => void;
  /** In twentieths of the run. */
  readonly wait: (units: number) => Promise<unknown>;
  /** Whether everything sent so far has been counted, once it has or a minute is over. */
  readonly counted: () => Promise<boolean>;
}

/** One fault after another, under load. */
export async function timetable(run: Run): Promise<void> {
  const { stack, traffic, wait, say } = run;
  say('load alone');
  traffic.start('open', 'orders', 'anonymous', 'fragile', 'strict', 'revoked', 'replicated');
  await wait(2);
  await issuersDown(run);
  await wait(0.5);
  await redisGone(run);
  await wait(0.5);
  say('forged and foreign tokens');
  traffic.start('forged', 'foreign');
  await wait(1.5);
  say('expired tokens');
  traffic.start('expired');
  await wait(0.5);
  say('an answer is kept before the gateway');
  stack.front.keepNextAnswer();
  await wait(2);
  traffic.end('forged', 'foreign', 'expired');
  say('good tokens again');
  await wait(0.5);
  await originFailing(run);
  await countsFull(run);
}

async function issuersDown({ stack, tally, tokens, wait, say, unitMs }: Run): Promise<void> {
  say('issuers down');
  tally.begin('issuers');
  await Promise.all([stack.lasting.refuse(), stack.fragile.refuse()]);
  await wait(1);
  say('a refresh token is used again');
  await tokens.reuse();
  await wait(0.5);
  say('the object that counts crashes');
  await stack.gateway.crash('METRICS');
  await wait(1);
  say('it crashes, and stays down for a while');
  await stack.gateway.crash('METRICS', 1.2 * unitMs);
  await wait(1.5);
  await Promise.all([stack.lasting.resume(), stack.fragile.resume()]);
  tally.end('issuers');
  say('issuers up');
}

async function redisGone({ stack, tally, tokens, traffic, wait, say, counted }: Run): Promise<void> {
  const login = await tokens.another();
  say('Redis silent');
  tally.begin('redis');
  stack.redis.pause();
  await wait(0.7);
  say('a login is ended');
  await tokens.end(login);
  await wait(1.8);
  stack.redis.resume();
  say('Redis answers');
  await wait(0.3);
  // What was revoked is gone with it.
  traffic.end('revoked');
  await stack.emptyRedis();
  say('Redis empty');
  await wait(0.5);
  await Promise.all([traffic.pause(), stack.front.pause()]);
  if (!(await counted())) tally.mistakes.push('before the restart: not everything was counted');
  await stack.restart();
  traffic.resume();
  stack.front.resume();
  say('every Worker restarted');
  await wait(1.5);
  const { status } = await stack.admin('/v1/store/adopt');
  if (status !== 200) tally.mistakes.push(`adopting was answered ${status}`);
  await tokens.revoke();
  tally.end('redis');
  traffic.start('revoked');
  say('Redis adopted');
}

async function originFailing({ stack, tally, wait, say }: Run): Promise<void> {
  say('the origin answers 503');
  tally.begin('origin');
  stack.origin.respondWith((socket, request) =>
    (request.target.startsWith('/open') ? unavailable : healthy)(socket, request),
  );
  await wait(1);
  say('the object that keeps alarms crashes');
  await stack.gateway.crash('ALARMS');
  await wait(1);
  stack.origin.respondWith(healthy);
  tally.end('origin');
  say('the origin is well');
}

/** What a gateway of another version counted, whose requests had other labels, leaves no place for more. */
async function countsFull({ stack, tally, say }: Run): Promise<void> {
  say('there is no place for more series');
  tally.othersLost = true;
  for (let from = 0; from <= MAX_TOTAL_SERIES; from += MAX_SERIES) {
    const sums = Array.from({ length: MAX_SERIES }, (_, i) => [
      seriesKey('portcullis_requests', [`route-${from + i}`]),
      [1],
    ]);
    await stack.gateway.metrics('add', { isolate: `full-${from}`, sequence: 1, sums });
  }
}
