import { err, ok, type Result } from '../../core/result.ts';
import { isFormEncoded } from '../../http/body.ts';
import { isChallenge } from '../grants/pkce.ts';
import { parseScope } from '../grants/scope.ts';
import { type LoginAsk, readLoginAsk } from '../login/wishes.ts';
import type { Client, ServicePolicy } from '../policy.ts';
import type { AuthorizationError, ClientReturn } from './answer.ts';

/** An authorization request that holds in itself (RFC 6749 §4.1.1). */
export interface AuthorizationRequest {
  readonly client: Client;
  readonly to: ClientReturn;
  readonly scope: readonly string[];
  /** Audience. */
  readonly resource: string;
  /** RFC 7636 §4.2, S256. */
  readonly challenge: string;
  readonly ask: LoginAsk;
}

/** `page`: nobody is known to whom the browser may be sent back (RFC 6749 §4.1.2.1). */
export type RequestFault =
  | { readonly tell: 'page'; readonly detail: string }
  | {
      readonly tell: 'client';
      readonly to: ClientReturn;
      readonly error: AuthorizationError;
      readonly detail: string;
    };

const MAX_QUERY = 8_192;
/** RFC 6749 Appendix A.5: VSCHAR; as long as fits into a cookie with the rest. */
const STATE = /^[\x20-\x7e]{1,1024}$/;

/** Reads the query of `/authorize`. A parameter without a value is as if omitted (RFC 6749 §3.1), a second one is an error. */
export function readAuthorizationRequest(
  search: string,
  { clients, resources }: Pick<ServicePolicy, 'clients' | 'resources'>,
): Result<AuthorizationRequest, RequestFault> {
  if (search.length > MAX_QUERY) return page('The request is too long.');
  if (!isFormEncoded(search)) return page('The request is not UTF-8.');
  const query = new URLSearchParams(search);
  const clientIds = query.getAll('client_id');
  const redirectUris = query.getAll('redirect_uri');
  if (clientIds.length !== 1 || redirectUris.length !== 1) {
    return page('The request needs one client_id and one redirect_uri.');
  }
  const client = clients.get(clientIds[0] ?? '');
  if (client === undefined) return page('The application is not known here.');
  const redirectUri = redirectUris[0] ?? '';
  if (!client.redirectUris.has(redirectUri)) {
    return page('The application is not registered for the address it wants the answer at.');
  }
  const states = query.getAll('state').filter((state) => state !== '');
  const [state = null] = states;
  const isEcho = states.length === 1 && state !== null && STATE.test(state);
  const to = { redirectUri, state: isEcho ? state : null };
  const fault = (error: AuthorizationError, detail: string) =>
    err({ tell: 'client', to, error, detail } as const);
  if (states.length > 0 && !isEcho)
    return fault('invalid_request', 'state is not 1 to 1024 characters of ASCII.');
  const parameters = new Map<string, string>();
  for (const [name, value] of query) {
    if (parameters.has(name)) return fault('invalid_request', 'A parameter stands more than once.');
    parameters.set(name, value);
  }
  for (const [name, value] of parameters) if (value === '') parameters.delete(name);
  if (parameters.has('request')) return fault('request_not_supported', 'Request objects are not taken.');
  if (parameters.has('request_uri'))
    return fault('request_uri_not_supported', 'Request objects are not taken.');
  if (!client.grants.has('authorization_code')) {
    return fault('unauthorized_client', 'The client is not registered for codes.');
  }
  const type = parameters.get('response_type');
  if (type === undefined) return fault('invalid_request', 'response_type is missing.');
  if (type !== 'code') return fault('unsupported_response_type', 'The one response type is code.');
  if ((parameters.get('response_mode') ?? 'query') !== 'query') {
    return fault('invalid_request', 'The one response mode is query.');
  }
  const challenge = parameters.get('code_challenge');
  if (challenge === undefined) return fault('invalid_request', 'code_challenge is missing.');
  if (parameters.get('code_challenge_method') !== 'S256' || !isChallenge(challenge)) {
    return fault('invalid_request', 'The code challenge is not one of the method S256.');
  }
  const asked = parameters.get('scope');
  const scope = asked === undefined ? [...client.scope] : parseScope(asked);
  if (scope === undefined || !scope.every((value) => client.scope.has(value))) {
    return fault('invalid_scope', 'The client is not registered for that scope.');
  }
  const resource = parameters.get('resource') ?? client.resources[0];
  if (resource === undefined || !client.resources.includes(resource) || !resources.has(resource)) {
    return fault('invalid_target', 'There is no such resource for this client.');
  }
  const ask = readLoginAsk(parameters, client.upstreams);
  if (!ask.ok) return fault('invalid_request', `${ask.error} is not one that can be asked for.`);
  return ok({ client, to, scope: [...new Set(scope)], resource, challenge, ask: ask.value });
}

const page = (detail: string) => err({ tell: 'page', detail } as const);
