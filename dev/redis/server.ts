import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { copyFile, mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createClient } from 'redis';

export interface RedisServer {
  readonly url: string;
  readonly port: number;
  readonly child: ChildProcess;
  /** Ends the process and forgets what it held. */
  stop(): Promise<void>;
}

/** Neither `redis-server` nor `valkey-server` is on the path. */
export class RedisNotInstalled extends Error {
  override readonly name = 'RedisNotInstalled';
}

/**
 * A Redis of one's own on loopback that holds nothing (or a dump, an RDB file) and keeps nothing; a free port unless one
 * is given. The binary is `REDIS_SERVER`, else `redis-server`, else `valkey-server`. Throws `RedisNotInstalled`.
 */
export async function startRedisServer(port?: number, dump?: string): Promise<RedisServer> {
  const chosen = port ?? (await freePort());
  const directory = await mkdtemp(join(tmpdir(), 'portcullis-redis-'));
  if (dump !== undefined) await copyFile(dump, join(directory, 'dump.rdb'));
  const persistence = ['--save', '', '--appendonly', 'no', '--dir', directory];
  const child = await spawnFirst(['--port', `${chosen}`, '--bind', '127.0.0.1', ...persistence]);
  const killWithParent = () => void child.kill('SIGKILL');
  process.once('exit', killWithParent);

  async function stop(): Promise<void> {
    process.off('exit', killWithParent);
    if (child.exitCode === null && child.signalCode === null) {
      const exited = once(child, 'exit');
      child.kill('SIGKILL');
      await exited;
    }
    await rm(directory, { recursive: true, force: true });
  }

  const url = `redis://127.0.0.1:${chosen}`;
  try {
    await untilReady(url, child);
  } catch (error) {
    await stop();
    throw error;
  }
  return { url, port: chosen, child, stop };
}

/** What may be on the path, in the order it is tried. */
export const redisBinaries = (): readonly string[] =>
  process.env.REDIS_SERVER ? [process.env.REDIS_SERVER] : ['redis-server', 'valkey-server'];

async function spawnFirst(flags: readonly string[]): Promise<ChildProcess> {
  const named = process.env.REDIS_SERVER;
  for (const binary of redisBinaries()) {
    // A process group of its own: Ctrl-C in a terminal is ours to handle, in order.
    const child = spawn(binary, flags, { stdio: 'ignore', detached: true });
    const started = await new Promise<boolean>((resolve) => {
      child.once('spawn', () => resolve(true));
      child.once('error', () => resolve(false));
    });
    if (started) return child;
  }
  throw new RedisNotInstalled(
    named
      ? `REDIS_SERVER names ${named}, which does not start`
      : 'neither redis-server nor valkey-server is on the PATH',
  );
}

/** Ten seconds at most: a cold machine starts Redis in a fraction of one. */
async function untilReady(url: string, child: ChildProcess): Promise<void> {
  const client = createClient({
    url,
    disableClientInfo: true,
    socket: {
      reconnectStrategy: (retries, cause) => (retries < 400 && child.exitCode === null ? 25 : cause),
    },
  });
  client.on('error', () => undefined);
  await client.connect();
  await client.ping();
  client.destroy();
}

async function freePort(): Promise<number> {
  const server = createServer();
  await once(server.listen(0, '127.0.0.1'), 'listening');
  const address = server.address();
  await new Promise((resolve) => server.close(resolve));
  if (typeof address !== 'object' || !address) throw new Error('a TCP server has no port');
  return address.port;
}
