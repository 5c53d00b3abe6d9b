import type { LoginRedirect } from '../core/policy.ts';
import type { ReceivedRequest, RequestTarget } from '../core/received-request.ts';
import { REJECTIONS, type RejectionReason } from '../core/rejection.ts';
import type { TokenSource } from '../core/token-source.ts';
import { withoutTokens } from '../credentials/find-token.ts';

export interface NavigationAsked {
  readonly received: Pick<ReceivedRequest, 'method' | 'headers'>;
  readonly target: RequestTarget;
}

/**
 * Sends a person to the login page who would get a 401 for a missing or bad token: 302, never cached, for a GET that is a
 * navigation. undefined for everything else: a script wants the 401, and a 400, 403 or 503 no login would mend.
 *
 * The Location begins as configured, whatever is asked for; the return URL in it is this request's own, without the
 * token that its query may hold. Does NOT check that the login page sends nobody to other return URLs: that is its own task.
 */
export function loginRedirect(
  { before, after }: LoginRedirect,
  reason: RejectionReason,
  { received, target }: NavigationAsked,
  sources: readonly TokenSource[],
): Response | undefined {
  const { challenge } = REJECTIONS[reason];
  if (challenge !== 'bare' && challenge !== 'invalid_token') return undefined;
  if (received.method !== 'GET' || !isNavigation(received.headers)) return undefined;
  const { scheme, authority, path } = target;
  const url = `${scheme}://${authority}${path}${withoutTokens(sources, target.search)}`;
  return new Response(null, {
    status: 302,
    headers: {
      Location: `${before}${encodeURIComponent(url)}${after}`,
      'Cache-Control': 'no-store',
      'Referrer-Policy': 'no-referrer',
    },
  });
}

/** Fetch Metadata says what it is; where it is silent, what the client would like to read. */
function isNavigation(headers: Headers): boolean {
  const mode = headers.get('sec-fetch-mode');
  if (mode !== null) return mode === 'navigate';
  return ACCEPTS_HTML.test(headers.get('accept') ?? '');
}

/** RFC 9110 §12.5.1, but for a weight of zero. */
const ACCEPTS_HTML = /(?:^|[,\s])text\/html(?!\s*;\s*q=0(?:\.0*)?\s*(?:,|$))(?=[\s;,]|$)/i;
