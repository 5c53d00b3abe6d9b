import { newGrantId } from '../grants/grant-token.ts';
import { findTransaction, finishLogin } from '../login/finish.ts';
import { endCookie } from '../login/transaction-cookie.ts';
import { pageAnswer } from '../page.ts';
import type { SessionPolicy } from '../policy.ts';
import type { Exchange } from '../ports.ts';
import { sessionCookies } from './cookies.ts';
import { loginAgain, unavailablePage } from './login.ts';
import { currentGrant, endReplaced } from './replaced.ts';

/**
 * `GET /session/callback/<upstream>`: where the provider sends the browser back to. The answer sets the cookies and is a page
 * that goes on by itself rather than a redirect: what follows a redirect counts as coming from the provider's site still, and
 * a `SameSite=Strict` cookie would not be sent with it (RFC 6265bis §5.2); what a page of ours follows comes from here.
 */
export async function serveSessionCallback(
  session: SessionPolicy,
  upstream: string,
  exchange: Exchange,
): Promise<Response> {
  const { ports } = exchange;
  const transaction = await findTransaction('session', upstream, exchange);
  if (transaction === undefined) {
    return pageAnswer({
      status: 400,
      title: 'This login cannot go on',
      text: 'This browser has no such login under way, or it took too long.',
      next: { url: loginAgain('/'), label: 'Log in' },
    });
  }
  const { returnTo } = transaction.purpose;
  const headers = [['Set-Cookie', endCookie(transaction.secrets.state)]] as const;
  const again = { url: loginAgain(returnTo), label: 'Log in again' };
  const login = await finishLogin(transaction, exchange);
  if (!login.ok) {
    // The cookie stays: perhaps the provider has not been asked yet, and a reload is enough.
    if (login.error.kind === 'unavailable') return unavailablePage(returnTo);
    if (login.error.kind === 'rate') {
      return pageAnswer({
        status: 429,
        title: 'Too many logins',
        text: 'Wait a minute.',
        next: again,
        headers,
      });
    }
    const refused = login.error.kind === 'refused';
    return pageAnswer({
      status: refused ? 403 : 500,
      title: 'You are not logged in',
      text: refused
        ? 'The login provider has not logged anybody in.'
        : 'The answer of the login provider cannot be used.',
      next: again,
      headers,
    });
  }
  const id = newGrantId();
  const { clientId, scope, resource } = session;
  const facts = { ...login.value, clientId, scope, resources: [resource], refreshable: true };
  const ask = { clientId, scope: null, resource: null };
  const opened = await ports.grants.getByName(id).open(id, facts, ask);
  if (!opened.granted || opened.refreshToken === null) {
    if (!opened.granted && opened.error === 'unavailable') return unavailablePage(returnTo);
    const tooLarge = !opened.granted && opened.error === 'too_large';
    if (tooLarge) ports.emit({ event: 'access_token_too_large', level: 'error' });
    return pageAnswer({
      status: tooLarge ? 500 : 403,
      title: 'You are not logged in',
      text: tooLarge
        ? 'What the login provider says of you does not fit into a cookie.'
        : 'The login has been ended at the provider meanwhile.',
      next: again,
      headers,
    });
  }
  ports.counting?.counters.issued('session_login');
  await endReplaced([transaction.purpose.replaces, await currentGrant(session, exchange)], exchange);
  const { accessToken, refreshToken } = opened;
  const cookies = sessionCookies(session, { accessToken, refreshToken }, ports.policy.family.idleSeconds);
  return pageAnswer({
    status: 200,
    title: 'You are logged in',
    text: 'The page you wanted follows.',
    next: { url: `${session.origin}${returnTo}`, label: 'Go on' },
    headers: [...headers, ...cookies.map((cookie) => ['Set-Cookie', cookie] as const)],
  });
}
