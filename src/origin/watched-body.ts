import type { ReceivedRequest } from '../core/received-request.ts';
import { announcedLength } from './body-limit.ts';

/** A body on its way to the origin. */
export interface WatchedBody {
  readonly body: ReadableStream;
  /** Once the request to the origin has failed: whether that was because the client had broken its content off. */
  brokeOff(): Promise<boolean>;
}

/**
 * The body as it comes, moved by the runtime, held to the length that it announces; undefined where it announces none.
 * What breaks off is short of that at the origin, so that it is not taken for the whole, answered or not.
 *
 * The runtime has one error for either side, but what is left tells them apart: the sending end can still be closed where
 * the client failed, and cannot where the origin did. The request is not aborted, lest an origin that turns the upload
 * away with an answer loses that answer. Not for content without a length: closed, it would end as if it were whole.
 */
export function watchedBody({ request, headers }: ReceivedRequest): WatchedBody | undefined {
  const { body } = request;
  const bytes = announcedLength(headers);
  if (body === null || !Number.isSafeInteger(bytes) || headers.has('Transfer-Encoding')) return undefined;
  const { readable, writable } = new FixedLengthStream(bytes);
  let brokeOff = Promise.resolve(false);
  body.pipeTo(writable, { preventAbort: true }).catch(() => {
    brokeOff = writable.close().then(
      () => true,
      () => false,
    );
  });
  return { body: readable, brokeOff: () => brokeOff };
}
