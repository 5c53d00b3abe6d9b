import type { Access, EndpointGuard, Policy } from '../core/policy.ts';

/** What an endpoint of the gateway's own needs, or undefined when the configuration grants it to nobody. */
export function ownAccess(
  name: string,
  guard: EndpointGuard | undefined,
  { routes }: Pick<Policy, 'routes'>,
): Access | undefined {
  if (guard === undefined) {
    return undefined;
  }
  const { profile, scope } = guard;
  const revocationInUse = routes.some(({ access }) => access.revocation.mode !== 'off');
  return {
    name,
    authentication: 'required',
    sources: [{ kind: 'bearer' }],
    profiles: new Map([[profile.issuer, [profile]]]),
    requirement: { kind: 'scope', values: scope, match: 'all' },
    revocation: {
      mode: revocationInUse ? 'strict' : 'off',
      maxStalenessSeconds: 0,
      onUnavailable: 'reject',
      timeoutMs: 250,
    },
  };
}
