import { CANARY, type CanaryMode } from '../core/canary.ts';
import type { Access, Policy } from '../core/policy.ts';
import type { Pipeline } from './gateway.ts';
import { decidedPipeline } from './own-pipeline.ts';

/**
 * What a route of this mode would say to a token of the canary: the same decision, by the same caches, with the largest
 * `max_staleness` that a route of the mode has. 200 tells what is promised; a revoked token is refused as anywhere. Takes
 * no other token, and there is nothing at the path of a mode that no route has. A doubt is never accepted: it would be
 * taken for a revocation that does not bite.
 */
export function canaryPipeline(mode: CanaryMode, policy: Pick<Policy, 'routes' | 'canary'>): Pipeline {
  const access = canaryAccess(mode, policy);
  const bound = access?.revocation.maxStalenessSeconds ?? 0;
  return decidedPipeline(access, () =>
    Response.json({ mode, bound_seconds: bound }, { headers: { 'Cache-Control': 'no-store' } }),
  );
}

function canaryAccess(
  mode: CanaryMode,
  { routes, canary }: Pick<Policy, 'routes' | 'canary'>,
): Access | undefined {
  const [slowest] = routes
    .map(({ access }) => access.revocation)
    .filter((revocation) => revocation.mode === mode)
    .sort((a, b) => b.maxStalenessSeconds - a.maxStalenessSeconds);
  if (canary === undefined || slowest === undefined) return undefined;
  return {
    name: CANARY.name,
    authentication: 'required',
    sources: [{ kind: 'bearer' }],
    profiles: new Map([[canary.issuer, [canary]]]),
    requirement: { kind: 'all', of: [] },
    revocation: { ...slowest, onUnavailable: 'reject' },
  };
}
