/**
 * A request with what the stages read of it. Read once: each look at a property of the runtime's object is a call out
 * of JavaScript, and `url` makes its string anew each time.
 */
export interface ReceivedRequest {
  /** For its body, and for what the edge says of its connection (`cf`). */
  readonly request: Request;
  readonly url: string;
  readonly method: string;
  readonly headers: Headers;
  /** `CF-Connecting-IP`, where it is an address. Elsewhere than behind Cloudflare's edge a client may write it. */
  readonly clientAddress: string | undefined;
  readonly traceparent: string | null;
  readonly ray: string | null;
}

export function receive(request: Request): ReceivedRequest {
  const { headers } = request;
  const address = headers.get('cf-connecting-ip');
  return {
    request,
    url: request.url,
    method: request.method,
    headers,
    clientAddress: address !== null && IP_ADDRESS.test(address) ? address : undefined,
    traceparent: headers.get('traceparent'),
    ray: headers.get('cf-ray'),
  };
}

/** IPv4, IPv6 (RFC 5952) and nothing that a header list or a log line could be built from. */
const IP_ADDRESS = /^[0-9A-Fa-f:.]{2,45}$/;

/** What a request asks for, as `routing/canonical-path.ts` reads it, or as an endpoint of our own has been addressed. */
export interface RequestTarget {
  readonly scheme: 'http' | 'https';
  /** As the client sent it, port included. */
  readonly authority: string;
  /** Lower case, without port. */
  readonly host: string;
  readonly path: string;
  /** `''` or `?...`. */
  readonly search: string;
}
