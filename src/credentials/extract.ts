import { err, ok, type Result } from '../core/result.ts';
import { hasAccessToken } from './parameter-spellings.ts';

const SCHEME = 'Bearer ';

/** RFC 6750 §2.1 `credentials`; the scheme in any case (RFC 9110 §11.1). */
const BEARER_CREDENTIALS = /^bearer +([\w.~+/-]+=*)$/i;
const BEARER_SCHEME = /^bearer(?![!#$%&'*+.^_`|~0-9a-z-])/i;

/** The runtime joins a header sent twice with `, `. */
const SECOND_BEARER = /,\s*bearer(?![!#$%&'*+.^_`|~0-9a-z-])/i;

/**
 * The one bearer token of a request: from `Authorization` alone (RFC 6750 §2.1), not parsed, at most `maxTokenBytes`.
 * `search` is the request's query, `''` or `?...`.
 * - none, or another scheme: `credentials_missing`; a token in the query alone is none (RFC 6750 §2.3, RFC 9700 §4.3.2)
 * - longer than the cap, looked at before anything else: `token_too_large`
 * - `Authorization` twice, or besides it a token in the query or in `Proxy-Authorization`: `credentials_multiple`
 *   (RFC 6750 §3.1, "more than one method")
 * - `Bearer` without a `b64token`: `credentials_malformed`
 * The characters of a token in `known` are not looked at again: it has been through this and verified.
 * Does not look into the body (RFC 6750 §2.2), cookies or `Sec-WebSocket-Protocol`, and says nothing about the token.
 */
export function extractBearer(
  headers: Headers,
  search: string,
  maxTokenBytes: number,
  known?: { has(token: string): boolean },
): Result<string> {
  const credentials = headers.get('authorization');
  if (credentials === null) return err({ reason: 'credentials_missing' });
  if (credentials.length > SCHEME.length + maxTokenBytes) {
    return err({ reason: 'token_too_large', evidence: 'authorization' });
  }
  const rest = credentials.startsWith(SCHEME) ? credentials.slice(SCHEME.length) : '';
  const token = known?.has(rest) ? rest : BEARER_CREDENTIALS.exec(credentials)?.[1];
  if (token === undefined) return refuse(credentials);
  if (hasAccessToken(search)) {
    return err({ reason: 'credentials_multiple', evidence: 'query_access_token' });
  }
  const proxyCredentials = headers.get('proxy-authorization');
  if (proxyCredentials !== null && BEARER_SCHEME.test(proxyCredentials)) {
    return err({ reason: 'credentials_multiple', evidence: 'proxy_authorization' });
  }
  return ok(token);
}

function refuse(credentials: string): Result<string> {
  if (SECOND_BEARER.test(credentials) || (BEARER_SCHEME.test(credentials) && credentials.includes(','))) {
    return err({ reason: 'credentials_multiple', evidence: 'authorization_twice' });
  }
  return BEARER_SCHEME.test(credentials)
    ? err({ reason: 'credentials_malformed', evidence: 'b64token' })
    : err({ reason: 'credentials_missing' });
}
