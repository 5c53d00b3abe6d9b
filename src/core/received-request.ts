/**
 * A request with what the stages read of it. Read once: each look at a property of the runtime's object is a call out
 * of JavaScript, and `url` makes its string anew each time.
 */
export interface ReceivedRequest {
  /** For its body alone. */
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
