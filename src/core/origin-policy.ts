/** How the matched path becomes the origin's. */
export interface PathMapping {
  /** Before everything else: `''`, or a canonical path without a slash at its end. */
  readonly base: string;
  /** Leading segments of the matched path that go. */
  readonly replaced: number;
  /** What stands in their place: a segment's text, or the number of the matched segment that is put there as it came. */
  readonly segments: readonly (string | number)[];
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
  /** Folded names (see `origin/fold.ts`). */
  readonly remove: ReadonlySet<string>;
  readonly set: readonly HeaderEdit[];
  readonly append: readonly HeaderEdit[];
}
