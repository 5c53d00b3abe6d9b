import { BodyPieces } from './body-pieces.ts';

/** A body that may pass, and what ends the request which carries it. */
export interface LimitedBody {
  readonly body: ReadableStream;
  /** Aborted once the body cannot become whole: it turned out to be too large, or the client broke it off. */
  readonly signal: AbortSignal;
  /** Why it was aborted. */
  fault(): 'too_large' | 'incomplete' | undefined;
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
 * body fails as if it were whole, so that the request itself is aborted first, its connection breaks off, and its body
 * is left without an end. Pumped by hand: only who reads and who writes tells the client's fault from the origin's.
 * Does NOT hold once the origin has begun to answer: what breaks off then, the runtime ends as if it were whole.
 */
export function limitedBody(body: ReadableStream<Uint8Array>, maxBytes: number): LimitedBody {
  let fault: 'too_large' | 'incomplete' | undefined;
  const controller = new AbortController();
  const end = (why: typeof fault, cause: unknown) => {
    fault = why;
    controller.abort(cause);
  };
  const { readable, writable } = new IdentityTransformStream();
  pump(new BodyPieces(body), writable.getWriter(), maxBytes, end);
  return { body: readable, signal: controller.signal, fault: () => fault };
}

async function pump(
  from: BodyPieces,
  to: WritableStreamDefaultWriter<Uint8Array>,
  maxBytes: number,
  end: (why: 'too_large' | 'incomplete', cause: unknown) => void,
): Promise<void> {
  for (let left = maxBytes; ; ) {
    let piece: Awaited<ReturnType<BodyPieces['next']>>;
    try {
      piece = await from.next();
    } catch (cause) {
      return end('incomplete', cause);
    }
    try {
      if (piece.done) return await to.close();
      left -= piece.value.byteLength;
      if (left < 0) break;
      await to.write(piece.value);
    } catch (cause) {
      // The origin takes no more of it; what it answers, if anything, tells.
      from.cancel(cause);
      return;
    }
  }
  const cause = new RangeError('content too large');
  end('too_large', cause);
  from.cancel(cause);
}
