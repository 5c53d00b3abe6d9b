import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { createRequire } from 'node:module';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';
import { build } from 'esbuild';
import { createClient } from 'redis';
import { startRedisServer } from '../../dev/redis/server.ts';
import { startRedisBridge } from '../../dev/redis-bridge.ts';
import { createRedis } from '../../src/redis/client.ts';
import { createRedisStore } from '../../src/revocation-store/redis/store.ts';

const children = new Set<ChildProcess>();
process.on('exit', () => {
  for (const child of children) child.kill('SIGKILL');
});

/** A real Redis behind the REST bridge, and what it was asked so far. */
export async function startDenyList() {
  const redis = await startRedisServer();
  const bridge = await startRedisBridge({
    redisUrl: redis.url,
    token: 'write',
    readOnlyToken: 'read',
    port: 0,
  });
  const client = createClient({ url: redis.url });
  await client.connect();
  const store = createRedisStore(createRedis({ url: bridge.url, token: 'write' }), { timeoutMs: 30_000 });
  await store.adopt();
  const statistics = async () => {
    const text = await client.sendCommand(['INFO', 'commandstats']);
    return new Map(
      [...`${text}`.matchAll(/cmdstat_(\w+):calls=(\d+)/g)].map(([, name, calls]) => [name, Number(calls)]),
    );
  };
  return {
    url: bridge.url,
    client,
    store,
    /** Reads that gateways have caused: MGET, XRANGE and GET. */
    async reads(): Promise<number> {
      const calls = await statistics();
      return (calls.get('mget') ?? 0) + (calls.get('xrange') ?? 0) + (calls.get('get') ?? 0);
    },
    async stop() {
      client.destroy();
      await bridge.close();
      await redis.stop();
    },
  };
}

export interface Colony {
  readonly pid: number;
  readonly ports: readonly number[];
  stop(): Promise<void>;
}

/** `count` isolates in one bare workerd, on one colo's cache when `colo` is set. */
export async function startColony(redisUrl: string, count: number, colo: boolean): Promise<Colony> {
  const folder = await mkdtemp(join(tmpdir(), 'portcullis-colony-'));
  await build({
    entryPoints: [join(import.meta.dirname, '../contenders/revocation-isolate.ts')],
    outfile: join(folder, 'worker.js'),
    bundle: true,
    format: 'esm',
    target: 'esnext',
    conditions: ['workerd', 'worker', 'browser'],
    external: ['node:*'],
    logLevel: 'error',
  });
  const cache = await startCache();
  const numbers = Array.from({ length: count }, (_, index) => index);
  await writeFile(
    join(folder, 'config.capnp'),
    `using Workerd = import "/workerd/workerd.capnp";
const config :Workerd.Config = (
  services = [
    (name = "cache", external = (address = "${cache.address}", http = ())),
    (name = "internet", network = (allow = ["private", "local"])),
    ${numbers.map((index) => `(name = "w${index}", worker = .isolate)`).join(',\n    ')}
  ],
  sockets = [
    ${numbers.map((index) => `(name = "s${index}", address = "127.0.0.1:0", http = (), service = "w${index}")`).join(',\n    ')}
  ],
);
const isolate :Workerd.Worker = (
  modules = [(name = "worker.js", esModule = embed "worker.js")],
  compatibilityDate = "2026-11-01",
  cacheApiOutbound = "cache",
  bindings = [(name = "REDIS_URL", text = "${redisUrl}"), (name = "COLO", json = "${colo}")],
);
`,
  );
  const binary = createRequire(import.meta.url)('workerd') as { default: string };
  const child = spawn(binary.default, ['serve', '--control-fd=3', join(folder, 'config.capnp'), 'config'], {
    stdio: ['ignore', 'inherit', 'inherit', 'pipe'],
  });
  children.add(child);
  const ports: number[] = [];
  for await (const line of createInterface({ input: child.stdio[3] as Readable })) {
    ports.push((JSON.parse(line) as { port: number }).port);
    if (ports.length === count) break;
  }
  return {
    pid: child.pid ?? 0,
    ports,
    async stop() {
      child.kill('SIGKILL');
      children.delete(child);
      cache.close();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

/** The part of a colo's cache that workerd speaks to, with the lifetimes it was told. */
async function startCache(): Promise<{ address: string; close(): void }> {
  const entries = new Map<string, { body: Buffer; until: number }>();
  const server = createServer(async (request, response) => {
    const name = `${request.headers['cf-cache-namespace']} ${request.headers.host} ${request.url}`;
    if (request.method === 'PUT') {
      const parts: Buffer[] = [];
      for await (const part of request) parts.push(part);
      const whole = Buffer.concat(parts);
      const end = whole.indexOf('\r\n\r\n') + 4;
      const seconds = Number(/max-age=(\d+)/i.exec(whole.subarray(0, end).toString('latin1'))?.[1] ?? 0);
      entries.set(name, { body: whole.subarray(end), until: Date.now() + seconds * 1000 });
      response.writeHead(204).end();
      return;
    }
    const entry = entries.get(name);
    if (!entry || entry.until <= Date.now()) response.writeHead(504, { 'cf-cache-status': 'MISS' }).end();
    else response.writeHead(200, { 'cf-cache-status': 'HIT' }).end(entry.body);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    address: `127.0.0.1:${(server.address() as AddressInfo).port}`,
    close() {
      server.closeAllConnections();
      server.close();
    },
  };
}

export interface Question {
  readonly jti: string;
  readonly mode: string;
  readonly bound: number;
}

/** The status the isolate answers with. */
export async function ask(port: number, { jti, mode, bound }: Question): Promise<number> {
  const response = await fetch(`http://127.0.0.1:${port}/?jti=${jti}&mode=${mode}&bound=${bound}`);
  await response.arrayBuffer();
  return response.status;
}

export const pause = (ms: number) => new Promise<void>((resolve) => setTimeout(resolve, ms));

/** The value below which `share` of the sorted values lie. */
export function quantile(values: readonly number[], share: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Number.NaN;
}
