import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { request as httpRequest, type IncomingMessage } from 'node:http';
import { request as httpsRequest } from 'node:https';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { stripVTControlCharacters } from 'node:util';
import type { WorkerAddress } from './worker-address.ts';

export interface WranglerOptions {
  readonly config: string;
  /** One of the file's. */
  readonly environment?: string;
  readonly port: number;
  readonly address: WorkerAddress;
  /** Read instead of `.dev.vars`; a later one wins. */
  readonly envFiles: readonly string[];
  /** Where its storage is kept: two processes would lock each other out of one. */
  readonly storageDirectory: string;
  /** By which the Workers of one demo find each other, and no other. */
  readonly registryDirectory: string;
  /** A line the Worker logged, or an error of Wrangler's. */
  readonly onLine: (line: string) => void;
}

export interface RunningWorker {
  /** Resolves when the Worker is healthy; rejects with what Wrangler said when it gives up or cannot build. */
  readonly ready: Promise<void>;
  /** Resolves with a description when the process ends, however it ends. */
  readonly ended: Promise<string>;
  /** Ends the process and all of its children. */
  stop(): Promise<void>;
  /** The same, at once and without waiting: for the last moment of this process. */
  kill(): void;
}

const STOP_GRACE_MS = 5_000;
const START_TIMEOUT_MS = 60_000;
/** Both Workers answer there. */
const HEALTH_PATH = '/.portcullis/health';

/** What Wrangler says about itself; the rest is the Worker's, or an error. */
const CHATTER =
  /^\s*$|^\[wrangler:info\]|^⎔ |^Your Worker has access|^Binding\b.*\bResource\b|^env\.|^Service bindings, Durable|^Using secrets defined in|^ ⛅️|^─+$/u;
const BUILD_FAILURE = /✘.*ERROR/;

/** The wrangler of the project one stands in; it is that project's dependency, not ours. */
function wranglerCli(): string {
  const project = createRequire(join(process.cwd(), 'package.json'));
  return join(project.resolve('wrangler/package.json'), '../bin/wrangler.js');
}

/** Runs one Worker in `wrangler dev`, local only: no account, no metrics, no look-ups on the internet. */
export function startWorker(options: WranglerOptions): RunningWorker {
  // It sends one message over IPC, when its port answers.
  const child = spawn(process.execPath, [wranglerCli(), ...flags(options)], {
    stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
    // A process group of its own: Ctrl-C in a terminal is ours to handle, and the group ends as a whole.
    detached: true,
    env: {
      ...process.env,
      CLOUDFLARE_CF_FETCH_ENABLED: 'false',
      WRANGLER_SEND_METRICS: 'false',
      WRANGLER_SEND_ERROR_REPORTS: 'false',
      // Without its banner Wrangler does not ask the registry for a newer version either.
      WRANGLER_HIDE_BANNER: 'true',
      WRANGLER_WRITE_LOGS: 'false',
      WRANGLER_REGISTRY_PATH: options.registryDirectory,
    },
  });
  let stopping = false;
  const ended = once(child, 'exit').then(([code, signal]) =>
    signal ? `signal ${signal}` : `exit code ${code}`,
  );

  const said: string[] = [];
  let isReady = false;
  const ready = new Promise<void>((resolve, reject) => {
    const fail = (why: string) => reject(new Error([why, ...said].join('\n')));
    for (const stream of [child.stdout, child.stderr]) {
      if (!stream) continue;
      createInterface({ input: stream }).on('line', (coloured) => {
        const line = process.stdout.isTTY ? coloured : stripVTControlCharacters(coloured);
        if (stopping || CHATTER.test(line)) return;
        if (isReady) return options.onLine(line);
        said.push(line);
        // Wrangler would wait for the file to change; the cause is in the lines that follow.
        if (BUILD_FAILURE.test(line)) setTimeout(fail, 500, 'wrangler dev cannot build the Worker:');
      });
    }
    // Wrangler's proxy listens before the Worker is there, and holds requests until it is.
    child.once('message', () => {
      healthy(options).then(
        () => {
          isReady = true;
          resolve();
        },
        (cause) => fail(`${cause.message}:`),
      );
    });
    void ended.then((how) => fail(`wrangler dev ended (${how}):`));
  });
  // Whoever stops a Worker before it is ready does not wait for it.
  ready.catch(() => undefined);

  return {
    ready,
    ended,
    async stop() {
      stopping = true;
      if (child.exitCode === null && child.signalCode === null) {
        child.kill('SIGTERM');
        const timer = setTimeout(() => killGroup(child), STOP_GRACE_MS);
        await ended;
        clearTimeout(timer);
      }
      killGroup(child);
    },
    kill: () => killGroup(child),
  };
}

/** A certificate that wrangler has signed itself is good enough for loopback. */
async function healthy({ address: { protocol, url } }: WranglerOptions): Promise<void> {
  const get = protocol === 'https' ? httpsRequest : httpRequest;
  const request = get(`${url}${HEALTH_PATH}`, {
    rejectUnauthorized: false,
    signal: AbortSignal.timeout(START_TIMEOUT_MS),
  }).end();
  const [response]: IncomingMessage[] = await once(request, 'response');
  response?.resume();
  if (response?.statusCode !== 200) throw new Error(`${url}${HEALTH_PATH} answers ${response?.statusCode}`);
}

function flags({
  config,
  environment,
  port,
  address,
  envFiles,
  storageDirectory,
}: WranglerOptions): readonly string[] {
  return [
    'dev',
    ...['--config', config, '--ip', address.ip, '--port', `${port}`],
    ...['--local-protocol', address.protocol],
    ...(environment === undefined ? [] : ['--env', environment]),
    ...['--inspector-ip', '127.0.0.1', '--inspector-port', '0'],
    ...['--persist-to', storageDirectory],
    ...envFiles.flatMap((file) => ['--env-file', file]),
    '--show-interactive-dev-session=false',
  ];
}

/** workerd and esbuild, should Wrangler have left them behind. */
function killGroup(child: ChildProcess): void {
  if (child.pid === undefined) return;
  try {
    process.kill(-child.pid, 'SIGKILL');
  } catch {
    // ESRCH: nobody is left.
  }
}
