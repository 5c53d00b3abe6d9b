import { err, ok, type Result } from '../core/result.ts';
import { clientBySecret } from './client-authentication.ts';
import type { RegisteredClient } from './client-registration.ts';
import type { Fault } from './fault.ts';

/** Verifies a client assertion and gives the client it speaks for. 503 when that cannot be known now. */
export type VerifyAssertion = (assertion: string) => Promise<Result<string, Fault>>;

export const JWT_BEARER_ASSERTION = 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer';

const fault = (status: 400 | 401, detail: string): Fault => ({ status, detail });

/** RFC 6749 §5.2: the challenge of the scheme that was tried. */
const NOT_AUTHENTICATED: Fault = {
  status: 401,
  detail: 'The client is not known, or did not authenticate as it is registered.',
  headers: { 'WWW-Authenticate': 'Basic realm="token", charset="UTF-8"' },
};

/**
 * Finds the client of a request and has it prove itself the one way it is registered for: `client_secret_basic`
 * (RFC 6749 §2.3.1), `private_key_jwt` (RFC 7523 §2.2), or `none`, a public client that only names itself. Two ways at
 * once, a secret in the body, and two names are refused (RFC 6749 §2.3).
 */
export async function authenticateRegistered<Client extends RegisteredClient>(
  authorization: string | null,
  form: ReadonlyMap<string, string>,
  clients: ReadonlyMap<string, Client>,
  verifyAssertion: VerifyAssertion,
): Promise<Result<Client, Fault>> {
  const assertion = form.get('client_assertion');
  const assertionType = form.get('client_assertion_type');
  if (form.has('client_secret')) {
    return err(fault(400, 'A client secret goes into the Authorization header.'));
  }
  if (authorization !== null && (assertion !== undefined || assertionType !== undefined)) {
    return err(fault(400, 'A client authenticates in one way.'));
  }
  const proven =
    authorization !== null
      ? await bySecret(authorization, clients)
      : assertion !== undefined || assertionType !== undefined
        ? await byAssertion(assertion, assertionType, clients, verifyAssertion)
        : byName(form.get('client_id'), clients);
  if (!proven.ok) {
    return proven;
  }
  const named = form.get('client_id');
  return named === undefined || named === proven.value.clientId
    ? proven
    : err(fault(400, 'client_id names another client than the one that authenticates.'));
}

async function bySecret<Client extends RegisteredClient>(
  authorization: string,
  clients: ReadonlyMap<string, Client>,
): Promise<Result<Client, Fault>> {
  const client = await clientBySecret(
    authorization,
    (clientId) => clients.get(clientId),
    ({ authentication }) =>
      authentication.method === 'client_secret_basic' ? authentication.secret : undefined,
  );
  return client === undefined ? err(NOT_AUTHENTICATED) : ok(client);
}

async function byAssertion<Client extends RegisteredClient>(
  assertion: string | undefined,
  type: string | undefined,
  clients: ReadonlyMap<string, Client>,
  verify: VerifyAssertion,
): Promise<Result<Client, Fault>> {
  if (assertion === undefined || type !== JWT_BEARER_ASSERTION) {
    return err(fault(400, 'A client assertion needs its type, and one that is known.'));
  }
  const verified = await verify(assertion);
  if (!verified.ok) {
    return verified.error.status === 503 ? verified : err(NOT_AUTHENTICATED);
  }
  const client = clients.get(verified.value);
  return client?.authentication.method === 'private_key_jwt' ? ok(client) : err(NOT_AUTHENTICATED);
}

function byName<Client extends RegisteredClient>(
  clientId: string | undefined,
  clients: ReadonlyMap<string, Client>,
): Result<Client, Fault> {
  const client = clientId === undefined ? undefined : clients.get(clientId);
  return client?.authentication.method === 'none' ? ok(client) : err(NOT_AUTHENTICATED);
}
