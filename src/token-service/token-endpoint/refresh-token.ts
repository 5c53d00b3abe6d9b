import { err } from '../../core/result.ts';
import { callerAddress } from '../caller-address.ts';
import { readGrantToken } from '../grants/grant-token.ts';
import { answerOf, askedScope, fault, type GrantHandler, refusal } from './answer.ts';

/** RFC 6749 §6. */
export const byRefreshToken: GrantHandler = async ({ client, parameters }, { request, ports }) => {
  const text = parameters.get('refresh_token');
  if (text === undefined) return fault('invalid_request', 'refresh_token is missing.');
  const scope = askedScope(parameters);
  if (!scope.ok) return scope;
  const token = readGrantToken(text);
  if (token?.kind !== 'refresh') return refusal('invalid_grant');
  // Of a client and an address together: nobody can use up what a public client's users have.
  if (!(await ports.withinRate(`client:${client.name} ip:${callerAddress(request)}`, 'refresh'))) {
    return err({ code: 'rate_exceeded' });
  }
  const ask = {
    clientId: client.clientId,
    scope: scope.value ?? null,
    resource: parameters.get('resource') ?? null,
  };
  const answer = await ports.grants.getByName(token.grantId).refresh(text, ask);
  ports.counting?.counters.refreshed(answer);
  return answerOf(answer);
};
