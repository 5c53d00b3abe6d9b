import { type Addresses, DEFAULT_PORT, localUrl } from './addresses.ts';
import { redactUrl, type StackOptions } from './stack.ts';

/** What listens where, and what to paste next. */
export function banner(addresses: Addresses, store: StackOptions['store']): string {
  const gateway = localUrl(addresses.gateway);
  const moved = addresses.gateway === DEFAULT_PORT ? '' : ` --port ${addresses.gateway}`;
  const denyList =
    store.kind === 'redis'
      ? `${store.redisUrl === undefined ? 'a Redis of its own' : redactUrl(store.redisUrl)}, as Upstash REST on ${localUrl(addresses.bridge)}`
      : 'embedded: a Durable Object with SQLite';
  return `
  Portcullis is running on this machine only. Ctrl-C ends it all.

  gateway    ${gateway}   what a client calls; configured by wrangler.toml
  issuer     ${localUrl(addresses.issuer)}   demo: signs a token for whoever asks
  origin     ${localUrl(addresses.origin)}   demo: echoes what reaches it
  control    ${localUrl(addresses.control)}   writes revocations
  deny-list  ${denyList}

  Paste into a second terminal, in this directory:

    TOKEN=$(npm run --silent token -- --scope orders:read${moved})
    curl -i -H "Authorization: Bearer $TOKEN" ${gateway}/orders/1
    npm run --silent revoke -- "$TOKEN"${moved}
    curl -i -H "Authorization: Bearer $TOKEN" ${gateway}/orders/1
`;
}
