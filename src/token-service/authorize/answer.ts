import { type Page, pageAnswer, redirectAnswer } from '../page.ts';

/** RFC 6749 §4.1.2.1, RFC 8707 §2, RFC 9101 §5, OpenID Connect Core 1.0 §3.1.2.6. */
export type AuthorizationError =
  | 'invalid_request'
  | 'unauthorized_client'
  | 'access_denied'
  | 'unsupported_response_type'
  | 'invalid_scope'
  | 'server_error'
  | 'temporarily_unavailable'
  | 'invalid_target'
  | 'request_not_supported'
  | 'request_uri_not_supported'
  | 'login_required'
  | 'interaction_required'
  | 'consent_required'
  | 'account_selection_required';

/** Where the answer to a client goes. */
export interface ClientReturn {
  /** Registered for the client. */
  readonly redirectUri: string;
  readonly state: string | null;
}

/** RFC 6749 §4.1.2 by query, with `iss` (RFC 9207 §2) in errors as well. The URI stays as it is registered. */
export function answerClient(
  { redirectUri, state }: ClientReturn,
  issuer: string,
  answer:
    | { readonly code: string }
    | { readonly error: AuthorizationError; readonly error_description: string },
  cookies: readonly string[] = [],
): Response {
  const parameters = new URLSearchParams({ ...answer, ...(state === null ? {} : { state }), iss: issuer });
  return redirectAnswer(`${redirectUri}${redirectUri.includes('?') ? '&' : '?'}${parameters}`, cookies);
}

/** For a request that may not be answered to anywhere (RFC 6749 §4.1.2.1): the person is told. */
export const refusalPage = (text: string, more: Partial<Page> = {}): Response =>
  pageAnswer({ status: 400, title: 'This login cannot go on', text, ...more });
