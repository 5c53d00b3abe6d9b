/** A body that may pass, and the signal that ends the request which carries it once it turned out to be too large. */
export interface LimitedBody {
  readonly body: ReadableStream;
  readonly signal: AbortSignal;
}

/** Whether a length that the request announces is beyond the bound; without one, only counting tells. */
export const announcesMore = (headers: Headers, maxBytes: number): boolean =>
  announcedLength(headers) > maxBytes;

/** The runtime holds a body to its announced length, so that one within the bound need not be counted. */
export const announcedLength = (headers: Headers): number => {
  const length = headers.get('Content-Length');
  return length !== null && /^\d+$/.test(length) ? Number(length) : Number.NaN;
};

/**
 * The body as it comes, up to `maxBytes`; the piece that goes beyond is not passed on. The runtime ends a request whose
 * body fails as if it were whole, so that the request itself is aborted first: its connection breaks off.
 */
export function limitedBody(body: ReadableStream, maxBytes: number): LimitedBody {
  let left = maxBytes;
  const controller = new AbortController();
  const counting = new TransformStream<Uint8Array, Uint8Array>({
    transform(chunk, stream) {
      left -= chunk.byteLength;
      if (left >= 0) return stream.enqueue(chunk);
      const cause = new RangeError('content too large');
      controller.abort(cause);
      stream.error(cause);
    },
  });
  return { body: body.pipeThrough(counting), signal: controller.signal };
}
