import { readGrantToken } from '../grants/grant-token.ts';
import { answerOf, askedScope, fault, type GrantHandler, refusal } from './answer.ts';

/** RFC 6749 §4.1.3 with PKCE (RFC 7636 §4.5). */
export const byAuthorizationCode: GrantHandler = async ({ client, parameters }, { ports }) => {
  const code = parameters.get('code');
  const redirectUri = parameters.get('redirect_uri');
  const verifier = parameters.get('code_verifier');
  if (code === undefined || redirectUri === undefined || verifier === undefined) {
    return fault('invalid_request', 'code, redirect_uri and code_verifier belong together.');
  }
  const scope = askedScope(parameters);
  if (!scope.ok) return scope;
  const token = readGrantToken(code);
  if (token?.kind !== 'code') return refusal('invalid_grant');
  const ask = {
    clientId: client.clientId,
    scope: scope.value ?? null,
    resource: parameters.get('resource') ?? null,
  };
  const grant = ports.grants.getByName(token.grantId);
  return answerOf(await grant.redeem(code, ask, redirectUri, verifier));
};
