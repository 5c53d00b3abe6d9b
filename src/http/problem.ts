import type { Fault } from './fault.ts';

const NO_STORE = { 'Cache-Control': 'no-store', 'X-Content-Type-Options': 'nosniff' } as const;

const TITLES: { readonly [status in Fault['status'] | 405]: string } = {
  400: 'Bad Request',
  401: 'Unauthorized',
  403: 'Forbidden',
  404: 'Not Found',
  405: 'Method Not Allowed',
  413: 'Content Too Large',
  415: 'Unsupported Media Type',
  422: 'Unprocessable Content',
  429: 'Too Many Requests',
  500: 'Internal Server Error',
  503: 'Service Unavailable',
};

export const json = (status: number, body: unknown, headers: Readonly<Record<string, string>> = {}) =>
  new Response(JSON.stringify(body), {
    status,
    headers: { 'Content-Type': 'application/json', ...NO_STORE, ...headers },
  });

export const empty = (status: 200 | 202 | 204) => new Response(null, { status, headers: NO_STORE });

/** RFC 9457. */
export const problem = ({
  status,
  detail,
  errors,
  headers,
}: Omit<Fault, 'status'> & { status: keyof typeof TITLES }) =>
  json(
    status,
    { type: 'about:blank', title: TITLES[status], status, detail, ...(errors ? { errors } : {}) },
    { 'Content-Type': 'application/problem+json', ...headers },
  );

/** RFC 6749 §5.2, used by RFC 7009 §2.2.1 and OpenID Connect Back-Channel Logout 1.0 §2.8. */
export const oauthError = (error: string, { status, detail, headers }: Fault) =>
  json(status, { error, error_description: detail }, headers);

/** RFC 8935 §2.3: always 400, with the language of the description. */
export const securityEventError = (code: SecurityEventErrorCode, description: string) =>
  json(400, { err: code, description }, { 'Content-Language': 'en' });

/** RFC 8935 §2.4. */
export type SecurityEventErrorCode =
  | 'invalid_request'
  | 'invalid_key'
  | 'invalid_issuer'
  | 'invalid_audience'
  | 'authentication_failed'
  | 'access_denied';
