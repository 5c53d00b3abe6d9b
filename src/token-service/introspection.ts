import { revocationKey } from '../core/key-names.ts';
import { UNAVAILABLE } from '../http/fault.ts';
import { json, oauthError, problemAnswer } from '../http/problem.ts';
import { readClientRequest } from './client-request.ts';
import { readGrantToken } from './grants/grant-token.ts';
import { type OwnToken, ownAccessToken } from './own-token.ts';
import type { Client } from './policy.ts';
import type { Exchange } from './ports.ts';

const INACTIVE = { active: false } as const;
const READ_TIMEOUT_MS = 1_000;

/**
 * `POST /introspect` (RFC 7662), for confidential clients. An access token is told to its own client and to clients that
 * have its audience among their resources; a refresh token to its own client alone. Everything else is inactive (§2.2).
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

async function statusOf(token: OwnToken, { ports }: Exchange): Promise<'active' | 'revoked' | 'unknown'> {
  if (ports.denyList === undefined) return 'active';
  const { issuer } = ports.policy;
  const keys = [
    revocationKey('jti', issuer, token.jti),
    ...(token.sid === undefined ? [] : [revocationKey('sid', issuer, token.sid)]),
  ];
  const watermarks = [
    revocationKey('sub', issuer, token.subject),
    revocationKey('client_id', issuer, token.clientId),
  ];
  const answer = await ports.denyList.reader.read([...keys, ...watermarks], READ_TIMEOUT_MS);
  if (!answer.ok) return 'unknown';
  const { values } = answer.value;
  const isNamed = values.slice(0, keys.length).some((found) => found !== undefined);
  const isBefore = values
    .slice(keys.length)
    .some(
      (found) =>
        found !== undefined && !(found.issuedBefore !== undefined && token.issuedAt > found.issuedBefore),
    );
  return isNamed || isBefore ? 'revoked' : 'active';
}
