import { readBounded } from '../../core/bounded-body.ts';
import { before, withTimer } from '../../core/deadline.ts';

/** The part of `fetch` that is used. */
export type Fetch = (url: string, init: FetchOptions) => Promise<Response>;

export interface FetchOptions {
  readonly method: string;
  readonly headers: Record<string, string>;
  readonly body?: BodyInit | undefined;
}

/** Nothing came in time, or what came says that the provider cannot answer now: the same request may be sent again. */
export class UpstreamUnreachable extends Error {
  override readonly name = 'UpstreamUnreachable';
}

/** Somebody waits in front of a browser. */
const TIMEOUT_MS = 5_000;
/** The largest metadata and answers known have a few kilobytes. */
const MAX_BYTES = 256 * 1024;
/** What the reader of an answer looks at. */
const READ_HEADERS = ['content-type', 'www-authenticate'];

/**
 * A `fetch` that ends: no redirect followed, one deadline for the whole answer, its size counted as it comes. Throws
 * `UpstreamUnreachable` for a network that fails, a deadline that passes, too large an answer, 429 and 5xx.
 */
export const boundedFetch =
  (fetch: (url: string, init: RequestInit) => Promise<Response>, timeoutMs = TIMEOUT_MS): Fetch =>
  async (url, { method, headers: sent, body = null }) => {
    try {
      return await withTimer(timeoutMs, async (signal) => {
        const response = await before(
          signal,
          fetch(url, { method, headers: sent, body, redirect: 'manual', signal }),
        );
        const { status } = response;
        const bytes = await readBounded(response.body, MAX_BYTES, signal);
        if (bytes === 'too_large' || status === 429 || status >= 500) throw new UpstreamUnreachable();
        const headers = READ_HEADERS.flatMap((name) => {
          const value = response.headers.get(name);
          return value === null ? [] : [[name, value] as [string, string]];
        });
        return new Response(bytes.length === 0 ? null : bytes, { status, headers });
      });
    } catch {
      throw new UpstreamUnreachable();
    }
  };
