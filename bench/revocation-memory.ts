/**
 * What a replica of N live revocations costs: memory of the isolate and time until it serves, from a real Redis
 * through the REST protocol. `node bench/revocation-memory.ts [N …]`.
 */
import { readFile } from 'node:fs/promises';
import type { RevocationRoomStatus } from '../src/revocation/check.ts';
import { ISSUER } from '../test/fixtures/policies.ts';
import { ask, pause, startColony, startDenyList } from './revocation/colony.ts';
import { fillRevocations } from './revocation/fill.ts';

const sizes = process.argv.slice(2).map(Number);
const SIZES = sizes.length > 0 ? sizes : [10_000, 100_000, 1_000_000];

interface Usage {
  readonly residentMebibytes: number;
  readonly peakMebibytes: number;
  readonly cpuMs: number;
}

async function usageOf(pid: number): Promise<Usage> {
  const status = await readFile(`/proc/${pid}/status`, 'utf8');
  const stat = await readFile(`/proc/${pid}/stat`, 'utf8');
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  const mebibytes = (name: string) => Number(new RegExp(`${name}:\\s+(\\d+)`).exec(status)?.[1]) / 1024;
  return {
    residentMebibytes: mebibytes('VmRSS'),
    peakMebibytes: mebibytes('VmHWM'),
    cpuMs: (Number(fields[11]) + Number(fields[12])) * 10,
  };
}

const statusOf = async (port: number) =>
  (await (await fetch(`http://127.0.0.1:${port}/status`)).json()) as RevocationRoomStatus;

const question = (jti: string) => ({ jti, mode: 'replicated', bound: 60 });

async function measure(count: number) {
  const denyList = await startDenyList();
  try {
    await fillRevocations(denyList.client, ISSUER, count);
    const begun = performance.now();
    await denyList.store.maintain?.(Date.now() / 1000);
    const snapshotMs = performance.now() - begun;
    const reads = await denyList.reads();

    const colony = await startColony(denyList.url, 1, false);
    try {
      const [port = 0] = colony.ports;
      await ask(port, { ...question('warm-up'), mode: 'off' });
      const before = await usageOf(colony.pid);
      const started = performance.now();
      await ask(port, question('good'));
      while ((await statusOf(port)).replica?.state !== 'ready') await pause(20);
      const loadMs = performance.now() - started;
      const after = await usageOf(colony.pid);
      const { replica } = await statusOf(port);
      if (replica?.records !== count) throw new Error(`replica holds ${replica?.records} of ${count}`);
      for (const [jti, status] of [
        ['bad-1', 401],
        [`bad-${count}`, 401],
        ['good', 200],
      ] as const) {
        const answer = await ask(port, question(jti));
        if (answer !== status) throw new Error(`${jti}: ${answer}`);
      }
      return {
        revocations: count,
        tableMebibytes: round((replica?.bytes ?? 0) / 2 ** 20),
        addedMebibytes: round(after.residentMebibytes - before.residentMebibytes),
        peakMebibytes: round(after.peakMebibytes - before.residentMebibytes),
        loadMs: Math.round(loadMs),
        loadCpuMs: Math.round(after.cpuMs - before.cpuMs),
        commands: (await denyList.reads()) - reads,
        snapshotMs: Math.round(snapshotMs),
      };
    } finally {
      await colony.stop();
    }
  } finally {
    await denyList.stop();
  }
}

const round = (value: number) => Math.round(value * 10) / 10;

for (const size of SIZES) console.log(JSON.stringify(await measure(size)));
