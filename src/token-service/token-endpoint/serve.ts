import { readClientRequest } from '../client-request.ts';
import { GRANT_TYPES, type GrantName } from '../policy.ts';
import type { Exchange } from '../ports.ts';
import { fault, type GrantHandler, respond, type TokenResult } from './answer.ts';
import { byAuthorizationCode } from './authorization-code.ts';
import { byClientCredentials } from './client-credentials.ts';
import { byJwtBearer } from './jwt-bearer.ts';
import { byRefreshToken } from './refresh-token.ts';
import { byTokenExchange } from './token-exchange.ts';

const HANDLERS: { readonly [name in GrantName]: GrantHandler } = {
  authorization_code: byAuthorizationCode,
  refresh_token: byRefreshToken,
  client_credentials: byClientCredentials,
  jwt_bearer: byJwtBearer,
  token_exchange: byTokenExchange,
};
const NAMES = Object.keys(HANDLERS).filter((name): name is GrantName => name in HANDLERS);

/** `POST /token` (RFC 6749 §3.2). */
export async function serveToken(exchange: Exchange): Promise<Response> {
  const asked = await readClientRequest(exchange);
  if (!asked.ok) return asked.error;
  const type = asked.value.parameters.get('grant_type');
  const name = NAMES.find((each) => GRANT_TYPES[each] === type);
  const result = await answer(type, name);
  if (result.ok && name !== undefined) {
    exchange.ports.counting?.counters.issued(name, asked.value.client.name);
  }
  return respond(result, exchange);

  async function answer(given: string | undefined, grant: GrantName | undefined): Promise<TokenResult> {
    if (!asked.ok || given === undefined) return fault('invalid_request', 'grant_type is missing.');
    if (grant === undefined) return fault('unsupported_grant_type', 'There is no such grant type here.');
    return asked.value.client.grants.has(grant)
      ? await HANDLERS[grant](asked.value, exchange)
      : fault('unauthorized_client', 'The client is not registered for this grant type.');
  }
}
