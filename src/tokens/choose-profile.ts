import { parameterOf } from '../core/issuer-template.ts';
import type { JsonObject, VerificationKey } from '../core/jose.ts';
import type { TokenProfile, TokenProfiles } from '../core/policy.ts';
import type { Rejection } from '../core/rejection.ts';
import { remember } from '../core/remember.ts';
import { resolveClaim } from '../core/resolve-claim.ts';
import { err, ok, type Result } from '../core/result.ts';
import { checkAudience, typeAccepted } from './claims.ts';
import type { DecodedToken } from './decode.ts';

/** The profile that decides about a token, and the `iss` that it is of. */
export interface Chosen {
  readonly profile: TokenProfile;
  readonly issuer: string;
}

/**
 * The profile for a token whose `iss` is known and whose `alg` is on its list (RFC 8725 §3.1, §3.8). `iss` decides by
 * exact match, or as one of a template's with the same value in the template's claim. Where several profiles are left,
 * algorithm, audience and type decide in this order, never a signature; the configuration sees to it that they can.
 * Does NOT check anything else of the one it gives.
 */
export function chooseProfile(
  { header, claims }: Pick<DecodedToken, 'header' | 'claims'>,
  profiles: TokenProfiles,
): Result<Chosen, Rejection> {
  const { iss } = claims;
  if (typeof iss !== 'string') {
    return err({ reason: iss === undefined ? 'claim_missing' : 'claim_invalid', evidence: 'iss' });
  }
  const templates = templatesOf(profiles);
  const candidates =
    templates.length === 0 ? profiles.get(iss) : candidatesAmong(iss, profiles.get(iss), templates);
  const [first, second] = candidates ?? NONE;
  if (candidates === undefined || first === undefined) {
    return err({ reason: 'issuer_untrusted', evidence: 'iss' });
  }
  const profile = second === undefined ? first : fittest(candidates, header, claims);
  const allowed: ReadonlySet<string> = profile.algorithms;
  if (!allowed.has(header.alg)) {
    return err({ reason: 'algorithm_not_allowed', evidence: 'alg' });
  }
  const fault = profile.template && tenantFault(iss, profile.template, claims);
  return fault === undefined ? ok({ profile, issuer: iss }) : err(fault);
}

const NONE: readonly TokenProfile[] = [];

/** Most routes have none: looked for once. */
const templatesOf = remember((profiles: TokenProfiles): readonly TokenProfile[] =>
  [...profiles.values()].flat().filter(({ template }) => template !== undefined),
);

/** A template's own text is the name it is kept under, and no token's `iss`. */
const candidatesAmong = (
  iss: string,
  exact: readonly TokenProfile[] = NONE,
  templates: readonly TokenProfile[],
): readonly TokenProfile[] => [
  ...exact.filter(({ template }) => template === undefined),
  ...templates.filter(({ template }) => template !== undefined && parameterOf(iss, template) !== undefined),
];

/** The first of those that are left when each question has thrown out what does not fit; what none fits is told of it. */
function fittest(
  candidates: readonly TokenProfile[],
  header: DecodedToken['header'],
  claims: JsonObject,
): TokenProfile {
  const questions: readonly ((profile: TokenProfile) => boolean)[] = [
    ({ algorithms }) => (algorithms as ReadonlySet<string>).has(header.alg),
    (profile) => checkAudience(claims, profile) === undefined,
    (profile) => typeAccepted(header.typ, profile),
  ];
  let left = candidates;
  for (const question of questions) {
    const fitting = left.filter(question);
    if (fitting.length === 0) break;
    left = fitting;
  }
  return left[0] as TokenProfile;
}

/**
 * Whether a key of a template's set may sign for this issuer: where the set says whose tokens a key signs, in words or
 * with a placeholder for any tenant, a key of one tenant signs for no other.
 */
export function signsFor({ issuer: named }: VerificationKey, { profile, issuer }: Chosen): boolean {
  if (named === undefined || profile.template === undefined) {
    return true;
  }
  const tenant = parameterOf(issuer, profile.template) ?? '';
  return named.replace(/\{\w{1,64}\}/, () => tenant) === issuer;
}

/** RFC 8725 §3.8: what the issuer's own name says of the tenant must be what the token says. */
function tenantFault(
  iss: string,
  template: NonNullable<TokenProfile['template']>,
  claims: JsonObject,
): Rejection | undefined {
  const value = resolveClaim(claims, [template.claim]);
  if (value === undefined) {
    return { reason: 'claim_missing', evidence: template.claim };
  }
  return value === parameterOf(iss, template)
    ? undefined
    : { reason: 'claim_invalid', evidence: template.claim };
}
