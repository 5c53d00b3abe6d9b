import type { JsonObject } from '../core/jose.ts';
import type { Requirement } from '../core/policy.ts';
import type { LiveToken, Principal } from '../core/principal.ts';
import type { Rejection } from '../core/rejection.ts';
import { err, ok, type Result } from '../core/result.ts';
import { describeRequirement } from './describe-requirement.ts';
import { requirementHolds } from './requirement.ts';

/**
 * Whether what a live token says meets what is required. Rejects with `scope_insufficient` (RFC 6750 §3.1), which names
 * the scope that would do, or with `claim_forbidden`, both 403.
 */
export function authorize(live: LiveToken, requirement: Requirement): Result<Principal> {
  const { claims } = live.token;
  return requirementHolds(requirement, claims)
    ? ok({ token: live.token } as Principal)
    : err(failureOf(requirement, claims));
}

/**
 * Why a requirement that does not hold does not: the first of an `all` that fails. Of an `any`, the first that more
 * scope would have met, since that can be asked for, else the first.
 */
function failureOf(requirement: Requirement, claims: JsonObject): Rejection {
  switch (requirement.kind) {
    case 'scope':
      return { reason: 'scope_insufficient', scope: requirement.values };
    case 'all': {
      const failed = requirement.of.find((each) => !requirementHolds(each, claims));
      return failed === undefined ? forbidden('all') : failureOf(failed, claims);
    }
    case 'any': {
      const failures = requirement.of.map((each) => failureOf(each, claims));
      const lacksScope = failures.find(({ reason }) => reason === 'scope_insufficient');
      return lacksScope ?? failures[0] ?? forbidden('any');
    }
    case 'not':
      return forbidden(`not ${describeRequirement(requirement.of)}`);
    default:
      return forbidden(requirement.name);
  }
}

const forbidden = (evidence: string): Rejection => ({ reason: 'claim_forbidden', evidence });
