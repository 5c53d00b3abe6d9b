import type { JsonObject, JsonValue } from '../core/jose.ts';
import type { ClaimRequirement, Requirement, ScopeRequirement } from '../core/policy.ts';
import { resolveClaim } from '../core/resolve-claim.ts';
import { grantsScope } from './scope.ts';

/**
 * Whether the claims meet a requirement. Allocates nothing: it runs for every request.
 * By index: V8 has no fast `every` or `for … of` for a frozen array, as all of the configuration is.
 */
export function requirementHolds(requirement: Requirement, claims: JsonObject): boolean {
  switch (requirement.kind) {
    case 'all':
      for (let i = 0; i < requirement.of.length; i++) {
        if (!requirementHolds(requirement.of[i] as Requirement, claims)) {
          return false;
        }
      }
      return true;
    case 'any':
      for (let i = 0; i < requirement.of.length; i++) {
        if (requirementHolds(requirement.of[i] as Requirement, claims)) {
          return true;
        }
      }
      return false;
    case 'not':
      return !requirementHolds(requirement.of, claims);
    case 'scope':
      return scopeHolds(requirement, claims);
    default:
      return claimHolds(requirement, claims);
  }
}

/** Case-sensitive; order has no meaning (RFC 6749 §3.3). */
function scopeHolds({ values, match }: ScopeRequirement, claims: JsonObject): boolean {
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

/**
 * `equals` and `one_of` compare whole JSON values, `contains` asks for an element of an array claim. An absent claim
 * meets nothing.
 */
function claimHolds(requirement: ClaimRequirement, claims: JsonObject): boolean {
  const claim = resolveClaim(claims, requirement.path);
  if (claim === undefined) {
    return false;
  }
  switch (requirement.kind) {
    case 'equals':
      return sameJson(claim, requirement.value);
    case 'one_of':
      return requirement.values.some((value) => sameJson(claim, value));
    case 'contains':
      return Array.isArray(claim) && claim.some((element: JsonValue) => sameJson(element, requirement.value));
  }
}

/** Equality of JSON values: members in any order, elements in order, no conversion between types. */
function sameJson(a: JsonValue | undefined, b: JsonValue | undefined): boolean {
  if (a === b) {
    return true;
  }
  if (typeof a !== 'object' || typeof b !== 'object' || a === null || b === null) {
    return false;
  }
  if (Array.isArray(a) || Array.isArray(b)) {
    return (
      Array.isArray(a) &&
      Array.isArray(b) &&
      a.length === b.length &&
      a.every((element: JsonValue, index) => sameJson(element, b[index]))
    );
  }
  const left = a as JsonObject;
  const right = b as JsonObject;
  const names = Object.keys(left);
  return (
    names.length === Object.keys(right).length &&
    names.every((name) => Object.hasOwn(right, name) && sameJson(left[name], right[name]))
  );
}
