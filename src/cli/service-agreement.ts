import { durationText } from '../config/duration.ts';
import { type ConfigProblem, problem, quoted } from '../config/problem.ts';
import type { TokenProfile } from '../core/policy.ts';
import type { Resource, ServicePolicy } from '../token-service/policy.ts';
import {
  type Control,
  compareObjects,
  compareStores,
  type Disagreement,
  type Gateway,
  redisOf,
} from './agreement.ts';
import type { WranglerFile } from './wrangler-file.ts';

export interface Service {
  readonly file: WranglerFile;
  readonly policy: ServicePolicy;
}

/**
 * Where the gateway would refuse what the token service issues, or would let in again what it has ended. Paths are those of
 * the token service's file. A gateway that does not trust the service is told of, and nothing else compared: it may be
 * another's. Does NOT know secrets that are set at deploy.
 */
export function compareService(gateway: Gateway, { file, policy }: Service): Disagreement {
  const problems: ConfigProblem[] = [];
  const profiles = gateway.policy.issuers.filter(({ issuer }) => issuer === policy.issuer);
  if (profiles.length === 0) {
    const known = quoted(gateway.policy.issuers.map(({ issuer }) => issuer));
    const allowed = `an issuer of the gateway (${known}), for tokens that it is to take`;
    const path = ['TOKEN_SERVICE', 'issuer'];
    return { problems, warnings: [problem(path, quoted([policy.issuer]), allowed)] };
  }
  for (const profile of profiles) compareProfile(profile, policy, problems);
  const files = { gateway: gateway.file, own: file };
  const hasDenyList = file.objects.has('REVOCATIONS') || redisOf(file) !== undefined;
  if (hasDenyList) compareStores(files, problems);
  compareObjects('METRICS', 'what is counted here is added up there', files, problems);
  return { problems, warnings: [] };
}

function compareProfile(profile: TokenProfile, policy: ServicePolicy, problems: ConfigProblem[]): void {
  const { algorithm, accessToken } = policy;
  const at = (key: string) => ['TOKEN_SERVICE', key];
  const where = `ISSUERS.${profile.name} of the gateway`;
  if (!profile.algorithms.has(algorithm)) {
    const allowed = `${quoted([...profile.algorithms])}, as in ${where}`;
    problems.push(problem(at('algorithm'), quoted([algorithm]), allowed));
  }
  if (accessToken.lifetimeSeconds > profile.maxTokenLifetimeSeconds) {
    const most = durationText(profile.maxTokenLifetimeSeconds * 1_000);
    const allowed = `at most ${most}, max_token_lifetime in ${where}: it refuses what lives longer`;
    const found = durationText(accessToken.lifetimeSeconds * 1_000);
    problems.push(problem(at('access_token_lifetime'), found, allowed));
  }
  if (accessToken.toleranceSeconds < profile.clockToleranceSeconds) {
    const least = durationText(profile.clockToleranceSeconds * 1_000);
    const allowed = `at least ${least}, as in ${where}: a token is accepted that long after its revocation ends`;
    problems.push(
      problem(at('clock_tolerance'), durationText(accessToken.toleranceSeconds * 1_000), allowed),
    );
  }
  if (profile.audienceClaim === 'aud') compareAudience(profile, policy, problems);
}

/** Each table of resources may be another API's; one at least is to be the gateway's. */
function compareAudience(
  { name, audience, encryption }: TokenProfile,
  { resources }: ServicePolicy,
  problems: ConfigProblem[],
): void {
  if (audience === 'any') return;
  const meant = audience.flatMap((each) => resources.get(each) ?? []);
  if (meant.length === 0 && audience.length > 0) {
    const found = quoted([...resources.keys()]);
    const allowed = `a table with ${quoted(audience)}, an audience in ISSUERS.${name} of the gateway`;
    problems.push(problem(['RESOURCES'], found, allowed));
  }
  const fault = (resource: Resource, found: string, allowed: string) =>
    problems.push(problem(['RESOURCES', resource.name, 'encryption_jwk'], found, allowed));
  for (const resource of meant) {
    if (resource.encryption !== undefined && encryption === undefined) {
      fault(resource, 'a key', `none: ISSUERS.${name} of the gateway has no decryption_keys`);
    }
    if (resource.encryption === undefined && encryption?.required === true) {
      fault(resource, 'nothing', `the gateway's key: ISSUERS.${name} there takes encrypted tokens alone`);
    }
  }
}

/**
 * A subject's watermark ends logins at their next refresh, so it is to be kept as long as they last. Only told, since
 * access tokens are refused all the same. Paths are those of the token service's file.
 */
export function compareLogins({ policy: { issuers } }: Control, { policy }: Service): Disagreement {
  const profile = issuers.get(policy.issuer);
  const lasting =
    policy.session !== undefined ||
    [...policy.clients.values()].some(({ grants }) => grants.has('refresh_token'));
  const kept = profile?.maxTokenLifetimeSeconds ?? Number.POSITIVE_INFINITY;
  if (!lasting || kept >= policy.family.absoluteSeconds) return { problems: [], warnings: [] };
  const found = durationText(policy.family.absoluteSeconds * 1_000);
  const allowed = `at most ${durationText(kept * 1_000)}, max_token_lifetime in ISSUERS.${profile?.name} of the control Worker: after that, the login of a subject that is revoked there can be refreshed again`;
  return { problems: [], warnings: [problem(['TOKEN_SERVICE', 'absolute_lifetime'], found, allowed)] };
}
