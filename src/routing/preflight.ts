const TOKEN = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/;

/**
 * The method that a CORS preflight asks about (Fetch Standard, "CORS-preflight request"): OPTIONS with `Origin` and
 * an `Access-Control-Request-Method` that is one method token; undefined for every other request. Anybody can send
 * such a request, with any body: it proves nothing and earns only what a route grants preflights.
 */
export function preflightMethod(request: Pick<Request, 'method' | 'headers'>): string | undefined {
  if (request.method !== 'OPTIONS' || !request.headers.get('origin')) return undefined;
  const method = request.headers.get('access-control-request-method');
  return method !== null && TOKEN.test(method) ? method : undefined;
}
