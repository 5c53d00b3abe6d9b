import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parseEnv } from 'node:util';
import { DEFAULT_PORT, localUrl } from './addresses.ts';
import { redactUrl, type StackOptions } from './stack.ts';

/** What listens where, and what to paste next. */
export async function banner(options: StackOptions): Promise<string> {
  const { addresses } = options;
  const gateway = localUrl(addresses.gateway);
  const moved = addresses.gateway === DEFAULT_PORT ? '' : ` --port ${addresses.gateway}`;
  return `
  Portcullis is running on this machine only. Ctrl-C ends it all.

  gateway    ${gateway}   what a client calls; configured by wrangler.toml
  issuer     ${localUrl(addresses.issuer)}   demo: signs a token for whoever asks
  origin     ${localUrl(addresses.origin)}   demo: echoes what reaches it
  control    ${localUrl(addresses.control)}   writes revocations
  deny-list  ${await denyList(options)}

  Paste into a second terminal, in this directory:

    TOKEN=$(npm run --silent token -- --scope orders:read${moved})
    curl -i -H "Authorization: Bearer $TOKEN" ${gateway}/orders/1
    echo "$TOKEN" | npm run --silent revoke -- -${moved}
    curl -i -H "Authorization: Bearer $TOKEN" ${gateway}/orders/1
`;
}

async function denyList({ store, addresses, root }: StackOptions): Promise<string> {
  if (store.kind === 'redis') {
    const redis = store.redisUrl === undefined ? 'a Redis of its own' : redactUrl(store.redisUrl);
    return `${redis}, as Upstash REST on ${localUrl(addresses.bridge)}`;
  }
  const secrets = parseEnv(await readFile(join(root, '.dev.vars'), 'utf8').catch(() => ''));
  return secrets.UPSTASH_REDIS_REST_URL
    ? 'the Redis that UPSTASH_REDIS_REST_URL in .dev.vars names'
    : 'embedded: a Durable Object with SQLite';
}
