import type { ClaimPath } from './claim-address.ts';
import type { TokenSource } from './token-source.ts';

/** Where a request goes, and what the origin hears. */
export interface Upstream {
  /** The name of the route, for logs. */
  readonly name: string;
  readonly origin: OriginTarget;
  /** undefined: the path goes on byte for byte. */
  readonly path: PathMapping | undefined;
  readonly requestHeaders: HeaderEdits | undefined;
  readonly responseHeaders: HeaderEdits | undefined;
  /** Largest content of a request; undefined: no bound of ours. */
  readonly maxBodyBytes: number | undefined;
  /** undefined: the origin gets no identity token. */
  readonly signedIdentity: SignedIdentity | undefined;
  readonly timeoutMs: number;
  /** Which responses end when the token does; `streams`: WebSockets and event streams. */
  readonly endWithToken: 'streams' | 'all' | 'never';
  readonly headers: readonly HeaderMapping[];
  /** Other proxies' identity headers that are not taken from the client. None of them is mapped by any route. */
  readonly keepHeaders: readonly string[];
  /** Send the token on to the origin, in `Authorization`; without authentication, the client's `Authorization` as it came. */
  readonly forwardToken: boolean;
  /** Where tokens may stand besides `Authorization`: removed from what the origin gets. undefined: nowhere. */
  readonly consumes?: readonly TokenSource[] | undefined;
  /** Tell the origin whether somebody has been identified. undefined: it follows from the route. */
  readonly tellAuthenticated?: true | undefined;
  /** `origin`: a CORS preflight goes to the origin without credentials; `reject`: it is a request like any other. */
  readonly preflight: 'origin' | 'reject';
}

/**
 * `mtls`: the binding that presents a client certificate. `host` of a service: what it is asked as, in place of its
 * binding's name; `client`: what the client asked for.
 */
export type OriginTarget =
  | { readonly kind: 'url'; readonly origin: string; readonly mtls?: string | undefined }
  | { readonly kind: 'service'; readonly binding: string; readonly host?: string | undefined };

export type ClaimType = 'any' | 'string' | 'number' | 'boolean' | 'array' | 'object';

export interface HeaderMapping {
  /** As configured; sent in this spelling. */
  readonly header: string;
  readonly claim: ClaimPath;
  /** A claim of another type is not sent. */
  readonly type: ClaimType;
  /** Between the elements of a list; undefined: a list is sent as JSON. */
  readonly join?: string | undefined;
  /** All claims as base64url instead of one; `claim` and `type` mean nothing then. */
  readonly payload?: boolean | undefined;
}

/** How the matched path becomes the origin's. */
export interface PathMapping {
  /** Before everything else: `''`, or a canonical path without a slash at its end. */
  readonly base: string;
  /** Leading segments of the matched path that go. */
  readonly replaced: number;
  /** What stands in their place: a segment's text, or the number of the matched segment that is put there as it came. */
  readonly segments: readonly (string | number)[];
  /** A parameter stands behind one that it stood before: what the earlier holds must then be one segment to everybody. */
  readonly reorders?: true;
}

/** A value for a header that does not come from a token. */
export type HeaderValue =
  | { readonly from: 'text'; readonly text: string }
  | { readonly from: 'secret'; readonly binding: string }
  | { readonly from: 'request'; readonly part: RequestPart };

/** Of the request as the gateway read it; `path` is the matched one, without the query. */
export const REQUEST_PARTS = ['method', 'scheme', 'host', 'path', 'client_address'] as const;
export type RequestPart = (typeof REQUEST_PARTS)[number];

export interface HeaderEdit {
  /** As configured; sent in this spelling. */
  readonly header: string;
  readonly value: HeaderValue;
}

/** Removed first, then set, then appended. */
export interface HeaderEdits {
  /** Folded names (see `core/fold-header-name.ts`). */
  readonly remove: ReadonlySet<string>;
  readonly set: readonly HeaderEdit[];
  readonly append: readonly HeaderEdit[];
}

/** The token by which an origin can tell that the gateway made a request. */
export interface SignedIdentity {
  readonly header: string;
  /** Who the origin is. */
  readonly audience: string;
  /** The claims are in the token, and not in headers of their own. */
  readonly insteadOfHeaders: boolean;
  /** Names, in lower case, of every header that the route's identity may have. */
  readonly covered: readonly string[];
}

/** What identity tokens are signed as, and what their keys are sealed with. */
export interface SigningPolicy {
  readonly issuer: string;
  /** Names of the secrets: the first seals, all open. */
  readonly sealing: readonly string[];
}
