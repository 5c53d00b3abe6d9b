import { UNAVAILABLE } from '../../http/fault.ts';
import { json, problemAnswer } from '../../http/problem.ts';
import { lookupsNamed } from '../../revocation/predicates.ts';
import { statusOfNamed } from '../grants/deny-list.ts';
import { cookieOf } from '../login/cookies.ts';
import { type OwnToken, ownAccessToken } from '../own-token.ts';
import type { SessionPolicy } from '../policy.ts';
import type { Exchange } from '../ports.ts';
import { ACCESS_COOKIE } from './cookies.ts';
import { LOGGED_OUT } from './refresh.ts';

/**
 * `GET /session`: who is logged in and until when the access token is good, never the token. 401 when nobody is, or the token
 * has expired; 503 when the deny-list cannot say whether the session has ended.
 */
export async function serveSession(session: SessionPolicy, exchange: Exchange): Promise<Response> {
  const { ports } = exchange;
  const token = await sessionToken(session, exchange, 'required');
  if (token === undefined) return problemAnswer(LOGGED_OUT);
  if (ports.denyList !== undefined) {
    const { jti, subject: sub, sid, clientId, kid, issuedAt } = token;
    const names = { jti, sub, sid, client_id: clientId, kid };
    const lookups = lookupsNamed(ports.policy.issuer, names, issuedAt);
    const status = await statusOfNamed(ports.denyList.reader, lookups);
    if (status === 'unknown') return problemAnswer(UNAVAILABLE);
    if (status === 'revoked') return problemAnswer(LOGGED_OUT);
  }
  return json(200, { sub: token.subject, scope: token.scope ?? '', expires_at: token.expiresAt });
}

/** The access token in the cookie, where it is one of this session's. */
export async function sessionToken(
  session: SessionPolicy,
  exchange: Exchange,
  expiry: 'required' | 'ignored',
): Promise<OwnToken | undefined> {
  const text = cookieOf(exchange.request, ACCESS_COOKIE);
  const token = text === undefined ? undefined : await ownAccessToken(text, exchange, expiry);
  return token?.clientId === session.clientId ? token : undefined;
}
