import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { keep, listening, type Server, workerdBinary } from './processes.ts';
import type { Runtime } from './workers.ts';

/**
 * Compiles at once and on the main thread what otherwise takes 17,000 requests and another thread, and keeps the
 * garbage collector out of the window: what is counted is the work of the requests alone.
 */
const V8_FLAGS = [
  '--no-concurrent-recompilation',
  '--invocation-count-for-turbofan=1500',
  '--min-semi-space-size=256',
  '--max-semi-space-size=256',
];

export const CALLGRIND_INSTALLED = existsSync('/usr/bin/valgrind');

const COUNTED = /Collected : (\d+)/;
const running = new Map<Server, { child: ChildProcess; said: string }>();

/** Runs workerd under valgrind's callgrind, which counts the instructions of all its threads in user space. */
export const callgrind = (folder: string): Runtime => ({
  v8Flags: V8_FLAGS,
  async start(configFile) {
    const child = keep(
      spawn(
        'valgrind',
        [
          '--tool=callgrind',
          '--instr-atstart=no',
          '--smc-check=all-non-file',
          `--callgrind-out-file=${join(folder, 'callgrind.out')}`,
          workerdBinary(),
          ...['serve', '--control-fd=3', configFile, 'config'],
        ],
        { stdio: ['ignore', 'ignore', 'pipe', 'pipe'] },
      ),
    );
    const state = { child, said: '' };
    child.stderr?.on('data', (chunk: Buffer) => {
      state.said = (state.said + chunk.toString('utf8')).slice(-4_000);
    });
    const server = await listening(child);
    running.set(server, state);
    return server;
  },
});

/** Counts what the server executes while `work` runs, then ends the server. Works once for a server. */
export async function instructions(server: Server, work: () => Promise<void>): Promise<number> {
  const state = running.get(server);
  if (state === undefined) throw new Error('not started under callgrind');
  const switchTo = (onOrOff: 'on' | 'off') =>
    promisify(execFile)('callgrind_control', ['-i', onOrOff, String(server.pid)]);
  await switchTo('on');
  await work();
  await switchTo('off');
  const ended = new Promise((resolve) => state.child.once('close', resolve));
  server.stop();
  await ended;
  running.delete(server);
  const counted = COUNTED.exec(state.said)?.[1];
  if (counted === undefined) throw new Error(`callgrind counted nothing:\n${state.said}`);
  return Number(counted);
}
