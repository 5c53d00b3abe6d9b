import type { eventsTable } from '../events-table.ts';
import type { canaryTable, explainTable, serverTimingTable, statusTable } from '../own-endpoints-tables.ts';
import type { gatewayTable, tokenCacheTable } from '../schema.ts';
import type { KeyReferences } from './key-reference.ts';

export const GATEWAY_KEYS: KeyReferences<typeof gatewayTable> = {
  max_token_bytes: {
    byDefault: '`8192`',
    why: 'Larger tokens are refused before any parsing. Common servers stop at 8 KiB a header.',
    example: 'max_token_bytes = 4096',
  },
  token_cache: {
    byDefault: 'see below',
    why: 'Bounds of the verified-token cache. Times, revocation and authorization are checked behind it on every request.',
    example: 'token_cache = { entries = 1000 }',
  },
  realm: {
    byDefault: '`"api"`',
    why: 'What the challenge of a 401 or 403 names as protected (RFC 9110 §11.5). Visible ASCII and spaces, without `"` and `\\`.',
    example: 'realm = "orders"',
  },
  log_client_address: {
    byDefault: '`true`',
    why: "Whether events tell the client's address ([operating.md](operating.md)).",
    example: 'log_client_address = false',
  },
  events: {
    byDefault: 'every request',
    why: 'Which requests leave a line in the log; see below. Counts ([metrics.md](metrics.md)) are of all requests whatever it says.',
    example: 'events = { allowed_share = 10, max_per_second = 20 }',
  },
  make_traceparent: {
    byDefault: '`false`',
    why: "Whether the origin gets a `traceparent` where the client sends no valid one. A client's own goes on in any case.",
    example: 'make_traceparent = true',
  },
  revocation_epoch: {
    byDefault: 'the one seen first',
    why: 'Pins the revocation store: a store with another `portcullis:v1:epoch`, or with none, is not believed, so that an emptied Redis gives 503 even to an isolate that starts after the loss. After emptying it on purpose, write the new epoch here.',
    example: 'revocation_epoch = "2026-11-28"',
  },
  candidate_share: {
    byDefault: '`10`',
    why: 'Of 100 requests, how many the candidate policy is tried on. Refused where there is none ([shadow.md](shadow.md)).',
    example: 'candidate_share = 50',
  },
  failed_authentication_limit: {
    byDefault: 'none',
    why: 'How many failed authentications an address may have before its tokens are not looked at for a while; see below.',
    example: 'failed_authentication_limit = { binding = "GUESSES", limit = 50, period = "60s" }',
  },
  signed_identity: {
    byDefault: 'none',
    why: 'Who signs the tokens of routes with `signed_identity`; required there, refused where no route signs. Takes the Durable Object binding `IDENTITY_KEYS` of `wrangler.toml`.',
    example: 'signed_identity = { issuer = "https://api.acme.example", sealing_keys = ["IDENTITY_SECRET"] }',
  },
  explain: {
    byDefault: 'nobody',
    why: 'Who may ask `/.portcullis/explain` why a request is answered as it is ([troubleshooting.md](troubleshooting.md#a-running-gateway)); left out, the endpoint does not exist. Whoever may can read the policy, at `/.portcullis/policy`.',
    example: 'explain = { issuer = "acme", scope = ["gateway:explain"] }',
  },
  server_timing: {
    byDefault: 'nobody',
    why: 'Whose answers say in `Server-Timing` how long each stage took ([tracing.md](tracing.md)): those of requests let in with a token of this issuer that has the scope.',
    example: 'server_timing = { issuer = "acme", scope = ["gateway:timing"] }',
  },
  canary: {
    byDefault: 'none',
    why: 'Lets control measure how soon a revocation bites, at `/.portcullis/canary/` ([control.md](control.md#time-to-enforce)); left out, there is nothing there.',
    example: 'canary = { secret = "CANARY_SECRET" }',
  },
  status: {
    byDefault: 'nobody',
    why: 'Who may read `/.portcullis/status`; left out, the endpoint does not exist.',
    example: 'status = { issuer = "acme", scope = ["gateway:read"] }',
  },
};

export const EVENTS_KEYS: KeyReferences<typeof eventsTable> = {
  names: {
    byDefault: '`"portcullis"`',
    why: "What the fields of a request's event are called: as [operating.md](operating.md#the-event-of-a-request) has them, or by the semantic conventions of OpenTelemetry ([tracing.md](tracing.md#the-event-in-opentelemetrys-words)).",
    example: 'names = "opentelemetry"',
  },
  allowed_share: {
    byDefault: '`100`',
    why: 'Of 100 allowed requests, how many are logged. Refusals are, and requests that a route lets through although it would refuse them.',
    example: 'allowed_share = 10',
  },
  max_per_second: {
    byDefault: 'none',
    why: 'Refusals of one reason that are logged in one second, for each isolate. One line, `events_left_out`, tells how many more there were.',
    example: 'max_per_second = 20',
  },
};

export const TOKEN_CACHE_KEYS: KeyReferences<typeof tokenCacheTable> = {
  entries: {
    byDefault: '`5000`',
    why: '0 switches the cache off.',
    example: 'entries = 1000',
  },
  bytes: {
    byDefault: '`8388608`',
    why: '8 MiB of the 128 MB that an isolate has, counted by what claims are made of: 2 to 5 KB for a usual token.',
    example: 'bytes = 1048576',
  },
};

export const CANARY_KEYS: KeyReferences<typeof canaryTable> = {
  secret: {
    byDefault: 'required',
    why: "A secret of at least 32 bytes that control has too, and nobody else: it signs the canary's tokens. They reach no route.",
    example: 'secret = "CANARY_SECRET"',
  },
};

export const STATUS_KEYS: KeyReferences<typeof statusTable> = {
  issuer: {
    byDefault: 'required',
    why: 'An ISSUERS table.',
    example: 'issuer = "acme"',
  },
  scope: {
    byDefault: 'required',
    why: 'All of them are needed.',
    example: 'scope = ["gateway:read"]',
  },
};

export const SERVER_TIMING_KEYS: KeyReferences<typeof serverTimingTable> = {
  issuer: {
    byDefault: 'required',
    why: 'An ISSUERS table that some route takes tokens of.',
    example: 'issuer = "acme"',
  },
  scope: {
    byDefault: 'required',
    why: 'All of them are needed, besides what the route requires.',
    example: 'scope = ["gateway:timing"]',
  },
};

export const EXPLAIN_KEYS: KeyReferences<typeof explainTable> = {
  issuer: {
    byDefault: 'required',
    why: 'An ISSUERS table.',
    example: 'issuer = "acme"',
  },
  scope: {
    byDefault: 'required',
    why: 'All of them are needed.',
    example: 'scope = ["gateway:explain"]',
  },
};
