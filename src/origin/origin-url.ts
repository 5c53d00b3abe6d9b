import type { OriginTarget } from '../core/policy.ts';

/**
 * Scheme and authority that an origin is asked under. Of a URL origin they are the configuration's alone; a service
 * binding goes where it is bound whatever it is asked as, so that its host may be the client's.
 * @param authority what the client asked for, port included
 */
export function originUrl(origin: OriginTarget, authority: string): string {
  if (origin.kind === 'url') return origin.origin;
  const host = origin.host === 'client' ? authority : (origin.host ?? `${origin.binding}.internal`);
  return `https://${host}`;
}
