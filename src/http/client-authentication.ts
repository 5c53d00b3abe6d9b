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
 * Authenticates a confidential client by `client_secret_basic` (RFC 6749 §2.3.1): identifier and secret are
 * form-encoded before they become an HTTP Basic user-id and password (RFC 7617). Credentials in the body are refused.
 */
export async function authenticateClient<Client extends ConfidentialClient>(
  authorization: string | null,
  form: ReadonlyMap<string, string>,
  clients: readonly Client[],
): Promise<Result<Client, Fault>> {
  if (form.has('client_secret') || form.has('client_assertion')) {
    return err({ status: 400, detail: 'Client credentials go into the Authorization header, once.' });
  }
  const presented = basicCredentials(authorization);
  if (presented === undefined) {
    return err(INVALID_CLIENT);
  }
  const client = clients.find(({ clientId }) => clientId === presented.clientId);
  const secretHolds = await provesSecret(presented.secret, client?.secret);
  if (client === undefined || !secretHolds) {
    return err(INVALID_CLIENT);
  }
  const named = form.get('client_id');
  return named === undefined || named === client.clientId
    ? ok(client)
    : err({ status: 400, detail: 'client_id names another client than the Authorization header.' });
}

/** User-id and password of an HTTP Basic header, form-decoded (RFC 6749 §2.3.1); undefined for anything else. */
export function basicCredentials(
  authorization: string | null,
): { clientId: string; secret: string } | undefined {
  const encoded = /^basic +([A-Za-z0-9+/]+={0,2})$/i.exec(authorization ?? '')?.[1];
  if (encoded === undefined) {
    return undefined;
  }
  try {
    const text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(
      Uint8Array.fromBase64(encoded),
    );
    const colon = text.indexOf(':');
    return colon < 1
      ? undefined
      : { clientId: formDecoded(text.slice(0, colon)), secret: formDecoded(text.slice(colon + 1)) };
  } catch {
    return undefined;
  }
}

/** RFC 6749 Appendix B. Throws `URIError` for a broken percent-encoding. */
const formDecoded = (text: string): string => decodeURIComponent(text.replaceAll('+', ' '));
