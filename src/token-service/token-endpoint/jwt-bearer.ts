import type { TokenProfile, TokenProfiles } from '../../core/policy.ts';
import { err } from '../../core/result.ts';
import { verifyJwt } from '../../tokens/verify.ts';
import { methodsOf, neededClaims } from '../access-token/claims.ts';
import { isForAlone, MAX_ASSERTION_SECONDS } from '../assertion.ts';
import { isUnknown } from '../client-request.ts';
import { digestOf } from '../digest.ts';
import { grantIdOf } from '../grants/grant-token.ts';
import { answerOf, askedResource, askedScope, fault, type GrantHandler, refusal } from './answer.ts';

/**
 * RFC 7523 §2.1: somebody whom the client may bring assertions of says who has logged in; a login page of one's own, for
 * example. The grant is named by the assertion, so the same one opens no second grant, and a request that failed half-way
 * can be sent again.
 */
export const byJwtBearer: GrantHandler = async ({ client, parameters }, { ports, context }) => {
  const { policy } = ports;
  const assertion = parameters.get('assertion');
  if (assertion === undefined) return fault('invalid_request', 'assertion is missing.');
  const asked = askedScope(parameters);
  if (!asked.ok) return asked;
  const resource = askedResource(parameters, client.resources, policy);
  if (!resource.ok) return resource;
  const profiles = profilesNamed(client.assertionIssuers, policy.issuers, (issuer) => ({
    ...issuer,
    // RFC 7523 §3: the server itself, by its issuer or its token endpoint. An access token is no assertion.
    audience: [policy.issuer, `${policy.issuer}/token`],
    audienceClaim: 'aud',
    audienceOptional: false,
    expiry: 'required',
    jtiClaim: 'jti',
    types: new Set(['jwt']),
    typeRequired: false,
    profile: 'jwt',
    requiredClaims: ['sub', 'jti'],
  }));
  const verified = await verifyJwt(assertion, profiles, { ...ports, cache: undefined }, context);
  if (!verified.ok) return refusal(isUnknown(verified.error) ? 'unavailable' : 'invalid_grant');
  const { claims, issuer, profile } = verified.value;
  if (!isForAlone(policy.issuer, claims.aud)) return refusal('invalid_grant');
  const { sub, jti, exp, auth_time: authTime, acr, amr } = claims;
  if (typeof sub !== 'string' || sub === '' || typeof jti !== 'string' || typeof exp !== 'number') {
    return refusal('invalid_grant');
  }
  if (exp - context.now > MAX_ASSERTION_SECONDS + profile.clockToleranceSeconds)
    return refusal('invalid_grant');
  const subject = await digestOf(sub);
  if (!(await ports.withinRate(`subject:${subject}`, 'login'))) return err({ code: 'rate_exceeded' });
  const scope = asked.value ?? [...client.scope];
  if (!scope.every((value) => client.scope.has(value))) return refusal('invalid_scope');
  const facts = {
    clientId: client.clientId,
    subject: sub,
    scope,
    resources: [
      resource.value.audience,
      ...client.resources.filter((each) => each !== resource.value.audience),
    ],
    authTime: typeof authTime === 'number' ? authTime : context.now,
    acr: typeof acr === 'string' ? acr : null,
    amr: methodsOf(amr),
    upstream: null,
    login: JSON.stringify(neededClaims(claims, policy.resources.values())),
    refreshable: client.grants.has('refresh_token'),
  };
  const id = await grantIdOf('jwt-bearer', issuer, jti);
  const ask = { clientId: client.clientId, scope: asked.value ?? null, resource: resource.value.audience };
  return answerOf(await ports.grants.getByName(id).open(id, facts, ask));
};

/** The issuers of these table names, each as it must be for one purpose. */
export const profilesNamed = (
  names: ReadonlySet<string>,
  issuers: ReadonlyMap<string, TokenProfile>,
  purpose: (issuer: TokenProfile) => TokenProfile,
): TokenProfiles => {
  const profiles = new Map<string, TokenProfile[]>();
  for (const name of names) {
    const issuer = issuers.get(name);
    if (issuer === undefined) continue;
    profiles.set(issuer.issuer, [...(profiles.get(issuer.issuer) ?? []), purpose(issuer)]);
  }
  return profiles;
};
