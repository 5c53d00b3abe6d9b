import { issueAccessToken } from '../access-token/issue.ts';
import { scopeFor } from '../grants/scope.ts';
import { signerOf } from '../ports.ts';
import { answerOf, askedResource, askedScope, type GrantHandler, refusal } from './answer.ts';

/** RFC 6749 §4.4: the client of its own accord. No grant and no refresh token (§4.4.3). */
export const byClientCredentials: GrantHandler = async ({ client, parameters }, { ports, context }) => {
  const asked = askedScope(parameters);
  if (!asked.ok) return asked;
  const resource = askedResource(parameters, client.resources, ports.policy);
  if (!resource.ok) return resource;
  const scope = scopeFor(asked.value, [...client.scope], resource.value);
  if (!scope.ok) return refusal(scope.error);
  const facts = {
    subject: client.clientId,
    clientId: client.clientId,
    scope: scope.value,
    sid: undefined,
    authTime: undefined,
    acr: undefined,
    amr: undefined,
    actor: undefined,
    login: {},
  };
  const issuer = { policy: ports.policy, sign: signerOf(ports) };
  const issued = await issueAccessToken(facts, resource.value, issuer, context.now);
  if (!issued.ok) return refusal(issued.error);
  const { token, expiresInSeconds } = issued.value;
  return answerOf({
    granted: true,
    accessToken: token,
    expiresInSeconds,
    scope: scope.value,
    refreshToken: null,
  });
};
