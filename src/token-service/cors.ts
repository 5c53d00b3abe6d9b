import type { ServicePolicy } from './policy.ts';

/** Pages of these origins read what the token and the revocation endpoint answer: whatever a public client is registered for. */
export const pageOrigins = ({ clients }: Pick<ServicePolicy, 'clients'>): ReadonlySet<string> =>
  new Set(
    [...clients.values()]
      .filter(({ authentication }) => authentication.method === 'none')
      .flatMap(({ redirectUris }) => [...redirectUris].map((uri) => new URL(uri).origin)),
  );

/**
 * Lets a page of one of `origins` read an answer of ours (RFC 9700 §2.6, RFC 7009 §2.3; Fetch Standard, "CORS protocol"), a
 * failure as well. Never with credentials: what counts there is in the form, and a cookie is asked for nothing.
 * Does NOT keep a page from sending a form, which no server can, nor tell one client's page from another's.
 */
export function allowPage(response: Response, request: Request, origins: ReadonlySet<string>): Response {
  response.headers.append('Vary', 'Origin');
  const origin = request.headers.get('Origin');
  if (origin === null || !origins.has(origin)) return response;
  response.headers.set('Access-Control-Allow-Origin', origin);
  response.headers.set('Access-Control-Expose-Headers', 'Retry-After');
  return response;
}

/** The answer to a preflight for POST from one of `origins`; undefined: it is none. A header with a secret is not allowed. */
export function preflightAnswer(request: Request, origins: ReadonlySet<string>): Response | undefined {
  const { method, headers } = request;
  if (method !== 'OPTIONS' || headers.get('Access-Control-Request-Method') !== 'POST') return undefined;
  if (!origins.has(headers.get('Origin') ?? '')) return undefined;
  const answer = new Response(null, {
    status: 204,
    headers: {
      'Access-Control-Allow-Methods': 'POST',
      'Access-Control-Allow-Headers': 'Content-Type',
      'Access-Control-Max-Age': '600',
    },
  });
  return allowPage(answer, request, origins);
}
