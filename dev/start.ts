import { isIP } from 'node:net';
import { join, resolve } from 'node:path';
import { readArguments } from '../src/cli/arguments.ts';
import { EXIT, UsageError } from '../src/cli/command.ts';
import { LOOPBACK, workerAddress, workerFile } from '../src/cli/dev/worker-address.ts';
import { type Addresses, addressesFrom, parsePort } from './addresses.ts';
import { banner } from './banner.ts';
import { filesAreSound } from './check-files.ts';
import { RedisNotInstalled } from './redis/server.ts';
import { type StackOptions, startStack } from './stack.ts';
import { isTaken, listenerOn } from './taken-port.ts';

const USAGE = `Starts the gateway, the control Worker, the token service, a login provider and an origin, on loopback unless told otherwise.

  npm run dev                  deny-list in the embedded store (a Durable Object)
  npm run dev:redis            deny-list in Redis: redis-server or valkey-server, or the one REDIS_URL names

  -- --ip 0.0.0.0              where the gateway listens, instead of [dev] ip in wrangler.toml
  -- --port 9000               six ports from this one on, instead of 8787 to 8792
  -- --state <directory>       keep local state there, instead of in .wrangler`;

interface Trouble {
  readonly trouble: string;
}

const root = resolve(import.meta.dirname, '..');

async function main(): Promise<number> {
  const { values } = readArguments(process.argv.slice(2), {
    ip: { type: 'string' },
    port: { type: 'string' },
    redis: { type: 'boolean', default: false },
    state: { type: 'string', default: join(root, '.wrangler') },
    help: { type: 'boolean', short: 'h', default: false },
  });
  if (values.help) {
    console.log(USAGE);
    return 0;
  }
  const addresses = addressesFrom(parsePort(values.port));
  const store: StackOptions['store'] = values.redis
    ? { kind: 'redis', redisUrl: process.env.REDIS_URL || undefined }
    : { kind: 'embedded' };
  const ip = parseIp(values.ip);
  const options = { addresses, store, ip, root, stateDirectory: resolve(values.state), onLine: printLine };
  await using resources = new AsyncDisposableStack();
  const outcome = await Promise.race([runUntilTrouble(options, resources), stopSignal()]);
  if (outcome === 'stopped') {
    console.log('\nStopped.');
    return 0;
  }
  console.error(outcome.trouble);
  return 1;
}

async function runUntilTrouble(options: StackOptions, resources: AsyncDisposableStack): Promise<Trouble> {
  const { addresses, store, root, ip } = options;
  if (!(await filesAreSound(root)))
    return { trouble: 'The configuration is not valid; nothing was started.' };
  const { ip: gatewayIp } = workerAddress(workerFile(root, 'wrangler'), addresses.gateway, ip);
  const taken = await takenPorts(addresses, store.kind === 'redis', gatewayIp);
  if (taken.length > 0) {
    return {
      trouble: [...taken, 'End it, or choose six other ports: npm run dev -- --port 9000'].join('\n'),
    };
  }
  console.log(
    'Starting the gateway, the control Worker, the token service, a login provider and an origin …',
  );
  const stack = await startStack(options, resources);
  console.log(await banner(options));
  return { trouble: `\n${await stack.failed}; ending the rest.` };
}

/** The first signal asks; a second one does not wait. */
function stopSignal(): Promise<'stopped'> {
  return new Promise((resolveStop) => {
    let asked = false;
    const stop = () => {
      if (asked) process.exit(130);
      asked = true;
      resolveStop('stopped');
    };
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, stop);
    // npm keeps signals meant for it from its script, which would stay behind.
    const parent = process.ppid;
    const orphaned = () => process.ppid !== parent && stop();
    if (process.env.npm_lifecycle_event !== undefined) setInterval(orphaned, 500).unref();
  });
}

/** Parts of which the name says too little. */
const SHOWN: Readonly<Record<string, string>> = { issuer: 'token service', provider: 'login provider' };

/** One line each. */
async function takenPorts(
  addresses: Addresses,
  withBridge: boolean,
  gatewayIp: string,
): Promise<readonly string[]> {
  const taken: string[] = [];
  for (const [part, port] of Object.entries(addresses)) {
    const ip = part === 'gateway' ? gatewayIp : LOOPBACK;
    if ((part === 'bridge' && !withBridge) || !(await isTaken(port, ip))) continue;
    taken.push(
      `Port ${port} (${SHOWN[part] ?? part}) is taken by ${(await listenerOn(port)) ?? 'another program'}.`,
    );
  }
  return taken;
}

function parseIp(text: string | undefined): string | undefined {
  if (text === undefined || text === 'localhost' || isIP(text) !== 0) return text;
  throw new UsageError(`--ip: expected an address such as 127.0.0.1 or 0.0.0.0, found "${text}"`);
}

function printLine(worker: string, line: string): void {
  console.log(`[${worker}] ${line}`);
}

function explain(error: unknown): string {
  if (error instanceof RedisNotInstalled) {
    return `${error.message}.\nInstall Redis or Valkey, or name a running one: REDIS_URL=redis://host:6379 npm run dev:redis`;
  }
  if (error instanceof UsageError) return `${error.message}\n\n${USAGE}`;
  return error instanceof Error ? error.message : String(error);
}

try {
  process.exitCode = await main();
} catch (error) {
  console.error(explain(error));
  process.exitCode = error instanceof UsageError ? EXIT.usage : EXIT.failed;
}
process.exit();
