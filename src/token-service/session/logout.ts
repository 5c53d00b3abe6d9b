import { hasContent } from '../../core/has-content.ts';
import { readForm } from '../../http/body.ts';
import { UNAVAILABLE } from '../../http/fault.ts';
import { empty, problemAnswer } from '../../http/problem.ts';
import { endSubject } from '../grants/end-subject.ts';
import type { SessionPolicy } from '../policy.ts';
import type { Exchange } from '../ports.ts';
import { clearedCookies, withCookies } from './cookies.ts';
import { CROSS_ORIGIN, LOGGED_OUT } from './refresh.ts';
import { isSameOrigin } from './same-origin.ts';
import { sessionToken } from './who.ts';

/**
 * `POST /session/logout`: ends this session, with `all=true` every grant of its subject. The refresh cookie does not come
 * here; the access token's `sid` says which grant it belongs to, also when it has expired. 204 when it is done and the
 * deny-list knows; 202 when the session has ended and the deny-list hears of it later; 401 when the cookie says of nobody (a
 * page refreshes, then logs out); 503 when nothing is known to be done.
 */
export async function serveSessionLogout(session: SessionPolicy, exchange: Exchange): Promise<Response> {
  const { request, ports } = exchange;
  if (!isSameOrigin(request, session.origin)) return problemAnswer(CROSS_ORIGIN);
  const form = hasContent(request.body, request.headers) ? await readForm(request) : undefined;
  if (form !== undefined && !form.ok) return problemAnswer(form.error);
  const all = form?.value.get('all');
  if (all !== undefined && all !== 'true') {
    return problemAnswer({ status: 400, detail: 'all is "true", or is left out.' });
  }
  const token = await sessionToken(session, exchange, 'ignored');
  if (token?.sid === undefined) return problemAnswer(LOGGED_OUT);
  if (all === undefined) {
    const known = await ports.grants.getByName(token.sid).end('logged_out');
    return withCookies(empty(known ? 204 : 202), clearedCookies(session));
  }
  const by = { revokedBy: 'token-service', intake: 'session', reason: 'logged_out' };
  const ended = await endSubject(token.subject, { why: 'logged_out', by }, ports, exchange.context.now);
  return ended || ports.denyList !== undefined
    ? withCookies(empty(204), clearedCookies(session))
    : problemAnswer(UNAVAILABLE);
}
