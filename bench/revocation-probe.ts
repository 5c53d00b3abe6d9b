/**
 * Time to enforce: revokes, then asks many isolates until each refuses, for every mode. Also what a request costs in
 * each mode: reads of Redis per 1,000 and added latency. `node bench/revocation-probe.ts [isolates] [rounds]`.
 */
import { ISSUER } from '../test/fixtures/policies.ts';
import { aRevocation } from '../test/fixtures/revocation.ts';
import { ask, pause, quantile, startColony, startDenyList } from './revocation/colony.ts';

const ISOLATES = Number(process.argv[2] ?? 10);
const ROUNDS = Number(process.argv[3] ?? 5);
const ASK_EVERY_MS = 20;
const BOUND = 5;

const CASES = [
  { name: 'strict', mode: 'strict', bound: 0, colo: false },
  { name: 'cached 5s', mode: 'cached', bound: BOUND, colo: false },
  { name: 'replicated 5s', mode: 'replicated', bound: BOUND, colo: false },
  { name: 'replicated 5s, one colo', mode: 'replicated', bound: BOUND, colo: true },
] as const;

type Case = (typeof CASES)[number];
type DenyList = Awaited<ReturnType<typeof startDenyList>>;

const jtiOf = (value: string) => ({ kind: 'jti', issuer: ISSUER, value }) as const;
const inAnHour = () => Date.now() / 1000 + 3_600;

/** Seconds from the stored revocation to the first refusal, for every isolate and round. */
async function timesToEnforce(denyList: DenyList, ports: readonly number[], { mode, bound }: Case) {
  const times: number[] = [];
  for (let round = 0; round < ROUNDS; round++) {
    const jti = crypto.randomUUID();
    const question = { jti, mode, bound };
    let stored = Number.POSITIVE_INFINITY;
    const probes = ports.map(async (port) => {
      await pause(Math.random() * bound * 500);
      for (;;) {
        const asked = performance.now();
        const status = await ask(port, question);
        if (status === 401) return (performance.now() - stored) / 1000;
        if (status !== 200) throw new Error(`${mode}: ${status}`);
        if (asked - stored > (bound + 2) * 1000)
          throw new Error(`${mode}: still accepted after ${bound + 2} s`);
        await pause(ASK_EVERY_MS);
      }
    });
    await pause(bound * 1000 + Math.random() * bound * 500 + 200);
    await denyList.store.revoke([aRevocation(jtiOf(jti), inAnHour())]);
    stored = performance.now();
    times.push(...(await Promise.all(probes)));
  }
  return times.map((time) => Math.max(time, 0));
}

/** 100 hot tokens on one isolate, one request after the other: reads per 1,000 requests, and latency. */
async function cost(denyList: DenyList, port: number, { mode, bound }: { mode: string; bound: number }) {
  const question = (index: number) => ({ jti: `hot-${index % 100}`, mode, bound });
  for (let index = 0; index < 200; index++) await ask(port, question(index));
  const before = await denyList.reads();
  const times: number[] = [];
  const end = performance.now() + 6_000;
  for (let index = 0; performance.now() < end; index++) {
    const started = performance.now();
    await ask(port, question(index));
    times.push(performance.now() - started);
  }
  const reads = (await denyList.reads()) - before;
  return { perThousand: (reads / times.length) * 1_000, p50: quantile(times, 0.5), rate: times.length / 6 };
}

const rows = [];
for (const each of CASES) {
  const denyList = await startDenyList();
  const colony = await startColony(denyList.url, ISOLATES, each.colo);
  try {
    await denyList.store.maintain?.(Date.now() / 1000);
    const times = await timesToEnforce(denyList, colony.ports, each);
    const [port = 0] = colony.ports;
    const { p50: off } = await cost(denyList, port, { mode: 'off', bound: 0 });
    const { perThousand, p50, rate } = await cost(denyList, port, each);
    rows.push({
      mode: each.name,
      'p50 s': quantile(times, 0.5).toFixed(3),
      'p90 s': quantile(times, 0.9).toFixed(3),
      'p99 s': quantile(times, 0.99).toFixed(3),
      'max s': Math.max(...times).toFixed(3),
      probes: times.length,
      'reads / 1,000': perThousand.toFixed(2),
      'at requests / s': Math.round(rate),
      'added p50 ms': (p50 - off).toFixed(3),
    });
  } finally {
    await colony.stop();
    await denyList.stop();
  }
}
console.log(`Time to enforce: ${ISOLATES} isolates, ${ROUNDS} rounds, each asked every ${ASK_EVERY_MS} ms`);
console.table(rows);
