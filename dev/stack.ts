import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { access, mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { startOrigin } from '../src/cli/dev/origin.ts';
import { workerAddress, workerFile } from '../src/cli/dev/worker-address.ts';
import { type RunningWorker, startWorker } from '../src/cli/dev/wrangler.ts';
import { createRedis } from '../src/redis/client.ts';
import { createRedisStore } from '../src/revocation-store/redis/store.ts';
import type { Addresses } from './addresses.ts';
import { startIssuer } from './issuer.ts';
import { localConfig } from './local-config.ts';
import { startRedisServer } from './redis/server.ts';
import { startRedisBridge } from './redis-bridge.ts';

export interface StackOptions {
  readonly addresses: Addresses;
  /** `embedded`: the Durable Object. `redis`: at `redisUrl`, or one of our own when undefined. */
  readonly store:
    | { readonly kind: 'embedded' }
    | { readonly kind: 'redis'; readonly redisUrl: string | undefined };
  /** Where the gateway listens, instead of what its file says. */
  readonly ip: string | undefined;
  /** The repository. */
  readonly root: string;
  readonly stateDirectory: string;
  readonly onLine: (worker: string, line: string) => void;
}

export interface Stack {
  /** Resolves with which part ended by itself, and how. */
  readonly failed: Promise<string>;
}

/** What both Workers need to reach Redis; each gets a token of its own. */
interface RedisSecrets {
  readonly url: string;
  readonly token: string;
  readonly readOnlyToken: string;
}

/**
 * Starts everything and registers how to end it with `resources`, in order. Rejects with the reason when a part does
 * not start; what has started by then is in `resources`.
 */
export async function startStack(options: StackOptions, resources: AsyncDisposableStack): Promise<Stack> {
  const { addresses, store, root, stateDirectory } = options;
  const failures: Promise<string>[] = [];

  const issuer = await startIssuer({ port: addresses.issuer });
  resources.defer(issuer.close);
  const origin = await startOrigin({ port: addresses.origin });
  resources.defer(origin.close);

  let redis: RedisSecrets | undefined;
  if (store.kind === 'redis') {
    let { redisUrl } = store;
    if (redisUrl === undefined) {
      const server = await startRedisServer();
      resources.defer(server.stop);
      failures.push(once(server.child, 'exit').then(() => 'redis-server ended'));
      redisUrl = server.url;
    }
    const secrets = { token: secret(), readOnlyToken: secret() };
    const bridge = await startRedisBridge({ redisUrl, ...secrets, port: addresses.bridge }).catch((cause) => {
      throw new Error(`${redactUrl(redisUrl)}: ${cause.message}`, { cause });
    });
    resources.defer(bridge.close);
    redis = { url: bridge.url, ...secrets };
    await createRedisStore(createRedis({ url: bridge.url, token: secrets.token })).adopt({
      ifUnmarked: true,
    });
  }

  const secretsDirectory = join(stateDirectory, 'secrets');
  const own = await writeSecrets(secretsDirectory, 'own', {
    CACHE_SECRET: secret(),
    AUDIT_SECRET: secret(),
  });
  const run = async (name: 'gateway' | 'control', token: string | undefined) => {
    const file = workerFile(root, name === 'gateway' ? 'wrangler' : 'wrangler.control');
    const config = await localConfig(file, addresses, join(stateDirectory, 'config'));
    const store =
      redis && token ? [await writeSecrets(secretsDirectory, name, redisSecrets(redis.url, token))] : [];
    const worker = startWorker({
      config,
      port: addresses[name],
      address: workerAddress(file, addresses[name], name === 'gateway' ? options.ip : undefined),
      envFiles: [own, ...(await ownSecrets(root)), ...store],
      storageDirectory: join(stateDirectory, name === 'gateway' ? 'state' : `${name}-state`),
      registryDirectory: join(stateDirectory, 'registry'),
      onLine: (line) => options.onLine(name, line),
    });
    adopt(worker, resources);
    failures.push(worker.ended.then((how) => `the ${name} ended (${how})`));
    return worker.ready;
  };
  resources.defer(() => rm(secretsDirectory, { recursive: true, force: true }));
  await Promise.all([run('gateway', redis?.readOnlyToken), run('control', redis?.token)]);
  return { failed: Promise.race(failures) };
}

/** Whatever happens to this process, workerd does not outlive it. */
function adopt(worker: RunningWorker, resources: AsyncDisposableStack): void {
  process.once('exit', worker.kill);
  resources.defer(async () => {
    await worker.stop();
    process.off('exit', worker.kill);
  });
}

/** A Redis URL as it may be shown. */
export function redactUrl(text: string): string {
  if (!URL.canParse(text)) return 'REDIS_URL';
  const url = new URL(text);
  url.password = url.password === '' ? '' : '***';
  return url.href;
}

const secret = (): string => randomBytes(24).toString('base64url');

const redisSecrets = (url: string, token: string) => ({
  UPSTASH_REDIS_REST_URL: url,
  UPSTASH_REDIS_REST_TOKEN: token,
});

/** Readable by this user only, and removed with the stack: nobody's `.dev.vars` is touched. */
async function writeSecrets(
  directory: string,
  name: string,
  secrets: Readonly<Record<string, string>>,
): Promise<string> {
  const file = join(directory, `${name}.env`);
  await mkdir(directory, { recursive: true, mode: 0o700 });
  const lines = Object.entries(secrets).map(([key, value]) => `${key}=${value}\n`);
  await writeFile(file, lines.join(''), { mode: 0o600 });
  return file;
}

/** The user's `.dev.vars`, which Wrangler does not look for beside files that it is given. */
async function ownSecrets(root: string): Promise<readonly string[]> {
  const found = join(root, '.dev.vars');
  return access(found).then(
    () => [found],
    () => [],
  );
}
