import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { readSource, type Table } from '../src/cli/wrangler-source.ts';
import { type Addresses, addressesFrom, DEFAULT_PORT, localUrl } from './addresses.ts';

/**
 * The configuration for these ports: the committed file itself on the ports it is written for (so that an edit is
 * picked up while it runs), else a copy in `directory` with the local URLs moved. Returns its path.
 */
export async function localConfig(file: string, addresses: Addresses, directory: string): Promise<string> {
  if (addresses.gateway === DEFAULT_PORT) return file;
  const source = readSource(file);
  if (!source.ok) throw new Error(`${file}: ${source.error.problem.found}`);
  const config: Table = moveUrls(source.value.whole, urlMoves(addresses));
  const main = resolve(dirname(file), `${config.main}`);
  const copy = join(directory, `${config.name}.json`);
  await mkdir(directory, { recursive: true });
  await writeFile(copy, JSON.stringify({ ...config, main }, null, 2));
  return copy;
}

function urlMoves(addresses: Addresses): ReadonlyMap<string, string> {
  const written = addressesFrom(DEFAULT_PORT);
  const parts = Object.keys(written) as (keyof Addresses)[];
  return new Map(parts.map((part) => [localUrl(written[part]), localUrl(addresses[part])]));
}

function moveUrls<T>(value: T, moves: ReadonlyMap<string, string>): T {
  const text = JSON.stringify(value).replace(/http:\/\/localhost:\d+/g, (url) => moves.get(url) ?? url);
  return JSON.parse(text);
}
