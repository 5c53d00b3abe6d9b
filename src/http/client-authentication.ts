import { err, ok, type Result } from '../core/result.ts';
import type { Fault } from './fault.ts';
import { provesSecret } from './secret.ts';

/** A client that keeps a secret (RFC 6749 §2.1). */
export interface ConfidentialClient {
  readonly clientId: string;
  readonly secret: string;
}

const INVALID_CLIENT: Fault = {
  status: 401,
  detail: 'The client is not known or its secret is wrong.',
  headers: { 'WWW-Authenticate': 'Basic realm="revocation", charset="UTF-8"' },
};

/**
 * Authenticates a confidential client by `client_secret_basic` (RFC 6749 §2.3.1), see `clientBySecret`. Credentials in
 * the body are refused.
 */
export async function authenticateClient<Client extends ConfidentialClient>(
  authorization: string | null,
  form: ReadonlyMap<string, string>,
  clients: readonly Client[],
): Promise<Result<Client, Fault>> {
  if (form.has('client_secret') || form.has('client_assertion')) {
    return err({ status: 400, detail: 'Client credentials go into the Authorization header, once.' });
  }
  const client = await clientBySecret(
    authorization,
    (id) => clients.find(({ clientId }) => clientId === id),
    ({ secret }) => secret,
  );
  if (client === undefined) {
    return err(INVALID_CLIENT);
  }
  const named = form.get('client_id');
  return named === undefined || named === client.clientId
    ? ok(client)
    : err({ status: 400, detail: 'client_id names another client than the Authorization header.' });
}

/**
 * The client whose identifier and secret stand in an HTTP Basic header (RFC 7617): form-encoded, as RFC 6749 §2.3.1 has
 * it, or as they are, as many clients send them. Either way only who knows the secret can write it.
 */
export async function clientBySecret<Client>(
  authorization: string | null,
  find: (clientId: string) => Client | undefined,
  secretOf: (client: Client) => string | undefined,
): Promise<Client | undefined> {
  const written = basicCredentials(authorization);
  if (written === undefined) {
    return undefined;
  }
  const decoded = formDecoded(written);
  const isPlain = decoded?.clientId === written.clientId && decoded.secret === written.secret;
  for (const presented of decoded === undefined || isPlain ? [written] : [decoded, written]) {
    const client = find(presented.clientId);
    const holds = await provesSecret(presented.secret, client && secretOf(client));
    if (client !== undefined && holds) {
      return client;
    }
  }
  return undefined;
}

interface Credentials {
  readonly clientId: string;
  readonly secret: string;
}

function basicCredentials(authorization: string | null): Credentials | undefined {
  const encoded = /^basic +([A-Za-z0-9+/]+={0,2})$/i.exec(authorization ?? '')?.[1];
  if (encoded === undefined) {
    return undefined;
  }
  try {
    const text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(
      Uint8Array.fromBase64(encoded),
    );
    const colon = text.indexOf(':');
    return colon < 1 ? undefined : { clientId: text.slice(0, colon), secret: text.slice(colon + 1) };
  } catch {
    return undefined;
  }
}

/** RFC 6749 Appendix B; undefined for a broken percent-encoding. */
function formDecoded({ clientId, secret }: Credentials): Credentials | undefined {
  try {
    const [id, password] = [clientId, secret].map((text) => decodeURIComponent(text.replaceAll('+', ' ')));
    return { clientId: id ?? '', secret: password ?? '' };
  } catch {
    return undefined;
  }
}
