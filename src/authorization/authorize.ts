import type { Route } from '../core/policy.ts';
import type { LiveToken, Principal } from '../core/principal.ts';
import { err, ok, type Result } from '../core/result.ts';
import { requirementHolds } from './requirement.ts';
import { grantsScope } from './scope.ts';

/**
 * Whether a live token may use a route: its scope (RFC 6749 §3.3: case-sensitive, order has no meaning) and every
 * claim requirement. Rejects with `scope_insufficient` (RFC 6750 §3.1) or `claim_forbidden`, both 403.
 */
export function authorize(live: LiveToken, route: Route): Result<Principal> {
  const { claims } = live.token;
  const required = route.scope.values;
  if (required.length > 0) {
    const holds =
      route.scope.match === 'all'
        ? required.every((scope) => grantsScope(claims, scope))
        : required.some((scope) => grantsScope(claims, scope));
    if (!holds) {
      return err({ reason: 'scope_insufficient', scope: required });
    }
  }
  for (const requirement of route.claims) {
    if (!requirementHolds(requirement, claims)) {
      return err({ reason: 'claim_forbidden', evidence: requirement.name });
    }
  }
  return ok({ token: live.token } as Principal);
}
