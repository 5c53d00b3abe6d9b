import { once } from 'node:events';
import { access, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { listen } from '../src/cli/dev/http.ts';
import { workerAddress, workerFile } from '../src/cli/dev/worker-address.ts';
import { type RunningWorker, startWorker } from '../src/cli/dev/wrangler.ts';
import { createRedis } from '../src/redis/client.ts';
import { createRedisStore } from '../src/revocation-store/redis/store.ts';
import { type Addresses, localUrl } from './addresses.ts';
import { startCron } from './cron.ts';
import { localConfig } from './local-config.ts';
import { makeLoginKey } from './login/key.ts';
import { loginProvider } from './login/provider.ts';
import { startOriginWithPages } from './origin.ts';
import { startRedisServer } from './redis/server.ts';
import { startRedisBridge } from './redis-bridge.ts';
import { keptSecret, secret, writeSecrets } from './secrets.ts';

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

/** What the Workers need to reach Redis: the gateway only reads. */
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

  await startLogins(options, resources);
  const origin = await startOriginWithPages(addresses.origin, join(root, 'examples/browser'));
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
  const sealing = await writeSecrets(secretsDirectory, 'sealing', {
    SEALING_KEY: await keptSecret(join(stateDirectory, 'sealing-key')),
  });
  const run = async (name: keyof typeof WORKERS) => {
    const { port, state, reads } = WORKERS[name];
    const file = workerFile(root, WORKERS[name].file);
    const config = await localConfig(file, addresses, join(stateDirectory, 'config'));
    const token = reads ? redis?.readOnlyToken : redis?.token;
    const store =
      redis && token ? [await writeSecrets(secretsDirectory, name, redisSecrets(redis.url, token))] : [];
    const worker = startWorker({
      config,
      port: addresses[port],
      address: workerAddress(file, addresses[port], name === 'gateway' ? options.ip : undefined),
      envFiles: [own, ...(port === 'issuer' ? [sealing] : []), ...(await ownSecrets(root)), ...store],
      storageDirectory: join(stateDirectory, state),
      registryDirectory: join(stateDirectory, 'registry'),
      onLine: (line) => options.onLine(name, line),
    });
    adopt(worker, resources);
    failures.push(worker.ended.then((how) => `the ${name} ended (${how})`));
    return worker.ready;
  };
  resources.defer(() => rm(secretsDirectory, { recursive: true, force: true }));
  await Promise.all([run('gateway'), run('control'), run('token-service')]);
  resources.defer(startCron(workerAddress(workerFile(root, 'wrangler.control'), addresses.control).url));
  return { failed: Promise.race(failures) };
}

/** By the name that their lines are marked with. `reads`: it writes nothing into the deny-list. */
const WORKERS = {
  gateway: { file: 'wrangler', port: 'gateway', state: 'state', reads: true },
  control: { file: 'wrangler.control', port: 'control', state: 'control-state', reads: false },
  'token-service': {
    file: 'wrangler.token-service',
    port: 'issuer',
    state: 'token-service-state',
    reads: false,
  },
} as const;

/** Where people log in, and the key of the login backend that `npm run token` plays. */
async function startLogins(
  { addresses, root }: StackOptions,
  resources: AsyncDisposableStack,
): Promise<void> {
  const { key, remove } = await makeLoginKey(root, addresses.gateway);
  resources.defer(remove);
  const provider = loginProvider({
    issuer: localUrl(addresses.provider),
    key,
    clientId: 'portcullis',
    redirectUris: [
      `${localUrl(addresses.gateway)}/session/callback/login`,
      `${localUrl(addresses.issuer)}/authorize/callback/login`,
    ],
    console: {
      clientId: 'portcullis-console',
      origin: localUrl(addresses.control),
      scope: 'revocations:read revocations:write events:read token_service:read token_service:write',
    },
  });
  resources.defer((await listen(provider, addresses.provider)).close);
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

const redisSecrets = (url: string, token: string) => ({
  UPSTASH_REDIS_REST_URL: url,
  UPSTASH_REDIS_REST_TOKEN: token,
});

/** The user's `.dev.vars`, which Wrangler does not look for beside files that it is given. */
async function ownSecrets(root: string): Promise<readonly string[]> {
  const found = join(root, '.dev.vars');
  return access(found).then(
    () => [found],
    () => [],
  );
}
