import { type EndCause, type TokenLife, watchToken } from './watch-token.ts';

/**
 * A response whose content goes on no longer than the token's life. An event stream ends as its origin would end it, so
 * that the client asks anew and learns why; any other content breaks off, lest a part be taken for the whole.
 * The runtime moves the bytes, at the pace of the slower side. The origin is let go when either side ends.
 */
export function endStream(
  response: Response,
  body: ReadableStream,
  life: TokenLife,
  onEnd: (cause: EndCause) => void,
): Response {
  const { readable, writable } = lengthOf(response.headers);
  const controller = new AbortController();
  let ended = false;
  const stop = watchToken(life, (cause) => {
    ended = true;
    controller.abort();
    onEnd(cause);
  });
  const whole = isEventStream(response.headers);
  body.pipeTo(writable, { signal: controller.signal, preventAbort: true }).then(stop, (error: unknown) => {
    stop();
    const closing = ended && whole ? writable.close() : writable.abort(error);
    // The client may have gone as well.
    closing.catch(() => undefined);
  });
  return new Response(readable, response);
}

/** HTML §9.2.5. */
export const isEventStream = (headers: Headers): boolean =>
  /^text\/event-stream[ \t]*(?:;|$)/i.test(headers.get('Content-Type') ?? '');

/** What the runtime decodes on the way has another length than the one announced. */
function lengthOf(headers: Headers): TransformStream {
  const length = headers.get('Content-Length');
  const known = length !== null && /^\d{1,15}$/.test(length) && !headers.has('Content-Encoding');
  return known ? new FixedLengthStream(Number(length)) : new IdentityTransformStream();
}
