const LOOPBACK_HOSTS: ReadonlySet<string> = new Set(['localhost', '127.0.0.1', '[::1]']);

/**
 * Reads an absolute URL as a person typed it: https, or http to this machine; no credentials, no fragment.
 * Refuses what a URL parser would silently repair (spaces, control characters, backslashes).
 */
export function parseEndpoint(text: string): URL | undefined {
  const url = parseUrl(text);
  return url !== undefined && !isPlainHttp(url, NO_HOSTS) ? url : undefined;
}

/** What can be sent to it as a bearer token: not with the line break at its end that `echo` pipes along. */
export const isBearerToken = (token: string): boolean => /^[!-~]+$/.test(token);

const NO_HOSTS: ReadonlySet<string> = new Set();

/** As `parseEndpoint`, with plain http to any host. */
export function parseUrl(text: string): URL | undefined {
  if (!/^https?:\/\/[^/?#\\]/i.test(text) || /[\s\\\p{Cc}]/u.test(text) || text.includes('#'))
    return undefined;
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url === undefined || url.username !== '' || url.password !== '' || !HOST.test(url.hostname))
    return undefined;
  return url;
}

/** As a parsed URL has it. The parser lets through what no host is called by: `{tenant}`, `*`, `$HOST`. */
const HOST = /^(?:[a-z0-9._-]+|\[[\da-f:]+\])$/;

/** Where a key set is read: a URL, or a path of the Worker behind a service binding. `text` is what the policy holds. */
export interface KeysAddress {
  readonly text: string;
  readonly service: string | undefined;
}

/** As `parseEndpoint`, or `service:BINDING/path`. Plain http to other hosts is judged with the whole table. */
export function parseKeysAddress(text: string): KeysAddress | undefined {
  const [, service, path = ''] = /^service:([A-Za-z_]\w{0,127})(\/.*)$/.exec(text) ?? [];
  if (service !== undefined) {
    const isPath = !/[\s\\#\p{Cc}]/u.test(path) && !path.startsWith('//');
    return isPath ? { text, service } : undefined;
  }
  const url = /[{}]/.test(text) ? undefined : parseUrl(text);
  return url && { text: url.href, service: undefined };
}

/** Why a URL is not to be called: plain http to a host that is neither this machine nor named. */
export const isPlainHttp = (url: URL, hosts: ReadonlySet<string>): boolean =>
  url.protocol === 'http:' && !LOOPBACK_HOSTS.has(url.hostname) && !hosts.has(url.host);
