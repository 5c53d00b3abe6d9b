import { newGrantId } from '../grants/grant-token.ts';
import { findTransaction, finishLogin } from '../login/finish.ts';
import { endCookie } from '../login/transaction-cookie.ts';
import type { Exchange } from '../ports.ts';
import type { LoginFault } from '../upstream/login.ts';
import { type AuthorizationError, answerClient, refusalPage } from './answer.ts';

/**
 * `GET /authorize/callback/<upstream>`: where the provider sends the browser back to. Somebody who has logged in becomes a
 * grant that waits for its code to be used, and the client gets the code (RFC 6749 §4.1.2).
 */
export async function serveAuthorizationCallback(upstream: string, exchange: Exchange): Promise<Response> {
  const { ports } = exchange;
  const { issuer, clients } = ports.policy;
  const transaction = await findTransaction('authorize', upstream, exchange);
  const client = transaction && clients.get(transaction.purpose.clientId);
  if (transaction === undefined || client === undefined) {
    return refusalPage(
      'This browser has no such login under way, or it took too long. Start again at the application.',
    );
  }
  const { purpose, secrets } = transaction;
  const cookies = [endCookie(secrets.state)];
  // What was registered when the login began need not be any more.
  if (!client.redirectUris.has(purpose.redirectUri))
    return refusalPage('The application has changed its address.');
  const fail = (error: AuthorizationError, error_description: string) =>
    answerClient(purpose, issuer, { error, error_description }, cookies);
  const login = await attempt(() => finishLogin(transaction, exchange));
  if (login === undefined) return fail(...UNAVAILABLE);
  if (!login.ok) return fail(...told(login.error));
  const id = newGrantId();
  const facts = {
    ...login.value,
    clientId: client.clientId,
    scope: purpose.scope,
    resources: [purpose.resource, ...client.resources.filter((each) => each !== purpose.resource)],
    refreshable: client.grants.has('refresh_token'),
  };
  const binding = { redirectUri: purpose.redirectUri, challenge: purpose.challenge };
  const code = await attempt(() => ports.grants.getByName(id).begin(id, facts, binding));
  if (code === undefined) return fail(...UNAVAILABLE);
  if (code === null) return fail('access_denied', 'The login has been ended at the provider meanwhile.');
  return answerClient(purpose, issuer, { code }, cookies);
}

type Told = [AuthorizationError, string];

const UNAVAILABLE: Told = ['temporarily_unavailable', 'Not answered now. Start again.'];

/** Undefined where a part did not answer: the client hears of it, and nothing has been given out. */
async function attempt<T>(work: () => Promise<T>): Promise<T | undefined> {
  try {
    return await work();
  } catch {
    return undefined;
  }
}

/** What a client can act on; the rest is between us and the provider. */
const PASSED_ON: readonly AuthorizationError[] = [
  'login_required',
  'interaction_required',
  'consent_required',
  'account_selection_required',
];

function told(fault: LoginFault | { readonly kind: 'rate' }): Told {
  switch (fault.kind) {
    case 'rate':
    case 'unavailable':
      return UNAVAILABLE;
    case 'invalid':
      return ['server_error', 'The answer of the login provider cannot be used.'];
    case 'refused': {
      const code = PASSED_ON.find((each) => each === fault.error) ?? 'access_denied';
      return [code, 'The login provider has not logged anybody in.'];
    }
  }
}
