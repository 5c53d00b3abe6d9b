import { hasContent } from '../core/has-content.ts';
import type { Upstream } from '../core/policy.ts';
import type { OriginHeaders } from '../core/principal.ts';
import type { ReceivedRequest } from '../core/received-request.ts';
import type { Rejection } from '../core/rejection.ts';
import { err, ok, type Result } from '../core/result.ts';
import { announcedLength, announcesMore, type LimitedBody, limitedBody } from './body-limit.ts';
import { originUrl } from './origin-url.ts';
import { withoutHopByHop } from './response-headers.ts';
import { isShort } from './short-content.ts';
import { type WatchedBody, watchedBody } from './watched-body.ts';

/** What it takes to ask the origin. */
export interface OriginRequest {
  /** Its method and body are used; its URL and headers are not. */
  readonly received: ReceivedRequest;
  /** The client's authority, and the path and the search (with `?`, or empty) to ask for. */
  readonly target: { readonly authority?: string; readonly path: string; readonly search: string };
  readonly headers: OriginHeaders;
  readonly upstream: Upstream;
  /** The binding named by a `service:` origin, or by `mtls` of an URL origin; unused for any other. */
  readonly fetcher: Fetcher | undefined;
}

/**
 * Sends the request to the route's origin and returns the origin's response, streaming both ways. Redirects,
 * error statuses, WebSocket upgrades and event streams are the origin's answer and pass through.
 *
 * Scheme, host and port are those of `originUrl`; an mTLS binding is asked for the origin's own URL.
 * `timeoutMs` runs until the response's headers are there and never cuts a body. Not cached by Cloudflare: neither
 * looked up nor stored. A client that goes away ends the origin's request, as soon as nothing is pending in `waitUntil`.
 *
 * GET, HEAD and OPTIONS without content are sent once more, within the same time, when the connection fails before a
 * response (RFC 9110 §9.2.2): a kept-alive connection may have been closed by the origin as the request went out. The
 * runtime does not tell a failure before the first octet from one within the head; only these methods, which change
 * nothing, bear that. Not to a service binding, whose failure is the other Worker's, and no handshake.
 *
 * Rejects with `content_unexpected` for content in GET or HEAD, which has no meaning (RFC 9110 §9.3.1) and which the
 * runtime would drop; with `origin_timeout`, `origin_unreachable`, or `config_invalid` where the service binding is missing.
 * With `content_incomplete` where the client's content broke off, as far as that can be told from a failing origin: where
 * it is short (`short-content.ts`, read whole before the origin is asked), counted, or watched (`watched-body.ts`: of an
 * announced length, to a URL). Content that broke off does not reach the origin as whole, unless the origin began to answer before: then the runtime may end what has no length.
 * With `content_too_large` where the content is announced, or turns out, to be larger than `maxBodyBytes`; what was
 * sent by then is cut off.
 * Throws for a path without its leading slash, which would make it part of the host.
 * Does not check that the path is canonical; `routing/` has.
 */
export async function proxy(input: OriginRequest): Promise<Result<Response>> {
  const { received, target, headers, upstream } = input;
  if (target.path.charCodeAt(0) !== SLASH) {
    throw new TypeError('a request path begins with a slash');
  }
  const { method } = received;
  const bodiless = method === 'GET' || method === 'HEAD';
  if (bodiless && hasContent(received.request.body, received.headers)) {
    return err({ reason: 'content_unexpected', evidence: `content in ${method}` });
  }
  if (method !== 'GET') {
    // The runtime turns any request with `Upgrade: websocket` into a GET handshake, whatever its method was when it
    // was authorized (RFC 6455 §4.1 knows GET alone). No other upgrade is among stripped headers.
    headers.delete('Upgrade');
  }
  const { maxBodyBytes } = upstream;
  let limited: LimitedBody | undefined;
  let watched: WatchedBody | undefined;
  if (maxBodyBytes !== undefined && !bodiless && received.request.body !== null) {
    if (announcesMore(received.headers, maxBodyBytes)) return err(tooLarge(maxBodyBytes));
    if (Number.isNaN(announcedLength(received.headers))) {
      limited = limitedBody(received.request.body, maxBodyBytes);
    }
  }
  if (input.fetcher === undefined && bindingOf(upstream.origin) !== undefined) {
    return err({
      reason: 'config_invalid',
      evidence: `route ${upstream.name}: its service binding is missing`,
    });
  }
  let incomplete = false;
  let response: Response | undefined;
  let timer: ReturnType<typeof setTimeout> | null = null;
  let late = false;
  try {
    const streamed = !bodiless && limited === undefined;
    const short = streamed && isShort(received);
    // A connection holds content to its length; another Worker might take what ends early for the whole.
    if (streamed && !short && upstream.origin.kind === 'url') watched = watchedBody(received);
    const answer = short
      ? received.request.arrayBuffer().then(
          (content) => (late ? undefined : send(input, content)),
          () => {
            incomplete = true;
            return undefined;
          },
        )
      : send(input, (limited ?? watched)?.body ?? (bodiless ? null : received.request.body), limited?.signal);
    // Raced, not aborted: a signal would cut the body as well, and the runtime ends an abandoned fetch with its request.
    response = await new Promise<Response | undefined>((resolve, reject) => {
      timer = setTimeout(() => {
        late = true;
        resolve(undefined);
      }, upstream.timeoutMs);
      answer.then(resolve, (error: unknown) => {
        if (!late && mayRepeat(input, error)) send(input, null).then(resolve, reject);
        else reject(error);
      });
    });
  } catch {
    const fault = limited?.fault();
    if (maxBodyBytes !== undefined && fault === 'too_large') return err(tooLarge(maxBodyBytes));
    if (fault === 'incomplete' || (await watched?.brokeOff())) return err(INCOMPLETE);
    return err({ reason: 'origin_unreachable', evidence: failureOf(input, limited ?? watched) });
  } finally {
    clearTimeout(timer);
  }
  if (incomplete) return err(INCOMPLETE);
  if (response === undefined) {
    return err({ reason: 'origin_timeout', evidence: `no response headers within ${upstream.timeoutMs} ms` });
  }
  if (response.webSocket !== null) {
    return ok(response);
  }
  const { status } = response;
  // RFC 9110 §15: a status out of range is a server error. A 101 nobody asked for would desynchronize the client.
  if (status < 200 || status > 599) {
    return err({ reason: 'origin_unreachable', evidence: 'status code out of range' });
  }
  return ok(withoutHopByHop(response));
}

const SLASH = 0x2f;

/**
 * What `cache: 'no-store'` tells Cloudflare's cache (neither looked up nor stored, before any rule of the zone), without
 * the `Cache-Control` and `Pragma` that it writes into the request besides.
 */
const UNCACHED = { cacheTtl: -1, cacheLevel: 'bypass' };

/** Methods that ask for nothing to change (RFC 9110 §9.2.1), TRACE apart, which the runtime does not know. */
const SAFE: ReadonlySet<string> = new Set(['GET', 'HEAD', 'OPTIONS']);

/** `retryable` is the runtime's word for a connection that failed. */
const mayRepeat = ({ received, upstream, headers }: OriginRequest, error: unknown): boolean =>
  upstream.origin.kind === 'url' &&
  SAFE.has(received.method) &&
  (received.method !== 'OPTIONS' || received.request.body === null) &&
  !headers.has('Upgrade') &&
  error instanceof Error &&
  'retryable' in error &&
  error.retryable === true;

const tooLarge = (maxBytes: number): Rejection => ({
  reason: 'content_too_large',
  evidence: `more than ${maxBytes} bytes`,
});

const INCOMPLETE: Rejection = { reason: 'content_incomplete', evidence: 'the content broke off' };

/** Of content on its way the runtime does not say which side failed; neither does this. */
const failureOf = ({ received }: OriginRequest, told: LimitedBody | WatchedBody | undefined): string =>
  SAFE.has(received.method) || received.request.body === null || told !== undefined || isShort(received)
    ? 'connection failed'
    : "connection failed, the origin's or the client's own while its content was on its way";

const bindingOf = (origin: Upstream['origin']): string | undefined =>
  origin.kind === 'service' ? origin.binding : origin.mtls;

/** @param signal ends the request; undefined: nothing does */
function send(
  { received, target, headers, upstream: { origin }, fetcher }: OriginRequest,
  content: ArrayBuffer | ReadableStream | null,
  signal?: AbortSignal,
): Promise<Response> {
  const { method } = received;
  const url = originUrl(origin, target.authority ?? '') + target.path + target.search;
  const init: RequestInit = { method, headers, body: content, redirect: 'manual' };
  if (signal !== undefined) init.signal = signal;
  if (origin.kind === 'url') init.cf = UNCACHED;
  return bindingOf(origin) === undefined || fetcher === undefined
    ? fetch(url, init)
    : fetcher.fetch(url, init);
}
