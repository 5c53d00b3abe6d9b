import { describeRequirement } from '../access/describe-requirement.ts';
import type { TracedStage } from '../core/decision.ts';
import type { Access } from '../core/policy.ts';
import { evidenceOf } from '../core/rejection.ts';
import type { Result } from '../core/result.ts';

/** How one stage went, in words of the configuration. */
export function traced(
  stage: TracedStage['stage'],
  access: Access,
  result: Result<unknown>,
  durationMs: number,
): TracedStage {
  const rejection = result.ok ? undefined : result.error;
  return {
    stage,
    lookedAt: LOOKED_AT[stage](access),
    outcome: rejection?.reason ?? 'passed',
    evidence: rejection === undefined ? undefined : evidenceOf(rejection),
    durationMs,
  };
}

const LOOKED_AT: { readonly [stage in TracedStage['stage']]: (access: Access) => string } = {
  credentials: ({ sources }) => sources.map(({ kind }) => kind).join(', '),
  verification: ({ profiles }) =>
    [...profiles.values()].flatMap((those) => those.map(({ name }) => name)).join(', '),
  revocation: ({ revocation }) => revocation.mode,
  requirement: ({ requirement }) => describeRequirement(requirement),
};
