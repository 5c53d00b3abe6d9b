import type { Upstream } from '../policy.ts';

/**
 * What a provider's subject is called here. Two providers may both know a "42", so each has its own name in front; without
 * one the provider could name another's user, and is not believed then (undefined).
 */
export function subjectOf(
  { name, subject }: Pick<Upstream, 'name' | 'subject'>,
  sub: string,
  upstreams: { keys(): Iterable<string> },
): string | undefined {
  if (subject === 'prefixed') return `${name}|${sub}`;
  for (const other of upstreams.keys()) if (sub.startsWith(`${other}|`)) return undefined;
  return sub;
}
