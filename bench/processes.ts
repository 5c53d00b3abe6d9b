import { type ChildProcess, fork, spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { createConnection } from 'node:net';
import { cpus } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { LoadOrder, LoadReport } from './load.ts';

/** The gateway has a core of its own; load, origin and Redis share the other. */
const GATEWAY_CORE = '0';
const OTHER_CORE = '1';
export const PINNED = process.platform === 'linux' && existsSync('/usr/bin/taskset') && cpus().length > 1;

const running = new Set<ChildProcess>();
process.on('exit', () => {
  for (const child of running) child.kill();
});
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => process.exit(130));

/** Ends the child with the bench, however that ends. */
export function keep(child: ChildProcess): ChildProcess {
  running.add(child);
  child.once('exit', () => running.delete(child));
  return child;
}

const pinned = (core: string, command: string, args: readonly string[]): [string, string[]] =>
  PINNED ? ['/usr/bin/taskset', ['-c', core, command, ...args]] : [command, [...args]];

export interface Server {
  readonly pid: number;
  readonly port: number;
  stop(): void;
}

export const workerdBinary = (): string =>
  (createRequire(import.meta.url)('workerd') as { default: string }).default;

/** Starts bare `workerd serve` on the gateway's core; its log goes nowhere unless `onLog` wants it. */
export async function startWorkerd(configFile: string): Promise<Server> {
  const [command, args] = pinned(GATEWAY_CORE, workerdBinary(), [
    'serve',
    '--control-fd=3',
    configFile,
    'config',
  ]);
  const child = keep(spawn(command, args, { stdio: ['ignore', 'ignore', 'pipe', 'pipe'] }));
  return listening(child);
}

/** The port that a workerd with a control pipe reports. Throws with its last words when it reports none. */
export async function listening(child: ChildProcess): Promise<Server> {
  let errors = '';
  child.stderr?.setEncoding('utf8').on('data', (chunk: string) => {
    errors = (errors + chunk).slice(-4000);
  });
  const control = child.stdio[3];
  if (control === null || control === undefined || !('read' in control)) throw new Error('no control pipe');
  for await (const line of createInterface({ input: control })) {
    const message = JSON.parse(line) as { event: string; socket: string; port: number };
    if (message.event === 'listen' && message.socket === 'http') {
      return { pid: child.pid ?? 0, port: message.port, stop: () => void child.kill() };
    }
  }
  throw new Error(`workerd did not start:\n${errors}`);
}

const START_MILLISECONDS = 10_000;

/**
 * Starts a foreground program on the gateway's core, resolved once `port` of loopback takes connections. It must
 * serve from the process started, not from forks of it: CPU and memory are read from that one.
 */
export async function startProgram(
  command: string,
  args: readonly string[],
  { port, env }: { readonly port: number; readonly env?: Readonly<Record<string, string>> },
): Promise<Server> {
  const [program, all] = pinned(GATEWAY_CORE, command, args);
  const child = keep(
    spawn(program, all, { stdio: ['ignore', 'ignore', 'pipe'], env: { ...process.env, ...env } }),
  );
  let errors = '';
  let over = false;
  child.stderr?.setEncoding('utf8').on('data', (chunk: string) => {
    errors = (errors + chunk).slice(-4000);
  });
  child.once('error', (error) => {
    errors += String(error);
    over = true;
  });
  child.once('close', () => {
    over = true;
  });
  const deadline = Date.now() + START_MILLISECONDS;
  while (!over && Date.now() < deadline) {
    const taken = await takesConnections(port);
    if (taken && !over) return { pid: child.pid ?? 0, port, stop: () => void child.kill() };
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  child.kill();
  throw new Error(`${command} did not start:\n${errors}`);
}

const takesConnections = (port: number): Promise<boolean> =>
  new Promise((resolve) => {
    const socket = createConnection(port, '127.0.0.1');
    const end = (taken: boolean) => {
      socket.destroy();
      resolve(taken);
    };
    socket.once('connect', () => end(true)).once('error', () => end(false));
  });

/** Starts a script of this folder that prints its port first, on the other core. */
export async function startScript(name: string, args: readonly string[] = []): Promise<Server> {
  const [command, all] = pinned(OTHER_CORE, process.execPath, [join(import.meta.dirname, name), ...args]);
  const child = keep(spawn(command, all, { stdio: ['ignore', 'pipe', 'inherit'] }));
  if (child.stdout === null) throw new Error('no output');
  for await (const line of createInterface({ input: child.stdout })) {
    return { pid: child.pid ?? 0, port: Number(line), stop: () => void child.kill() };
  }
  throw new Error(`${name} did not start`);
}

/** The load generator, on the other core. Orders run one at a time. */
export class Load {
  readonly #child: ChildProcess;

  constructor() {
    const file = join(import.meta.dirname, 'load.ts');
    this.#child = keep(
      PINNED
        ? fork(file, [], { execPath: '/usr/bin/taskset', execArgv: ['-c', OTHER_CORE, process.execPath] })
        : fork(file),
    );
  }

  run(order: LoadOrder): Promise<LoadReport> {
    return new Promise((resolve, reject) => {
      this.#child.once('message', (answer: LoadReport | { error: string }) =>
        'error' in answer ? reject(new Error(answer.error)) : resolve(answer),
      );
      this.#child.send(order);
    });
  }

  stop(): void {
    this.#child.kill();
  }
}

const TICK_MICROSECONDS = 10_000;

/** CPU time a process has used, by the operating system's accounting. Microseconds; undefined elsewhere than Linux. */
export async function cpuMicroseconds(pid: number): Promise<number | undefined> {
  try {
    const stat = await readFile(`/proc/${pid}/stat`, 'utf8');
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    return (Number(fields[11]) + Number(fields[12])) * TICK_MICROSECONDS;
  } catch {
    return undefined;
  }
}

/** Resident memory in MiB. */
export async function residentMebibytes(pid: number): Promise<number | undefined> {
  try {
    const status = await readFile(`/proc/${pid}/status`, 'utf8');
    return Number(/VmRSS:\s+(\d+)/.exec(status)?.[1]) / 1024;
  } catch {
    return undefined;
  }
}

/** Ticks of all cores and those stolen by other guests of the host. */
export async function stolenTicks(): Promise<{ all: number; stolen: number }> {
  try {
    const [line = ''] = (await readFile('/proc/stat', 'utf8')).split('\n');
    const ticks = line.trim().split(/\s+/).slice(1, 9).map(Number);
    return { all: ticks.reduce((a, b) => a + b, 0), stolen: ticks[7] ?? 0 };
  } catch {
    return { all: 1, stolen: 0 };
  }
}
