import { readFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { parseEnv } from 'node:util';
import { workerAddress, workerFile } from '../src/cli/dev/worker-address.ts';
import { readSource } from '../src/cli/wrangler-source.ts';
import { DEFAULT_PORT, localUrl } from './addresses.ts';
import { redactUrl, type StackOptions } from './stack.ts';

/** What listens where, and what to paste next. */
export async function banner(options: StackOptions): Promise<string> {
  const { addresses } = options;
  const gateway = workerAddress(workerFile(options.root, 'wrangler'), addresses.gateway, options.ip);
  const control = workerAddress(workerFile(options.root, 'wrangler.control'), addresses.control);
  const tokens = workerAddress(workerFile(options.root, 'wrangler.token-service'), addresses.issuer);
  const where = [gateway, control, tokens].every(({ isLoopback }) => isLoopback)
    ? 'Portcullis is running on this machine only.'
    : 'Portcullis is running, and reachable from other machines: this is a demo, anybody here gets a token.';
  const curl = gateway.protocol === 'https' ? 'curl -k' : 'curl';
  const moved = addresses.gateway === DEFAULT_PORT ? '' : ` --port ${addresses.gateway}`;
  return `
  ${where} Ctrl-C ends it all.

  gateway        ${gateway.url}   what a client calls; configured by ${basename(workerFile(options.root, 'wrangler'))}
  token service  ${tokens.url}   issues tokens, refreshes and ends them
  control        ${control.url}   writes revocations
  origin         ${localUrl(addresses.origin)}   demo: echoes what reaches it
  login          ${localUrl(addresses.provider)}   demo: a provider where anybody is whom they say
  deny-list      ${await denyList(options)}

  Log in, call, refresh and log out in a browser: ${localUrl(addresses.gateway)}/app/
${consoleLines(options, { console: `${control.url}/console/`, moved })}
  Paste into a second terminal, in this directory:

    TOKEN=$(npm run --silent token -- --scope orders:read${moved})
    ${curl} -i -H "Authorization: Bearer $TOKEN" ${gateway.url}/orders/1
    echo "$TOKEN" | npm run --silent revoke -- -${moved}
    ${curl} -i -H "Authorization: Bearer $TOKEN" ${gateway.url}/orders/1
`;
}

/** Where the console is, and something to see there. Nothing where it is switched off. */
function consoleLines(
  { root }: StackOptions,
  { console: url, moved }: { readonly console: string; readonly moved: string },
): string {
  const source = readSource(workerFile(root, 'wrangler.control'));
  const variables = Object(source.ok ? source.value.whole.vars : undefined);
  if (Object(variables.CONTROL).console === undefined) return '';
  return `
  See what is decided, and why: ${url}
  Log in there as anybody. Something to look at:

    npm run --silent traffic${moved === '' ? '' : ` --${moved}`}
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
