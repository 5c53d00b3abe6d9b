import type { claimTable, headerTable, revocationTable, routeTable } from '../schema.ts';
import { ANSWER_KEYS } from './answers.ts';
import type { KeyReferences } from './key-reference.ts';
import { ORIGIN_KEYS } from './origin.ts';

export const ROUTE_KEYS: KeyReferences<typeof routeTable> = {
  group: {
    byDefault: 'none',
    why: 'The `ROUTE_GROUPS` table that the route takes the keys from that it leaves out; see below.',
    example: 'group = "billing"',
  },
  unset: {
    byDefault: 'none',
    why: 'Keys that the route does not take from its group or the defaults, but from nowhere.',
    example: 'unset = ["timeout"]',
  },
  path: {
    byDefault: 'required',
    why: '`"/orders"` is that path alone; `"/orders/*"` is `/orders`, `/orders/` and everything below; `"/*"` is everything. Spelt as requests are matched: no `..`, `//`, `;`, `\\`, query or needless escape. A whole segment `:name` is a parameter: any one segment that is not empty ([routing.md](routing.md#parameters)). A list, where several paths share all the rest. Not below `/.portcullis`, which is the gateway\'s own.',
    example: 'path = "/orders/*"',
  },
  methods: {
    byDefault: 'every method',
    why: 'Upper case, of those that HTTP and WebDAV know. GET brings HEAD with it. A path that matches with another method is 405, never a less specific route.',
    example: 'methods = ["GET", "POST"]',
  },
  host: {
    byDefault: 'any',
    why: '`"api.example.com"`, or `"*.example.com"` for one or more labels before it. A list, where several hosts share all the rest. Lower case, no port, punycode.',
    example: 'host = "api.acme.example"',
  },
  origin: {
    byDefault: 'required',
    why: '`"https://host[:port]"`, or `"service:BINDING"`. A path after the host comes before every path that is forwarded ([proxying.md](proxying.md#the-path)). http to localhost only: identity headers must not cross a network in the clear.',
    example: 'origin = "https://orders.internal.example"',
  },
  allow_http: {
    byDefault: 'none',
    why: 'Hosts that `origin` may reach over plain http, as they stand in it: whoever is on the way can read identities, and change them. For a private network alone: a public address is refused, and the key is warned of.',
    example: 'allow_http = ["10.0.0.7:8080"]',
    beside: 'origin = "http://10.0.0.7:8080"',
  },
  authentication: {
    byDefault: '`"required"`',
    why: '`"optional"`: who presents no token passes as nobody in particular, while a token that is not valid is refused as everywhere, never ignored; what the route requires is required of those with a token. The origin is told by `X-Portcullis-Authenticated: true` or `false`. `"none"` is for what anyone may read. Client copies of identity headers are removed there too.',
    example: 'authentication = "none"',
  },
  token_sources: {
    byDefault: '`["bearer"]`',
    why: 'Where tokens may stand, see below. `"bearer"` is `Authorization: Bearer` (RFC 6750 §2.1). Whatever stands in one of them is removed from what the origin gets.',
    example: 'token_sources = ["bearer", { cookie = "__Host-access" }]',
  },
  multiple_tokens: {
    byDefault: '`"refuse"`',
    why: 'What to do with a request that has tokens in several sources: 400 `credentials_multiple`, or `"first"`: the first source in the list that has one decides, and the others are not looked at. A query `access_token` beside `Authorization: Bearer` is refused in any case (RFC 6750 §2).',
    example: 'multiple_tokens = "first"',
    beside: 'token_sources = ["bearer", { cookie = "__Host-access" }]',
  },
  on_unauthenticated: {
    byDefault: '401',
    why: 'Where a browser is sent instead of the 401, see below.',
    example: 'on_unauthenticated = { redirect = "https://login.acme.example/?return_to={url}" }',
  },
  issuers: {
    byDefault: 'all',
    why: 'Whose tokens this route takes. Left out where there are several issuers, a warning says so.',
    example: 'issuers = ["acme"]',
  },
  scope: {
    byDefault: 'none',
    why: "What the token's `scope` or `scp` must grant.",
    example: 'scope = ["orders:read"]',
  },
  scope_match: {
    byDefault: '`"all"`',
    why: 'Only beside `scope`.',
    example: 'scope_match = "any"',
    beside: 'scope = ["orders:read", "orders:admin"]',
  },
  claims: {
    byDefault: 'none',
    why: 'Further requirements, all of which must hold; see below.',
    example: 'claims = [{ claim = "role", equals = "admin" }]',
  },
  require: {
    byDefault: 'none',
    why: 'What must hold besides: requirements put together by `all`, `any` and `not`; see below.',
    example: 'require = { any = [{ scope = ["orders:admin"] }, { claim = "roles", contains = "clerk" }] }',
  },
  headers: {
    byDefault: 'none',
    why: 'What the origin learns; see below.',
    example: 'headers = { "X-User-Id" = "sub" }',
  },
  revocation: {
    byDefault: 'see below',
    why: "How a token's revocation is checked.",
    example: 'revocation = { mode = "cached" }',
  },
  timeout: {
    byDefault: '`"30s"`',
    why: "Until the origin's response headers; a body may stream on.",
    example: 'timeout = "10s"',
  },
  keep_headers: {
    byDefault: 'none',
    why: 'Identity headers of other proxies (`Cf-Access-*`, `X-Goog-IAP-JWT-Assertion`, `Remote-User`, …; see [identity-headers.md](identity-headers.md)) that this route does not remove. Only where such a proxy stands in front of the gateway and writes them: otherwise the client does. Refused for any other header, and for one that a route maps.',
    example: 'keep_headers = ["Cf-Access-Jwt-Assertion"]',
  },
  forward_token: {
    byDefault: '`false`',
    why: 'Whether the origin gets the token, as `Authorization: Bearer`, whichever source it stood in. Beside `authentication = "none"` it gets the client\'s `Authorization` as it came, which nobody has verified: a warning says so.',
    example: 'forward_token = true',
  },
  preflight: {
    byDefault: '`"reject"`',
    why: '`"origin"`: a CORS preflight goes to the origin without credentials. `"reject"`: it is a request like any other. Refused beside `cors`.',
    example: 'preflight = "origin"',
  },
  ...ANSWER_KEYS,
  ...ORIGIN_KEYS,
};

export const CLAIM_KEYS: KeyReferences<typeof claimTable> = {
  claim: {
    byDefault: 'required',
    why: 'An absent claim meets no requirement.',
    example: 'claim = "/realm_access/roles"',
    beside: 'contains = "orders"',
  },
  equals: {
    byDefault: 'none',
    why: 'The whole claim, without conversion: `1` is not `"1"`. Whole numbers within ±(2^53 − 1), in lists and tables too: JSON does not tell larger ones apart, so a comparison would accept the neighbour.',
    example: 'equals = "admin"',
  },
  one_of: {
    byDefault: 'none',
    why: 'As `equals`, any of them.',
    example: 'one_of = ["admin", "auditor"]',
  },
  contains: {
    byDefault: 'none',
    why: 'One element of a list claim. For several write one requirement each: all must hold.',
    example: 'contains = "orders"',
  },
};

export const HEADER_KEYS: KeyReferences<typeof headerTable> = {
  claim: {
    byDefault: 'required',
    why: 'What is sent.',
    example: 'claim = "/org/tenant_id"',
  },
  type: {
    byDefault: '`"any"`',
    why: 'A claim of another type is not sent: an origin that expects a string never gets the number that looks like it.',
    example: 'type = "string"',
  },
  join: {
    byDefault: 'JSON',
    why: 'Sends a list as its elements with one of `,` `;` `|` `:` `/` or a space between them. Left out whole, and named in `X-Portcullis-Omitted`, when an element is empty or contains it.',
    example: 'join = ","',
  },
  payload: {
    byDefault: 'none',
    why: '`"base64url"`, in place of `claim`: all claims of the token as one header, JSON in base64url, as Envoy and Istio send it.',
    example: 'payload = "base64url"',
  },
};

export const REVOCATION_KEYS: KeyReferences<typeof revocationTable> = {
  mode: {
    byDefault: '`"strict"`',
    why: '`"strict"` asks the store on every request: the only mode without a window. The default is `"off"` where `authentication = "none"`.',
    example: 'mode = "replicated"',
  },
  max_staleness: {
    byDefault: '`"5s"`',
    why: 'How old a "not revoked" may be. For `"cached"` and `"replicated"` only.',
    example: 'max_staleness = "2s"',
    beside: 'mode = "cached"',
  },
  on_unavailable: {
    byDefault: '`"reject"`',
    why: 'When the store does not answer: 503, or accept on doubt, with an event.',
    example: 'on_unavailable = "accept"',
  },
  timeout: {
    byDefault: '`"250ms"`',
    why: "For the store's answer.",
    example: 'timeout = "100ms"',
  },
};
