import { grantsScope, saysScope } from '../../access/scope.ts';
import { isObject } from '../../core/json.ts';
import type { Access } from '../../core/policy.ts';
import { stateOf } from '../../core/rejection.ts';
import { err, ok, type Result } from '../../core/result.ts';
import { endOf } from '../../core/token-lifetime.ts';
import type { VerifiedToken } from '../../core/verified-token.ts';
import { verifyJwt } from '../../tokens/verify.ts';
import { methodsOf } from '../access-token/claims.ts';
import { issueAccessToken } from '../access-token/issue.ts';
import { isUnknown } from '../client-request.ts';
import { digestOf } from '../digest.ts';
import { scopeFor } from '../grants/scope.ts';
import type { Client } from '../policy.ts';
import { type Exchange, signerOf } from '../ports.ts';
import {
  answerOf,
  askedResource,
  askedScope,
  fault,
  type GrantHandler,
  refusal,
  type TokenFault,
} from './answer.ts';
import { profilesNamed } from './jwt-bearer.ts';

const ACCESS_TOKEN = 'urn:ietf:params:oauth:token-type:access_token';
const JWT = 'urn:ietf:params:oauth:token-type:jwt';

/** As a route that checks on every request, and refuses on doubt. */
const SUBJECT_TOKENS: Pick<Access, 'name' | 'revocation'> = {
  name: 'token-exchange',
  revocation: { mode: 'strict', maxStalenessSeconds: 0, onUnavailable: 'reject', timeoutMs: 1_000 },
};

/**
 * RFC 8693 §2: a token of another issuer (or of this one) for an access token of ours, for the same subject, never for
 * more scope or for longer. What the issuer's table says of its tokens holds here too; one that is revoked is refused, and, as
 * at the gateway, one that could not be. One bound to a key (`cnf`, RFC 7800) is refused, and its `act` (§4.1) is carried over.
 * Does NOT support delegation (`actor_token`), nor look at `may_act` (§4.4): the client's `subject_token_issuers` say who may.
 */
export const byTokenExchange: GrantHandler = async ({ client, parameters }, exchange) => {
  const { ports, context } = exchange;
  const subjectToken = parameters.get('subject_token');
  const type = parameters.get('subject_token_type');
  const requested = parameters.get('requested_token_type') ?? ACCESS_TOKEN;
  if (subjectToken === undefined || type === undefined) {
    return fault('invalid_request', 'subject_token and subject_token_type belong together.');
  }
  if (parameters.has('actor_token') || parameters.has('actor_token_type')) {
    return fault('invalid_request', 'There is no delegation here: no actor_token.');
  }
  if (parameters.has('audience'))
    return fault('invalid_target', 'The target is named by resource (RFC 8707).');
  if (![ACCESS_TOKEN, JWT].includes(type) || ![ACCESS_TOKEN, JWT].includes(requested)) {
    return fault('invalid_request', 'Only access tokens that are JWTs are exchanged.');
  }
  const asked = askedScope(parameters);
  if (!asked.ok) return asked;
  const resource = askedResource(parameters, client.resources, ports.policy);
  if (!resource.ok) return resource;
  const verified = await subjectOf(subjectToken, client, exchange);
  if (!verified.ok) return verified;
  const { claims, profile } = verified.value;
  const exp = endOf(verified.value, profile);
  const { sub, sid, auth_time: authTime, acr, amr, act, cnf } = claims;
  // RFC 7800 §3: bound to a key that nobody proves here. What we issue is a bearer token, and would take the binding off.
  if (cnf !== undefined && cnf !== null) {
    return fault('invalid_request', 'The subject token is bound to a key (cnf) and cannot be exchanged.');
  }
  const actor = act ?? undefined;
  if (actor !== undefined && !isObject(actor)) {
    return fault('invalid_request', 'The subject token names an actor (act) that is no object.');
  }
  if (typeof sub !== 'string' || sub === '' || exp === undefined) return refusal('invalid_grant');
  // Not with the logins: one person's page may call several services, and each of them exchanges.
  if (!(await ports.withinRate(`subject:${await digestOf(sub)}`))) return err({ code: 'rate_exceeded' });
  const scope = scopeFor(asked.value, mayGrant(verified.value, client), resource.value);
  if (!scope.ok) return refusal(scope.error);
  const facts = {
    subject: sub,
    clientId: client.clientId,
    scope: scope.value,
    // The end of a login of ours ends what was made of it.
    sid: verified.value.issuer === ports.policy.issuer && typeof sid === 'string' ? sid : undefined,
    authTime: typeof authTime === 'number' ? authTime : undefined,
    acr: typeof acr === 'string' ? acr : undefined,
    amr: methodsOf(amr) ?? undefined,
    // RFC 8693 §4.1: whoever already acts for the subject is still told of.
    actor,
    login: claims,
  };
  const { accessToken } = ports.policy;
  const lifetimeSeconds = Math.min(accessToken.lifetimeSeconds, Math.floor(exp - context.now));
  if (lifetimeSeconds < 1) return refusal('invalid_grant');
  const limited = { ...ports.policy, accessToken: { ...accessToken, lifetimeSeconds } };
  const issuer = { policy: limited, sign: signerOf(ports) };
  const issued = await issueAccessToken(facts, resource.value, issuer, context.now);
  if (!issued.ok) return refusal(issued.error);
  const { token, expiresInSeconds } = issued.value;
  const body = answerOf({
    granted: true,
    accessToken: token,
    expiresInSeconds,
    scope: scope.value,
    refreshToken: null,
  });
  return body.ok ? ok({ ...body.value, issued_token_type: requested }) : body;
};

/** Down-scoping: what the client may have, and of that no more than the subject token has, where it says. */
function mayGrant(subject: VerifiedToken, client: Client): readonly string[] {
  const says = saysScope(subject);
  return [...client.scope].filter((value) => !says || grantsScope(subject, value));
}

async function subjectOf(
  token: string,
  client: Client,
  { ports, context }: Exchange,
): Promise<Result<VerifiedToken, TokenFault>> {
  const profiles = profilesNamed(client.subjectTokenIssuers, ports.policy.issuers, (issuer) => issuer);
  const verified = await verifyJwt(token, profiles, { ...ports, cache: undefined }, context);
  if (!verified.ok) {
    // RFC 8693 §2.2.2: an unacceptable subject token is invalid_request.
    return isUnknown(verified.error)
      ? err({ code: 'unavailable' })
      : fault('invalid_request', 'The subject token is not accepted.');
  }
  if (ports.denyList === undefined) return verified;
  const live = await ports.denyList.revocation.check(verified.value, SUBJECT_TOKENS, context);
  if (live.ok) return verified;
  return stateOf(live.error) === 'unknown'
    ? err({ code: 'unavailable' })
    : fault('invalid_request', 'The subject token is not accepted.');
}
