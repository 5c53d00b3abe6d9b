import type { IssuerTemplate } from '../core/issuer-policy.ts';
import { parameterOf } from '../core/issuer-template.ts';
import type { TokenProfile } from '../core/policy.ts';
import { type ConfigProblem, type PathSegment, problem, quoted } from './problem.ts';

/**
 * Refuses two profiles of a route of which neither algorithm, type nor audience tells which one a token is for. A token
 * that names the audiences of both is for the first of the two, as the route lists them.
 */
export function checkDistinct(
  profiles: readonly TokenProfile[],
  at: readonly PathSegment[],
  problems: ConfigProblem[],
): void {
  profiles.forEach((one, index) => {
    for (const other of profiles.slice(0, index)) {
      if (!areAlike(one, other)) continue;
      problems.push(
        problem(
          at,
          `${quoted([other.name, one.name])}, both for ${quoted([one.issuer])}`,
          'issuers of one "iss" that differ in algorithms, types or audience, so that a token fits one of them',
        ),
      );
    }
  });
}

const areAlike = (one: TokenProfile, other: TokenProfile): boolean =>
  shareIssuer(one, other) &&
  !one.algorithms.isDisjointFrom(other.algorithms) &&
  shareType(one, other) &&
  shareAudience(one, other);

function shareIssuer(one: TokenProfile, other: TokenProfile): boolean {
  if (one.template !== undefined && other.template !== undefined) {
    return shareParameter(one.template, other.template);
  }
  if (one.template !== undefined) return parameterOf(other.issuer, one.template) !== undefined;
  if (other.template !== undefined) return parameterOf(one.issuer, other.template) !== undefined;
  return one.issuer === other.issuer;
}

/** Placeholders at different places may meet in one text; whether they do is not worth telling from the case that they may. */
function shareParameter(one: IssuerTemplate, other: IssuerTemplate): boolean {
  if (one.before !== other.before || one.after !== other.after) {
    const starts = one.before.startsWith(other.before) || other.before.startsWith(one.before);
    return starts && (one.after.endsWith(other.after) || other.after.endsWith(one.after));
  }
  if (one.allowed === 'guid' && other.allowed === 'guid') return true;
  const [listed, rest] = one.allowed === 'guid' ? [other, one] : [one, other];
  return [...(listed.allowed as ReadonlySet<string>)].some(
    (value) => parameterOf(`${rest.before}${value}${rest.after}`, rest) !== undefined,
  );
}

function shareType(one: TokenProfile, other: TokenProfile): boolean {
  if (one.types === 'any' || other.types === 'any') return true;
  return (!one.typeRequired && !other.typeRequired) || !one.types.isDisjointFrom(other.types);
}

function shareAudience(one: TokenProfile, other: TokenProfile): boolean {
  if (one.audience === 'any' || other.audience === 'any') return true;
  if (one.audienceOptional && other.audienceOptional) return true;
  const [mine, theirs] = [new Set(one.audience), new Set(other.audience)];
  return one.audienceClaim === other.audienceClaim
    ? !mine.isDisjointFrom(theirs)
    : one.audienceOptional || other.audienceOptional;
}
