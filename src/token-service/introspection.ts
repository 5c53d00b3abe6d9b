import type { RevocationStatus } from '../core/revocation.ts';
import { UNAVAILABLE } from '../http/fault.ts';
import { json, oauthError, problemAnswer } from '../http/problem.ts';
import { lookupsNamed } from '../revocation/predicates.ts';
import { readClientRequest } from './client-request.ts';
import { statusOfNamed } from './grants/deny-list.ts';
import { readGrantToken } from './grants/grant-token.ts';
import { type OwnToken, ownAccessToken } from './own-token.ts';
import type { Client } from './policy.ts';
import type { Exchange } from './ports.ts';

const INACTIVE = { active: false } as const;

/**
 * `POST /introspect` (RFC 7662), for confidential clients. An access token is told to its own client and to clients that
 * have its audience among their resources; a refresh token to its own client alone. Everything else is inactive (§2.2).
 * Does NOT look for a revoked tenant: which claim that is, a resource server's gateway knows.
 */
export async function serveIntrospection(exchange: Exchange): Promise<Response> {
  const { ports } = exchange;
  const asked = await readClientRequest(exchange);
  if (!asked.ok) return asked.error;
  const { client, parameters } = asked.value;
  if (client.authentication.method === 'none') {
    // RFC 7662 §2.1: or anyone could try tokens out here.
    return oauthError('invalid_client', {
      status: 401,
      detail: 'Introspection is for confidential clients.',
    });
  }
  const text = parameters.get('token');
  if (text === undefined) return oauthError('invalid_request', { status: 400, detail: 'token is missing.' });
  const refresh = readGrantToken(text);
  if (refresh?.kind === 'refresh') {
    const view = await ports.grants.getByName(refresh.grantId).introspect(text, client.clientId);
    if (view === 'unknown') return problemAnswer(UNAVAILABLE);
    if (view === null) return json(200, INACTIVE);
    const { facts, expiresAt, sid } = view;
    return json(200, {
      active: true,
      iss: ports.policy.issuer,
      client_id: facts.clientId,
      sub: facts.subject,
      sid,
      scope: facts.scope.join(' '),
      exp: Math.floor(expiresAt),
    });
  }
  const token = await ownAccessToken(text, exchange);
  if (token === undefined || !mayKnow(client, token)) return json(200, INACTIVE);
  const status = await statusOf(token, exchange);
  if (status === 'unknown') return problemAnswer(UNAVAILABLE);
  return json(200, status === 'revoked' ? INACTIVE : described(token, ports.policy.issuer));
}

const mayKnow = (client: Client, token: OwnToken): boolean =>
  token.clientId === client.clientId || client.resources.includes(token.audience);

const described = (token: OwnToken, iss: string) => ({
  active: true,
  iss,
  sub: token.subject,
  aud: token.audience,
  client_id: token.clientId,
  token_type: 'Bearer',
  jti: token.jti,
  iat: token.issuedAt,
  exp: token.expiresAt,
  ...(token.scope === undefined ? {} : { scope: token.scope }),
  ...(token.sid === undefined ? {} : { sid: token.sid }),
});

async function statusOf(token: OwnToken, { ports }: Exchange): Promise<RevocationStatus['state']> {
  if (ports.denyList === undefined) return 'active';
  const { jti, subject: sub, sid, clientId, kid, issuedAt } = token;
  const names = { jti, sub, sid, client_id: clientId, kid };
  return await statusOfNamed(ports.denyList.reader, lookupsNamed(ports.policy.issuer, names, issuedAt));
}
