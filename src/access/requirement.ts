import type { Circumstances } from '../core/circumstances.ts';
import type { HostPattern, Requirement, ScopeRequirement } from '../core/requirement.ts';
import type { VerifiedToken } from '../core/verified-token.ts';
import { authenticatedSo } from './authentication.ts';
import { claimHolds } from './claim.ts';
import { isOfClient } from './client.ts';
import { isRecent } from './recent.ts';
import { grantsScope } from './scope.ts';

/**
 * Whether a requirement holds of a live token and its request. Allocates nothing: it runs for every request.
 * By index: V8 has no fast `every` or `for … of` for a frozen array, as all of the configuration is.
 */
export function requirementHolds(
  requirement: Requirement,
  token: VerifiedToken,
  circumstances: Circumstances,
): boolean {
  switch (requirement.kind) {
    case 'all':
      for (let i = 0; i < requirement.of.length; i++) {
        if (!requirementHolds(requirement.of[i] as Requirement, token, circumstances)) {
          return false;
        }
      }
      return true;
    case 'any':
      for (let i = 0; i < requirement.of.length; i++) {
        if (requirementHolds(requirement.of[i] as Requirement, token, circumstances)) {
          return true;
        }
      }
      return false;
    case 'not':
      return !requirementHolds(requirement.of, token, circumstances);
    case 'scope':
      return scopeHolds(requirement, token);
    case 'client':
      return isOfClient(token, requirement.values);
    case 'issuer':
      return requirement.values.includes(token.profile.name);
    case 'token_age':
      return isRecent(token.iat, requirement.maxSeconds, token.profile, circumstances.context.now);
    case 'authentication':
      return authenticatedSo(requirement, token, circumstances.context.now);
    case 'method':
      return requirement.values.includes(circumstances.request.received.method);
    case 'host':
      return isHostOf(requirement.values, circumstances.request.target.host);
    default:
      return claimHolds(requirement, token.claims, circumstances.request.parameters);
  }
}

/** Case-sensitive; order has no meaning (RFC 6749 §3.3). */
function scopeHolds({ values, match }: ScopeRequirement, token: VerifiedToken): boolean {
  for (let i = 0; i < values.length; i++) {
    const granted = grantsScope(token, values[i] as string);
    if (granted && match === 'any') {
      return true;
    }
    if (!granted && match === 'all') {
      return false;
    }
  }
  return match === 'all' || values.length === 0;
}

function isHostOf(patterns: readonly HostPattern[], host: string): boolean {
  for (let i = 0; i < patterns.length; i++) {
    const { kind, value } = patterns[i] as HostPattern;
    const start = host.length - value.length;
    if (kind === 'exact' ? host === value : start > 1 && host[start - 1] === '.' && host.endsWith(value)) {
      return true;
    }
  }
  return false;
}
