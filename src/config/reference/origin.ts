import type { headerEditsTable, originKeys, signedIdentityTable, signingTable } from '../origin-keys.ts';
import type { KeyReference, KeyReferences } from './key-reference.ts';

export const ORIGIN_KEYS: Readonly<Record<keyof typeof originKeys, KeyReference>> = {
  strip_prefix: {
    byDefault: 'none',
    why: "Whole segments from the beginning of the route's path that the origin does not get ([proxying.md](proxying.md#the-path)).",
    example: 'strip_prefix = "/api"',
    beside: 'path = "/api/orders/*"',
  },
  rewrite: {
    byDefault: 'none',
    why: "What stands at the origin in place of the route's own path: `\"/v2/orders/*\"`, with `/*` if the route's path has it. A segment `:id` is the one of that name in the route's path, as it came.",
    example: 'rewrite = "/v2/orders/*"',
    beside: 'path = "/orders/*"',
  },
  mtls: {
    byDefault: 'none',
    why: 'The [`mtls_certificates`](https://developers.cloudflare.com/workers/runtime-apis/bindings/mtls/) binding whose client certificate the origin is asked with. The origin keeps its real name.',
    example: 'mtls = "ORDERS_CERTIFICATE"',
  },
  origin_host: {
    byDefault: 'the name of the binding',
    why: 'Only beside `"service:BINDING"`: the host that the bound Worker sees, a name or `"client"` for the client\'s own. `Host` of a URL origin follows from the URL: the runtime lets nobody write another.',
    example: 'origin_host = "client"',
    beside: 'origin = "service:ORDERS"',
  },
  request_headers: {
    byDefault: 'none',
    why: 'Headers that the origin gets besides the claims; see below.',
    example: 'request_headers = { set = { "X-Api-Key" = { secret = "ORIGIN_KEY" } }, remove = ["Cookie"] }',
  },
  response_headers: {
    byDefault: 'none',
    why: "Headers of the origin's response that are changed for the client; see below. Not those of the gateway's own answers.",
    example:
      'response_headers = { set = { "Strict-Transport-Security" = "max-age=63072000" }, remove = ["Server"] }',
  },
  max_body: {
    byDefault: 'no bound',
    why: 'Largest content of a request in bytes; more is 413 `content_too_large`. Content without a length is counted as it passes, and what passes the bound is cut off, so that the origin never takes it for whole. Refused beside `methods` of GET and HEAD alone, whose content never gets that far; not inherited there.',
    example: 'max_body = 1048576',
  },
  end_with_token: {
    byDefault: 'WebSockets and event streams',
    why: 'Which responses end when the token expires or is revoked ([proxying.md](proxying.md#the-end-of-the-token)). `true`: any content, so that a long download breaks off as well. `false`: none; a connection then outlives its token.',
    example: 'end_with_token = true',
  },
  signed_identity: {
    byDefault: 'none',
    why: '`true`, or a table (see below): the origin gets a token, signed by the gateway, that proves who asks and that the gateway forwarded this very request ([identity-headers.md](identity-headers.md#signed-identity)).',
    example: 'signed_identity = true',
  },
};

export const SIGNED_IDENTITY_KEYS: KeyReferences<typeof signedIdentityTable> = {
  header: {
    byDefault: '`"X-Portcullis-Identity"`',
    why: "Where the token stands; removed from clients' requests on every route.",
    example: 'header = "X-Identity-Token"',
  },
  audience: {
    byDefault: 'the origin',
    why: 'The `aud` by which the origin knows itself. Left out: scheme, host and port of `origin`, or `https://<binding>.internal`.',
    example: 'audience = "https://orders.acme.example"',
  },
  instead_of_headers: {
    byDefault: '`false`',
    why: 'Whether the claims are in the token alone, and not in headers of their own.',
    example: 'instead_of_headers = true',
  },
};

export const SIGNING_KEYS: KeyReferences<typeof signingTable> = {
  issuer: {
    byDefault: 'required',
    why: 'The `iss` of identity tokens: the URL of this gateway, say.',
    example: 'issuer = "https://api.acme.example"',
    beside: 'sealing_keys = ["IDENTITY_SECRET"]',
  },
  sealing_keys: {
    byDefault: 'required',
    why: 'Secret bindings of at least 32 characters that signing keys are sealed with at rest and on their way to an isolate. The first seals, all open: put a new one in front, and take the old one away a day later.',
    example: 'sealing_keys = ["IDENTITY_SECRET"]',
    beside: 'issuer = "https://api.acme.example"',
  },
};

export const HEADER_EDIT_KEYS: KeyReferences<typeof headerEditsTable> = {
  set: {
    byDefault: 'none',
    why: "Header name = value, in place of whatever came. A header of your own that some route sets is removed from clients' requests on every route, in every spelling.",
    example:
      'set = { "X-Env" = "prod", "X-Api-Key" = { secret = "ORIGIN_KEY" }, "X-Asked-Host" = { request = "host" } }',
  },
  append: {
    byDefault: 'none',
    why: "Header name = value, after what came. The client's own stays: for lists such as `Accept-Language`, not for what an origin believes.",
    example: 'append = { "Accept-Language" = "en" }',
  },
  remove: {
    byDefault: 'none',
    why: 'Header names; every spelling that an origin may read as one of them goes.',
    example: 'remove = ["Cookie", "X-Debug"]',
  },
};
