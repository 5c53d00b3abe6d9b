import type { JsonObject, JsonValue } from '../core/jose.ts';
import type { ClaimRequirement } from '../core/policy.ts';
import { resolveClaim } from '../core/resolve-claim.ts';

/**
 * Whether a claim meets a route's requirement: `equals` and `one_of` compare whole JSON values,
 * `contains` asks for an element of an array claim. An absent claim meets nothing.
 */
export function requirementHolds(requirement: ClaimRequirement, claims: JsonObject): boolean {
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
