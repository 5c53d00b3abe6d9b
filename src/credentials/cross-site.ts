import type { RequestTarget } from '../core/received-request.ts';
import { err, ok, type Result } from '../core/result.ts';
import { isWebSocketHandshake } from './websocket-handshake.ts';

/** What a browser sends with its cookies whoever asks it to. */
export interface BrowserRequest {
  readonly method: string;
  readonly headers: Headers;
  readonly target: Pick<RequestTarget, 'scheme' | 'authority'>;
}

/** Methods that ask for nothing to change (RFC 9110 §9.2.1). */
const SAFE: ReadonlySet<string> = new Set(['GET', 'HEAD', 'OPTIONS']);

/**
 * Whether a request that carries a cookie was asked for by a page of the request's own origin (RFC 6454 §4), or of one
 * in `allowed`. Asked of every method but GET, HEAD and OPTIONS, and of WebSocket handshakes, which the same-origin
 * policy does not hold back. By `Sec-Fetch-Site` (Fetch Metadata): `same-origin`, or `none`, the user's own doing; else
 * by `Origin` (Fetch Standard §3.2). A request with neither is refused: browsers send `Origin` with every such request.
 *
 * Does NOT protect a GET that changes something, nor against a script in a page of an allowed origin. Both headers can
 * be written by anything but a browser, which needs nobody's cookie to do so.
 */
export function checkSameSite(
  { method, headers, target }: BrowserRequest,
  allowed: ReadonlySet<string>,
): Result<undefined> {
  if (SAFE.has(method) && !isWebSocketHandshake(method, headers)) return SAME_SITE;
  const site = headers.get('sec-fetch-site');
  if (site === 'same-origin' || site === 'none') return SAME_SITE;
  const origin = headers.get('origin');
  if (origin === null) return crossSite(site === null ? 'no origin' : 'sec-fetch-site');
  if (allowed.has(origin)) return SAME_SITE;
  return site === null && origin === ownOrigin(target) ? SAME_SITE : crossSite('origin');
}

/** RFC 6454 §6.2: no default port, lower case. */
function ownOrigin({ scheme, authority }: BrowserRequest['target']): string {
  const host = authority.toLowerCase().replace(scheme === 'https' ? /:443$/ : /:80$/, '');
  return `${scheme}://${host}`;
}

const SAME_SITE = ok(undefined);
const crossSite = (evidence: string): Result<never> => err({ reason: 'cross_site_request', evidence });
