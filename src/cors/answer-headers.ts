import type { CorsPolicy } from '../core/answer-policy.ts';
import { err, ok, type Result } from '../core/result.ts';
import { isAllowedOrigin } from './allowed-origin.ts';

/** What of a request CORS looks at. */
export interface CrossOriginRequest {
  /** undefined: one that no route takes, which a page may be told. */
  readonly method: string | undefined;
  readonly headers: Headers;
}

/**
 * Answers a preflight (Fetch Standard, "CORS-preflight fetch") from the policy alone: nobody is asked for credentials,
 * and no origin server for its opinion. Which method and headers it is about does not matter here: the browser holds
 * them against the answer. `setCorsHeaders` adds the rest, as to every answer.
 * Rejects with `cross_origin_forbidden` where the page may read nothing.
 * Never allows a public page into a private network (`Access-Control-Allow-Private-Network`): the gateway is in none.
 */
export function answerPreflight(
  { headers }: Pick<CrossOriginRequest, 'headers'>,
  policy: CorsPolicy,
): Result<Response> {
  if (!isAllowedOrigin(headers.get('Origin') ?? '', policy.origins)) {
    return err({ reason: 'cross_origin_forbidden' });
  }
  const answer = new Headers({
    'Access-Control-Allow-Methods': policy.allowMethods,
    'Access-Control-Allow-Headers': policy.allowHeaders,
    'Access-Control-Max-Age': policy.maxAge,
  });
  return ok(new Response(null, { status: 204, headers: answer }));
}

/**
 * Lets the page that asked read this answer, where the policy says so. An answer that differs by `Origin` names it in
 * `Vary`, beside what is there (RFC 9110 §12.5.5). `answer` holds no CORS header of the origin server.
 */
export function setCorsHeaders(answer: Headers, request: CrossOriginRequest, policy: CorsPolicy): void {
  const everybody = policy.origins === 'any';
  if (!everybody) varyByOrigin(answer);
  const origin = request.headers.get('Origin');
  const isAllowed = everybody || (origin !== null && isAllowedOrigin(origin, policy.origins));
  if (!isAllowed || !isUsable(request.method, policy)) return;
  answer.set('Access-Control-Allow-Origin', everybody || origin === null ? '*' : origin);
  answer.set('Access-Control-Expose-Headers', policy.exposeHeaders);
  if (policy.credentials) answer.set('Access-Control-Allow-Credentials', 'true');
}

/** A page gets as far as OPTIONS only after a preflight that names it. */
const isUsable = (method: string | undefined, { methods }: CorsPolicy): boolean =>
  method === undefined || method === 'OPTIONS' || methods.has(method);

/** Every response header of the CORS protocol. */
const CORS_HEADERS = [
  'Access-Control-Allow-Origin',
  'Access-Control-Allow-Credentials',
  'Access-Control-Allow-Methods',
  'Access-Control-Allow-Headers',
  'Access-Control-Allow-Private-Network',
  'Access-Control-Expose-Headers',
  'Access-Control-Max-Age',
] as const;

/** What the origin server says of CORS where the gateway answers for it: two opinions would be none to a browser. */
export function removeCorsHeaders(answer: Headers): void {
  for (const name of CORS_HEADERS) answer.delete(name);
}

function varyByOrigin(answer: Headers): void {
  const named = answer.get('Vary')?.toLowerCase().split(',') ?? [];
  if (!named.some((name) => ['*', 'origin'].includes(name.trim()))) answer.append('Vary', 'Origin');
}
