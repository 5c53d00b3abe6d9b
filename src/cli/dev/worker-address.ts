import { join } from 'node:path';
import { filesOf, readSource } from '../wrangler-source.ts';

/** Where a local Worker listens and how it is called. */
export interface WorkerAddress {
  /** As `wrangler dev --ip` takes it. */
  readonly ip: string;
  readonly protocol: 'http' | 'https';
  /** How this machine reaches it. */
  readonly url: string;
  /** Nobody but this machine does. */
  readonly isLoopback: boolean;
}

export const LOOPBACK = '127.0.0.1';

/** The file of a Worker (`wrangler`, `wrangler.control`) in a folder, as wrangler chooses it. */
export const workerFile = (folder: string, name: string): string =>
  join(folder, filesOf(folder, name)[0] ?? `${name}.toml`);

/** `ip` and `local_protocol` of the file's `[dev]` table, wrangler's own defaults, and `ip` before both where it is given. */
export function workerAddress(file: string, port: number, given?: string): WorkerAddress {
  const source = readSource(file);
  const dev = Object(source.ok ? source.value.whole.dev : undefined);
  const ip = given ?? (typeof dev.ip === 'string' ? dev.ip : LOOPBACK);
  const protocol = dev.local_protocol === 'https' ? 'https' : 'http';
  return { ip, protocol, url: `${protocol}://${hostOf(ip)}:${port}`, isLoopback: isLoopback(ip) };
}

const isLoopback = (ip: string): boolean => ip === 'localhost' || ip === '::1' || /^127\./.test(ip);

/** An address of every interface is reached through loopback. */
function hostOf(ip: string): string {
  if (['localhost', LOOPBACK, '0.0.0.0', '::', '*'].includes(ip)) return 'localhost';
  return ip.includes(':') ? `[${ip}]` : ip;
}
