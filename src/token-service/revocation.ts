import { UNAVAILABLE } from '../http/fault.ts';
import { empty, oauthError, problemAnswer } from '../http/problem.ts';
import { tokenParameterFault } from '../http/token-parameter.ts';
import { readClientRequest } from './client-request.ts';
import { readGrantToken } from './grants/grant-token.ts';
import { ownAccessToken } from './own-token.ts';
import type { Exchange } from './ports.ts';

/**
 * `POST /revoke` (RFC 7009). A refresh token ends its grant, and with it the grant's access tokens (§2.1); an access
 * token is put on the deny-list. 200 for what is no token of the client's as well (§2.2): it has what it wants.
 */
export async function serveRevocation(exchange: Exchange): Promise<Response> {
  const { ports, context } = exchange;
  const asked = await readClientRequest(exchange);
  if (!asked.ok) return asked.error;
  const { client, parameters } = asked.value;
  const text = parameters.get('token') ?? '';
  const fault = tokenParameterFault(text);
  if (fault !== undefined) return oauthError('invalid_request', fault);
  const refresh = readGrantToken(text);
  if (refresh?.kind === 'refresh') {
    const done = await ports.grants.getByName(refresh.grantId).revoke(text, client.clientId);
    return done ? empty(200) : problemAnswer(UNAVAILABLE);
  }
  const token = await ownAccessToken(text, exchange);
  if (token === undefined || token.clientId !== client.clientId || token.expiresAt <= context.now)
    return empty(200);
  if (ports.denyList === undefined) {
    const detail = 'Access tokens cannot be revoked here: there is no deny-list.';
    return oauthError('unsupported_token_type', { status: 400, detail });
  }
  const { issuer, accessToken } = ports.policy;
  await ports.denyList.store.revoke([
    {
      predicate: { kind: 'jti', issuer, value: token.jti },
      expiresAt: token.expiresAt + accessToken.toleranceSeconds,
      revokedAt: context.now,
      revokedBy: `client:${client.name}`,
      intake: 'rfc7009',
      reason: '',
    },
  ]);
  return empty(200);
}
