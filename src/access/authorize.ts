import type { Circumstances } from '../core/circumstances.ts';
import type { LiveToken, Principal } from '../core/principal.ts';
import type { Rejection } from '../core/rejection.ts';
import type { Requirement } from '../core/requirement.ts';
import { err, ok, type Result } from '../core/result.ts';
import type { VerifiedToken } from '../core/verified-token.ts';
import { describeRequirement } from './describe-requirement.ts';
import { requirementHolds } from './requirement.ts';

/**
 * Whether what a live token says, and how it is used, meets what is required. Rejects with `scope_insufficient` (403,
 * RFC 6750 §3.1), which names the scope that would do, with `authentication_insufficient` (401, RFC 9470 §3), which
 * names how or how recently to authenticate, or with `claim_forbidden` (403), which tells a client nothing.
 */
export function authorize(
  live: LiveToken,
  requirement: Requirement,
  circumstances: Circumstances,
): Result<Principal> {
  const { token } = live;
  return requirementHolds(requirement, token, circumstances)
    ? ok({ token } as Principal)
    : err(failureOf(requirement, token, circumstances));
}

/**
 * Why a requirement that does not hold does not: the first of an `all` that fails. Of an `any`, the first that a client
 * can do something about, by more scope or by another authentication, else the first.
 */
function failureOf(requirement: Requirement, token: VerifiedToken, circumstances: Circumstances): Rejection {
  switch (requirement.kind) {
    case 'scope':
      return { reason: 'scope_insufficient', scope: requirement.values, ...evidenceOf(requirement) };
    case 'authentication': {
      const { acr, maxAgeSeconds } = requirement;
      const evidence = requirement.at ?? describeRequirement(requirement);
      return { reason: 'authentication_insufficient', evidence, acr, maxAgeSeconds };
    }
    case 'all': {
      const failed = requirement.of.find((each) => !requirementHolds(each, token, circumstances));
      return failed === undefined ? forbidden('all') : failureOf(failed, token, circumstances);
    }
    case 'any': {
      const failures = requirement.of.map((each) => failureOf(each, token, circumstances));
      const mendable = failures.find(({ reason }) => reason !== 'claim_forbidden');
      return mendable ?? failures[0] ?? forbidden('any');
    }
    default:
      return forbidden(requirement.at ?? describeRequirement(requirement));
  }
}

const evidenceOf = ({ at }: { readonly at?: string }) => (at === undefined ? {} : { evidence: at });

const forbidden = (evidence: string): Rejection => ({ reason: 'claim_forbidden', evidence });
