import { isFormEncoded, uniqueParameters } from '../../http/body.ts';
import { startLogin } from '../login/start.ts';
import { readLoginAsk } from '../login/wishes.ts';
import { pageAnswer } from '../page.ts';
import type { SessionPolicy } from '../policy.ts';
import type { Exchange } from '../ports.ts';
import { currentGrant } from './replaced.ts';
import { readReturnTo } from './return-to.ts';

const MAX_QUERY = 4_096;

/**
 * `GET /session/login`: sends the browser to a provider; a link may lead here from anywhere. Parameters: `return_to`, a path
 * of this site; `upstream`; `prompt`, `login_hint`, `acr_values`, `max_age`, which go on to the provider.
 */
export async function serveSessionLogin(session: SessionPolicy, exchange: Exchange): Promise<Response> {
  const { search } = new URL(exchange.request.url);
  const query =
    search.length <= MAX_QUERY && isFormEncoded(search)
      ? uniqueParameters(new URLSearchParams(search))
      : undefined;
  if (query === undefined || !query.ok)
    return refuse('The address of this login is not one that is used here.');
  const parameters = new Map([...query.value].filter(([, value]) => value !== ''));
  const returnTo = readReturnTo(parameters.get('return_to') ?? '/', session.origin);
  if (returnTo === undefined) return refuse('The login would lead back to a place that is not of this site.');
  const ask = readLoginAsk(parameters, session.upstreams);
  if (!ask.ok) return refuse(`${ask.error} is not one that can be asked for.`);
  const started = await startLogin(
    ask.value,
    { kind: 'session', returnTo, replaces: await currentGrant(session, exchange) },
    exchange,
  );
  if (started.ok) return started.value;
  return started.error === 'unavailable'
    ? unavailablePage(returnTo)
    : refuse('The address of this login is too long.');
}

const refuse = (text: string): Response =>
  pageAnswer({ status: 400, title: 'This login cannot begin', text });

export const unavailablePage = (returnTo: string): Response =>
  pageAnswer({
    status: 503,
    title: 'Logging in is not possible now',
    text: 'The login provider does not answer. Nothing is wrong with your account; try again in a moment.',
    next: { url: loginAgain(returnTo), label: 'Try again' },
  });

/** The same login once more. */
export const loginAgain = (returnTo: string): string =>
  `/session/login?${new URLSearchParams({ return_to: returnTo })}`;
