import { argumentsOrExit } from '../../src/cli/arguments.ts';
import { redisIsThere } from '../fixtures/redis-server.ts';
import { alarmMistakes, messagesOf } from './alarms.ts';
import { kindsOf } from './kinds.ts';
import { expectedAlarms, paceOf } from './pace.ts';
import { startStack } from './stack.ts';
import { scrape, sum, Tally } from './tally.ts';
import { timetable } from './timetable.ts';
import { Tokens } from './tokens.ts';
import { Traffic } from './traffic.ts';

/**
 * Mixed load on the three built Workers while one part after another fails: issuers down, Redis silent and then empty,
 * forged, foreign and expired tokens, a refresh token used again, a proxy that keeps answers for the canary, an origin that
 * answers 503, the objects that count and that keep alarms crashed, the first of them full, every process ended. Then each alarm must have begun once and ended once, the metrics must be
 * what was sent to the last request, and no answer may be there that no fault explains.
 */
const values = argumentsOrExit(
  { minutes: { type: 'string' } },
  'npm run test:faults -- --minutes 10 (from 1.2 on; below 10 windows and thresholds shrink with it)',
);
const minutes = Number(values.minutes ?? 10);
if (!(minutes >= 1.2 && minutes <= 60)) {
  console.error('--minutes is a number from 1.2 to 60.');
  process.exit(2);
}
if (!redisIsThere()) {
  console.error('This machine has no Redis: nothing was tried.');
  process.exit(3);
}

const pace = paceOf(minutes);
const begun = Date.now();
const say = (what: string) =>
  console.log(`${((Date.now() - begun) / 1e3).toFixed(1).padStart(6)} s  ${what}`);
const pauseFor = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

/** Polls until it holds; false: it did not in that time. */
async function within(ms: number, holds: () => Promise<boolean>): Promise<boolean> {
  for (const deadline = Date.now() + ms; ; await pauseFor(250)) {
    if (await holds().catch(() => false)) return true;
    if (Date.now() > deadline) return false;
  }
}

const tally = new Tally(Math.max(pace.unitMs, 5_000));
const stack = await startStack(pace, tally);
const tokens = new Tokens(stack, tally);
const traffic = new Traffic(stack, tally, kindsOf(stack, tokens));
let running = true;

/** A turn that comes while Workers are down is left out. */
async function regularly(everyMs: number, what: () => Promise<unknown>): Promise<void> {
  while (running) {
    await what().catch(() => undefined);
    await pauseFor(everyMs);
  }
}

let told = 0;
async function tellMessages(): Promise<void> {
  const messages = messagesOf(stack.receiver.received);
  for (const { turn, alarm } of messages.slice(told)) say(`    ${turn} ${alarm}`);
  told = messages.length;
}

const counted = () => within(60_000, async () => tally.differences(await scrape(stack)).length === 0);

try {
  await tokens.begin();
  const loops = [
    regularly(pace.unitMs / 2, () => stack.gateway.scheduled()),
    regularly(Math.min(2 * pace.unitMs, 15_000), () => traffic.alongside(() => tokens.renew())),
    regularly(1_000, tellMessages),
  ];
  await timetable({
    stack,
    tally,
    tokens,
    traffic,
    say,
    counted,
    unitMs: pace.unitMs,
    wait: (units) => pauseFor(units * pace.unitMs),
  });
  const wanted = 2 * sum(new Map(Object.entries(expectedAlarms(pace))));
  await within(12 * pace.unitMs + 30_000, async () => messagesOf(stack.receiver.received).length >= wanted);
  // Whatever else would turn has the time to.
  await pauseFor(2 * pace.unitMs);
  await traffic.stop();
  running = false;
  await Promise.all(loops);
  const same = await counted();
  const shown = await scrape(stack);
  const mistakes = [
    ...tally.mistakes,
    ...(same ? [] : tally.differences(shown)),
    ...alarmMistakes(stack.receiver.received, expectedAlarms(pace)),
  ];
  say(`${traffic.sent} requests sent, ${sum(shown.requests)} counted, ${shown.lost} lost`);
  for (const [key, count] of [...shown.requests].sort()) console.log(`          ${count}  ${key}`);
  const messages = messagesOf(stack.receiver.received);
  for (const [key, count] of [...shown.tokenService].sort())
    console.log(`          ${count}  token service ${key}`);
  say(`${messages.length} messages of ${new Set(messages.map(({ alarm }) => alarm)).size} alarms`);
  for (const mistake of new Set(mistakes)) console.error(`MISTAKE: ${mistake}`);
  process.exitCode = mistakes.length === 0 ? 0 : 1;
} finally {
  running = false;
  await traffic.stop();
  await stack.stop();
}
