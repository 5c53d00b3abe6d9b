import type { onUnauthenticatedTable, tokenSourceTable } from '../token-sources-table.ts';
import type { KeyReferences } from './key-reference.ts';

export const TOKEN_SOURCE_KEYS: KeyReferences<typeof tokenSourceTable> = {
  header: {
    byDefault: 'none',
    why: 'A header whose whole value is the token, such as `Cf-Access-Jwt-Assertion` or `X-Goog-IAP-JWT-Assertion`. Sent twice it is refused.',
    example: 'header = "Cf-Access-Jwt-Assertion"',
  },
  scheme: {
    byDefault: 'none',
    why: 'The word before the token in that header, in any case. With another one the header holds no token for this source.',
    example: 'scheme = "Token"',
    beside: 'header = "Authorization"',
  },
  padded: {
    byDefault: '`false`',
    why: "Whether the parts of a token in that header may end with `=`, as Amazon's load balancer writes `X-Amzn-Oidc-Data` against RFC 7515 §2. The signature is checked over the text as it came. Such a token is not kept in the cache of verified ones.",
    example: 'padded = true',
    beside: 'header = "X-Amzn-Oidc-Data"',
  },
  cookie: {
    byDefault: 'none',
    why: 'A cookie whose value is the token. `__Host-` lets no other host and no plain connection set it; without such a prefix there is a warning. Requests that change something must come from a page of the same origin.',
    example: 'cookie = "__Host-access"',
  },
  allowed_origins: {
    byDefault: 'the same origin alone',
    why: 'Further origins whose pages may make such requests with the cookie. Exact, without wildcard.',
    example: 'allowed_origins = ["https://app.acme.example"]',
    beside: 'cookie = "__Host-access"',
  },
  query: {
    byDefault: 'none',
    why: 'A query parameter whose value is the token (RFC 6750 §2.3). URLs end up in histories, logs and `Referer`, so a warning says not to (RFC 9700 §4.3.2); the gateway itself logs no query, and removes the parameter.',
    example: 'query = "access_token"',
  },
  websocket_protocol: {
    byDefault: 'none',
    why: 'A WebSocket subprotocol, the one thing that a script can choose there: `new WebSocket(url, ["bearer", token])`. A name that ends with a dot is followed by base64url of the token in the same subprotocol, as Kubernetes has it: `"base64url.bearer.authorization.k8s.io."`.',
    example: 'websocket_protocol = "bearer"',
  },
};

export const ON_UNAUTHENTICATED_KEYS: KeyReferences<typeof onUnauthenticatedTable> = {
  redirect: {
    byDefault: 'required',
    why: 'A login page. `{url}` stands for the URL that was asked for, percent-encoded, as one whole value of its query.',
    example: 'redirect = "https://login.acme.example/?return_to={url}"',
  },
};
