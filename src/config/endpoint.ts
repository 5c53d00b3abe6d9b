const LOOPBACK_HOSTS: ReadonlySet<string> = new Set(['localhost', '127.0.0.1', '[::1]']);

/**
 * Reads an absolute URL as a person typed it: https, or http to this machine; no credentials, no fragment.
 * Refuses what a URL parser would silently repair (spaces, control characters, backslashes).
 */
export function parseEndpoint(text: string): URL | undefined {
  if (!/^https?:\/\/[^/?#\\]/i.test(text) || /[\s\\\p{Cc}]/u.test(text) || text.includes('#'))
    return undefined;
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url === undefined || url.username !== '' || url.password !== '' || url.hostname === '')
    return undefined;
  return url.protocol === 'https:' || LOOPBACK_HOSTS.has(url.hostname) ? url : undefined;
}
