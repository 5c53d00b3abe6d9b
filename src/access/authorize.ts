import type { JsonObject } from '../core/jose.ts';
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
  if (!scopeHolds(route.scope, claims)) {
    return err({ reason: 'scope_insufficient', scope: route.scope.values });
  }
  for (const requirement of route.claims) {
    if (!requirementHolds(requirement, claims)) {
      return err({ reason: 'claim_forbidden', evidence: requirement.name });
    }
  }
  return ok({ token: live.token } as Principal);
}

/** By index: V8 has no fast `every` or `for … of` for a frozen array, as all of the configuration is. */
function scopeHolds({ values, match }: Route['scope'], claims: JsonObject): boolean {
  for (let i = 0; i < values.length; i++) {
    const granted = grantsScope(claims, values[i] as string);
    if (granted && match === 'any') {
      return true;
    }
    if (!granted && match === 'all') {
      return false;
    }
  }
  return match === 'all' || values.length === 0;
}
