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
}

export const receive = (request: Request): ReceivedRequest => ({
  request,
  url: request.url,
  method: request.method,
  headers: request.headers,
});

/** What a request asks for, as `routing/canonical-path.ts` reads it, or as an endpoint of our own has been addressed. */
export interface RequestTarget {
  readonly scheme: 'http' | 'https';
  /** As the client sent it, port included. */
  readonly authority: string;
  readonly path: string;
  /** `''` or `?...`. */
  readonly search: string;
}
