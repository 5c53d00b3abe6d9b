import { isPlainHttp } from './endpoint.ts';
import type { Reading } from './place.ts';
import { problem, problemAt } from './problem.ts';

/** An address of a table, under the key it is written in. */
export interface Address {
  readonly key: string;
  readonly url: URL;
  /** What may stand there. */
  readonly allowed: string;
}

/**
 * Plain http is for this machine, and for the hosts that `allow_http` of the same table names, which must be in a
 * private network where an address can tell that (RFC 1918, RFC 4193, RFC 6598). A host that nothing uses is refused.
 */
export function checkPlainHttp(
  hosts: readonly string[] | undefined,
  addresses: readonly Address[],
  { path, faulty, problems }: Reading,
): ReadonlySet<string> {
  const named = new Set(hosts);
  for (const { key, url, allowed } of addresses) {
    if (!isPlainHttp(url, named) || faulty('allow_http')) continue;
    const hint = `in a private network: allow_http = [${JSON.stringify(url.host)}]`;
    problems.push(problemAt([...path, key], url.href, allowed, hint));
  }
  const used = new Set(addresses.filter(({ url }) => isPlainHttp(url, new Set())).map(({ url }) => url.host));
  (hosts ?? []).forEach((host, index) => {
    const at = [...path, 'allow_http', index];
    if (!used.has(host)) {
      const keys = addresses.length === 0 ? 'address' : addresses.map(({ key }) => key).join(' or ');
      problems.push(
        problemAt(at, host, `the host of an http ${keys} of this table; it has no effect otherwise`),
      );
    } else if (isPublicAddress(host)) {
      problems.push(
        problem(at, `${JSON.stringify(host)}, a public address`, 'an address of a private network, or https'),
      );
    }
  });
  return named;
}

/** An IP address beyond private, shared, link-local and loopback ranges. Of a name it cannot be told. */
function isPublicAddress(host: string): boolean {
  const { hostname } = new URL(`http://${host}`);
  if (hostname.startsWith('[')) return !/^\[(?:f[cd]|fe[89ab]|::1\])/.test(hostname);
  if (!/^\d+(?:\.\d+){3}$/.test(hostname)) return false;
  const [a = 0, b = 0] = hostname.split('.').map(Number);
  if (a === 10 || a === 127) return false;
  if (a === 172) return b < 16 || b > 31;
  if (a === 192) return b !== 168;
  if (a === 100) return b < 64 || b > 127;
  return a !== 169 || b !== 254;
}
