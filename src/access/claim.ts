import type { JsonObject, JsonValue } from '../core/jose.ts';
import type { PathParameters } from '../core/path-parameter.ts';
import type { ClaimRequirement, Separator } from '../core/requirement.ts';
import { resolveClaim } from '../core/resolve-claim.ts';
import { matchesPieces } from './glob.ts';
import { isParameter } from './parameter.ts';
import { sameJson } from './same-json.ts';
import { hasWord } from './words.ts';

/**
 * Whether a claim is as a requirement wants it. `equals` and `one_of` compare whole JSON values; `contains`,
 * `contains_any` and `contains_all` ask for elements of an array claim, or for words where the requirement names a
 * separator. An absent claim, and one of a type that a test is not for, meets nothing; `exists` takes a null for absent.
 */
export function claimHolds(
  requirement: ClaimRequirement,
  claims: JsonObject,
  parameters: PathParameters | undefined,
): boolean {
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
      return has(claim, requirement.value, undefined);
    case 'contains_any':
    case 'contains_all':
      return hasThose(claim, requirement.values, requirement);
    case 'exists':
      return claim !== null;
    case 'matches':
      return typeof claim === 'string' && matchesPieces(claim, requirement.pieces);
    case 'range':
      return (
        typeof claim === 'number' &&
        (requirement.min === undefined || claim >= requirement.min) &&
        (requirement.max === undefined || claim <= requirement.max)
      );
    case 'has_key':
      return (
        typeof claim === 'object' &&
        claim !== null &&
        !Array.isArray(claim) &&
        Object.hasOwn(claim, requirement.key)
      );
    case 'equals_param':
    case 'contains_param':
      return isParameter(claim, requirement, parameters);
  }
}

function hasThose(
  claim: JsonValue,
  values: readonly JsonValue[],
  { kind, separator }: Extract<ClaimRequirement, { readonly kind: 'contains_any' | 'contains_all' }>,
): boolean {
  const any = kind === 'contains_any';
  for (let i = 0; i < values.length; i++) {
    if (has(claim, values[i] as JsonValue, separator) === any) {
      return any;
    }
  }
  return !any;
}

function has(claim: JsonValue, value: JsonValue, separator: Separator | undefined): boolean {
  if (Array.isArray(claim)) {
    for (let i = 0; i < claim.length; i++) {
      if (sameJson(claim[i] as JsonValue, value)) {
        return true;
      }
    }
    return false;
  }
  return (
    separator !== undefined &&
    typeof claim === 'string' &&
    typeof value === 'string' &&
    hasWord(claim, value, separator)
  );
}
