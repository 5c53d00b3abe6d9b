import { VARIABLE_BYTES } from '../config/defaults.ts';
import { type ConfigProblem, type PathSegment, problem, problemAt } from '../config/problem.ts';
import type { Table } from './wrangler-source.ts';

/** What Cloudflare would refuse at deploy, and wrangler does not say before. */
export function oversizedVariables(vars: Table): readonly ConfigProblem[] {
  return Object.entries(vars).flatMap(([name, value]) => {
    const text = typeof value === 'string' ? value : JSON.stringify(value);
    const bytes = Buffer.byteLength(text ?? '');
    if (bytes <= VARIABLE_BYTES.cap) return [];
    const [, family] = /^(ISSUERS|ROUTES|CLIENTS|RESOURCES)(?:_\w+)?$/.exec(name) ?? [];
    const hint = family === undefined ? undefined : `move some of its tables to ${family}_<GROUP>`;
    return problem(
      [name],
      `${bytes} bytes`,
      `at most ${VARIABLE_BYTES.cap} bytes a variable at Cloudflare`,
      hint,
    );
  });
}

/** Keys whose value a deployed Worker trusts or calls. */
const ADDRESS_KEYS: ReadonlySet<string> = new Set(['issuer', 'jwks_uri', 'origin', 'UPSTASH_REDIS_REST_URL']);

/**
 * Issuers, origins and stores on this machine: right for the demo, and at Cloudflare an issuer that anybody may be
 * who finds a way to answer there.
 */
export function loopbackAddresses(
  value: unknown,
  path: readonly PathSegment[] = [],
): readonly ConfigProblem[] {
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([key, member]) => {
    const at = [...path, Array.isArray(value) ? Number(key) : key];
    if (typeof member !== 'string') return loopbackAddresses(member, at);
    if (!ADDRESS_KEYS.has(key) || !isLoopback(member)) return [];
    return problemAt(
      at,
      member,
      'an address beyond this machine',
      'is this a table of the demo? Put your own in its place',
    );
  });
}

/** RFC 6890, RFC 6761 §6.3: 127.0.0.0/8, ::1, localhost and what is below it, and the unspecified address. */
function isLoopback(text: string): boolean {
  const host = URL.parse(text)?.hostname.replace(/^\[|\]$|\.$/g, '') ?? '';
  return /^(?:.*\.)?localhost$|^127\.|^0\.0\.0\.0$|^::1?$|^::ffff:7f/.test(host);
}
