import type { Fault } from './fault.ts';

const NO_STORE = { 'Cache-Control': 'no-store', 'X-Content-Type-Options': 'nosniff' } as const;

/** RFC 9457 §4.2.1: with the type `about:blank` the title is the status phrase (RFC 9110 §15). */
const STATUS_PHRASES = {
  400: 'Bad Request',
  401: 'Unauthorized',
  403: 'Forbidden',
  404: 'Not Found',
  405: 'Method Not Allowed',
  408: 'Request Timeout',
  413: 'Content Too Large',
  415: 'Unsupported Media Type',
  422: 'Unprocessable Content',
  429: 'Too Many Requests',
  500: 'Internal Server Error',
  502: 'Bad Gateway',
  503: 'Service Unavailable',
  504: 'Gateway Timeout',
} as const;

export const json = (status: number, body: unknown, headers: Readonly<Record<string, string>> = {}) =>
  new Response(JSON.stringify(body), {
    status,
    headers: { 'Content-Type': 'application/json', ...NO_STORE, ...headers },
  });

export const empty = (status: 200 | 202 | 204) => new Response(null, { status, headers: NO_STORE });

/** What a problem says (RFC 9457); `detail` and `errors` are safe to send. */
export interface Problem {
  readonly status: keyof typeof STATUS_PHRASES;
  readonly detail: string;
  readonly errors?: readonly string[];
  /** What the event of the request is found by. */
  readonly reference?: string | undefined;
  readonly headers?: Readonly<Record<string, string>>;
}

/** RFC 9457: `application/problem+json`, never cached. HEAD gets the same headers and no body (RFC 9110 §9.3.2). */
export function problemAnswer(
  { status, detail, errors, reference, headers }: Problem,
  method = 'GET',
): Response {
  const body = {
    type: 'about:blank',
    title: STATUS_PHRASES[status],
    status,
    detail,
    ...(errors ? { errors } : {}),
    ...(reference ? { reference } : {}),
  };
  return new Response(method === 'HEAD' ? null : JSON.stringify(body), {
    status,
    headers: { 'Content-Type': 'application/problem+json', ...NO_STORE, ...headers },
  });
}

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
