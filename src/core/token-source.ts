/** Where a request may carry its token. What each looks for, and how it is kept from the origin, is in `credentials/`. */
export type TokenSource =
  /** The `Authorization` header (RFC 6750 §2.1). */
  { readonly kind: 'bearer' } | HeaderSource | CookieSource | QuerySource | WebSocketProtocolSource;

export interface HeaderSource {
  readonly kind: 'header';
  /** Lower case; folds to itself (`core/fold-header-name.ts`). */
  readonly name: string;
  /** Lower case, before the token (RFC 9110 §11.4); undefined: the value is the token. */
  readonly scheme: string | undefined;
  /** The parts of a token here may be padded with `=`, against RFC 7515 §2, as Amazon's load balancers write them. */
  readonly padded: boolean;
}

export interface CookieSource {
  readonly kind: 'cookie';
  readonly name: string;
  /** Whose pages may do with the cookie what changes something, beside the request's own. As a browser writes `Origin`. */
  readonly allowedOrigins: ReadonlySet<string>;
}

/** RFC 6750 §2.3. */
export interface QuerySource {
  readonly kind: 'query';
  readonly name: string;
}

/** `next`: the subprotocol after the one of this name is the token. `rest`: it begins with the name; base64url of the token follows. */
export interface WebSocketProtocolSource {
  readonly kind: 'websocket_protocol';
  readonly name: string;
  readonly form: 'next' | 'rest';
}
