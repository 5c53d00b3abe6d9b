/**
 * Predicts the reads of Redis per million requests and the time to enforce, for 1 … 10,000 isolates, and checks the
 * prediction against a small case that it measures: `node bench/revocation-model.ts [--no-check]`.
 */
import { ask, pause, startColony, startDenyList } from './revocation/colony.ts';
import { type Deployment, predict } from './revocation/model.ts';

const MODES = ['strict', 'cached', 'replicated'] as const;
const ROUND_TRIP = 0.01;

const table = (rate: number, tokens: number, bound: number) =>
  [1, 10, 100, 1_000, 10_000].flatMap((isolates) =>
    MODES.map((mode) => {
      const isolatesPerColo = Math.min(isolates, 10);
      const deployment = { mode, rate, isolates, isolatesPerColo, tokens, bound, roundTrip: ROUND_TRIP };
      const { commandsPerMillion, meanSeconds, worstSeconds } = predict(deployment);
      return {
        isolates,
        mode,
        'commands / 10⁶ requests': Math.round(commandsPerMillion),
        'mean s to enforce': Number(meanSeconds.toFixed(2)),
        'worst s': worstSeconds,
      };
    }),
  );

console.log('10,000 requests a second, 1,000 tokens in use, max_staleness 5 s, 10 isolates to a colo');
console.table(table(10_000, 1_000, 5));

/** Sends requests at the deployment's rate for `seconds`; reads of Redis per million requests. */
async function measure(deployment: Deployment, seconds: number): Promise<number> {
  const { mode, rate, isolates, tokens, bound } = deployment;
  const denyList = await startDenyList();
  const colony = await startColony(denyList.url, isolates, deployment.isolatesPerColo > 1);
  try {
    await denyList.store.maintain?.(Date.now() / 1000);
    const any = (count: number) => Math.floor(Math.random() * count);
    const one = () => ask(colony.ports[any(isolates)] ?? 0, { jti: `id-${any(tokens)}`, mode, bound });
    let sent = 0;
    async function send(until: number): Promise<void> {
      const begun = performance.now();
      const pending: Promise<number>[] = [];
      let started = 0;
      while (performance.now() < until) {
        const due = ((performance.now() - begun) / 1000) * rate;
        while (started < due) {
          pending.push(one());
          started++;
        }
        await pause(1);
      }
      const statuses = await Promise.all(pending);
      if (statuses.some((status) => status !== 200)) throw new Error(`${mode}: not all requests passed`);
      sent = started;
    }
    await send(performance.now() + bound * 1500);
    const before = await denyList.reads();
    await send(performance.now() + seconds * 1000);
    return (((await denyList.reads()) - before) / sent) * 1e6;
  } finally {
    await colony.stop();
    await denyList.stop();
  }
}

if (!process.argv.includes('--no-check')) {
  console.log('Measured against predicted: 4 isolates, 400 requests a second, 50 tokens, max_staleness 2 s');
  const rows = [];
  for (const mode of MODES) {
    for (const isolatesPerColo of mode === 'replicated' ? [1, 4] : [1]) {
      const deployment = {
        mode,
        rate: 400,
        isolates: 4,
        isolatesPerColo,
        tokens: 50,
        bound: 2,
        roundTrip: 0.005,
      };
      const measured = await measure(deployment, 10);
      rows.push({
        mode: isolatesPerColo > 1 ? `${mode}, one colo` : mode,
        'predicted / 10⁶': Math.round(predict(deployment).commandsPerMillion),
        'measured / 10⁶': Math.round(measured),
      });
    }
  }
  console.table(rows);
}
