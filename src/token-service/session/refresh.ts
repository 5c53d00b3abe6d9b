import { UNAVAILABLE } from '../../http/fault.ts';
import { json, problemAnswer } from '../../http/problem.ts';
import type { SessionPolicy } from '../policy.ts';
import type { Exchange } from '../ports.ts';
import { sessionCookies, withCookies } from './cookies.ts';
import { sessionRefresh } from './refresh-cookie.ts';
import { isSameOrigin } from './same-origin.ts';

/**
 * `POST /session/refresh`: the next pair of cookies for this one. Tabs that race get the same refresh token, byte for byte.
 * A refusal sets and clears nothing: another tab may have refreshed meanwhile, and its cookies are good.
 * 200 with `expires_in` (seconds), 401 when there is nothing to refresh, 403 for a request of another origin, 503 on doubt.
 */
export async function serveSessionRefresh(
  session: SessionPolicy,
  { request, ports }: Exchange,
): Promise<Response> {
  if (!isSameOrigin(request, session.origin)) return problemAnswer(CROSS_ORIGIN);
  const token = sessionRefresh(request);
  if (token === undefined) return problemAnswer(LOGGED_OUT);
  const ask = { clientId: session.clientId, scope: null, resource: null };
  const answer = await ports.grants.getByName(token.grantId).refresh(token.text, ask);
  ports.counting?.counters.refreshed(answer);
  if (answer.granted && answer.refreshToken !== null) {
    ports.counting?.counters.issued('session_refresh');
    const { accessToken, refreshToken, expiresInSeconds } = answer;
    const cookies = sessionCookies(session, { accessToken, refreshToken }, ports.policy.family.idleSeconds);
    return withCookies(json(200, { expires_in: expiresInSeconds }), cookies);
  }
  if (!answer.granted && answer.error === 'unavailable') return problemAnswer(UNAVAILABLE);
  if (!answer.granted && answer.error === 'too_large') {
    ports.emit({ event: 'access_token_too_large', level: 'error' });
    return problemAnswer({ status: 500, detail: 'The token would be larger than configured.' });
  }
  return problemAnswer(LOGGED_OUT);
}

export const CROSS_ORIGIN = { status: 403, detail: 'Only a page of this origin may ask for that.' } as const;
export const LOGGED_OUT = { status: 401, detail: 'Nobody is logged in.' } as const;
