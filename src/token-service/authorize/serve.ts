import { RATE_EXCEEDED } from '../../http/fault.ts';
import { problemAnswer } from '../../http/problem.ts';
import { startLogin } from '../login/start.ts';
import type { Exchange } from '../ports.ts';
import { type AuthorizationError, answerClient, refusalPage } from './answer.ts';
import { readAuthorizationRequest } from './request.ts';

/**
 * `GET /authorize` (RFC 6749 §3.1, §4.1.1; RFC 7636 §4.3; RFC 8707 §2; RFC 9207): has somebody log in at a provider, for a client.
 * There is no page that asks for consent: every client is the operator's own.
 */
export async function serveAuthorization(exchange: Exchange): Promise<Response> {
  const { request, ports } = exchange;
  const { issuer } = ports.policy;
  const read = readAuthorizationRequest(new URL(request.url).search, ports.policy);
  if (!read.ok) {
    const fault = read.error;
    if (fault.tell === 'page') return refusalPage(fault.detail);
    return answerClient(fault.to, issuer, { error: fault.error, error_description: fault.detail });
  }
  const { client, to, scope, resource, challenge, ask } = read.value;
  if (!(await ports.withinRate(`client:${client.name}`, 'login'))) return problemAnswer(RATE_EXCEEDED);
  const { clientId } = client;
  const started = await startLogin(
    ask,
    { kind: 'authorize', clientId, ...to, scope, resource, challenge },
    exchange,
  );
  if (started.ok) return started.value;
  const [error, error_description]: [AuthorizationError, string] =
    started.error === 'unavailable'
      ? ['temporarily_unavailable', 'The login provider does not answer now.']
      : ['invalid_request', 'The request is too long.'];
  return answerClient(to, issuer, { error, error_description });
}
