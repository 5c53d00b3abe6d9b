import * as z from 'zod/mini';
import { ASYMMETRIC_ALGORITHMS, HMAC_ALGORITHMS, type JsonValue } from '../core/jose.ts';
import type { RouteHost } from '../core/policy.ts';
import { hostHint, originHint, parseHost, parseOrigin } from './address.ts';
import { answerKeys } from './answer-keys.ts';
import {
  CANDIDATE_BOUNDS,
  GATEWAY_BOUNDS,
  ISSUER_BOUNDS,
  JWKS_CACHE_BOUNDS,
  REVOCATION_BOUNDS,
  ROUTE_BOUNDS,
} from './defaults.ts';
import { parseKeysAddress } from './endpoint.ts';
import { eventsTable } from './events-table.ts';
import {
  claimName,
  claimPath,
  duration,
  exactValue,
  flag,
  httpHosts,
  integer,
  isMediaType,
  isPlainText,
  kids,
  listOf,
  oneOf,
  oneOrMore,
  oneOrTwoSecrets,
  parsed,
  scope,
  table,
  text,
} from './fields.ts';
import { ISSUER, issuerHint, parseIssuer } from './issuer-address.ts';
import { isSegment, SEGMENT } from './issuer-template.ts';
import { METHODS } from './methods.ts';
import { originKeys, signingTable } from './origin-keys.ts';
import { canaryTable, explainTable, serverTimingTable, statusTable } from './own-endpoints-tables.ts';
import { failedAuthenticationLimitTable } from './rate-limit-tables.ts';
import { requireTable } from './schema-require.ts';
import { onUnauthenticatedTable, tokenSources } from './token-sources-table.ts';

/**
 * The shape of every table: what each key may hold, on its own. Every message is the `allowed` text of a problem.
 * All keys are optional here and unknown keys refused; what must be there, and what fits together, is decided in
 * `compile-issuer.ts` and `compile-route.ts`, so that one missing key hides no other mistake.
 */

export const jwksCacheTable = table({
  max_age: z.optional(duration(JWKS_CACHE_BOUNDS.maxAge)),
  min_fresh: z.optional(duration(JWKS_CACHE_BOUNDS.minFresh)),
  max_fresh: z.optional(duration(JWKS_CACHE_BOUNDS.maxFresh)),
  stale_while_revalidate: z.optional(duration(JWKS_CACHE_BOUNDS.staleWhileRevalidate)),
  stale_if_error: z.optional(duration(JWKS_CACHE_BOUNDS.staleIfError)),
  cooldown: z.optional(duration(JWKS_CACHE_BOUNDS.cooldown)),
  timeout: z.optional(duration(JWKS_CACHE_BOUNDS.timeout)),
  max_bytes: z.optional(integer(JWKS_CACHE_BOUNDS.maxBytes)),
  max_keys: z.optional(integer(JWKS_CACHE_BOUNDS.maxKeys)),
});

const AUDIENCE = 'the audience of this gateway, compared exactly (there is no wildcard), or a list of such';
const audience = text(AUDIENCE, (value) => isPlainText(value) && value !== '*');

export const issuerTable = table({
  issuer: z.optional(parsed(ISSUER, parseIssuer, issuerHint)),
  issuer_parameter: z.optional(
    z.union([oneOf(['guid']), listOf(text(SEGMENT, isSegment), `a list of ${SEGMENT}s, at least one`)], {
      error: '"guid", or a list of the values that may stand there',
    }),
  ),
  audience: z.optional(
    z.union([audience, listOf(audience, 'a list of audiences, at least one')], {
      error: AUDIENCE,
    }),
  ),
  audience_claim: z.optional(claimName()),
  jti_claim: z.optional(claimName()),
  scope_claim: z.optional(claimPath()),
  algorithms: z.optional(
    listOf(oneOf([...ASYMMETRIC_ALGORITHMS, ...HMAC_ALGORITHMS]), 'a list of JWS algorithms, at least one'),
  ),
  jwks_uri: z.optional(
    parsed(
      'an https URL without credentials and fragment (http only to localhost), or "service:BINDING/path"',
      parseKeysAddress,
    ),
  ),
  jwks: z.optional(table({ keys: z.optional(z.custom<JsonValue>()) }, 'a JWK Set: { keys = [ … ] }')),
  pem: z.optional(text('PEM text')),
  hmac_secret: z.optional(oneOrTwoSecrets()),
  hmac_secret_encoding: z.optional(oneOf(['utf8', 'base64', 'base64url', 'hex'])),
  allow_http: z.optional(httpHosts()),
  discovery: z.optional(oneOf(['openid', 'oauth'])),
  types: z.optional(
    listOf(
      text('a "typ" value such as "JWT" or "at+jwt"', isMediaType),
      'a list of "typ" values, at least one',
    ),
  ),
  type_required: z.optional(flag()),
  profile: z.optional(oneOf(['jwt', 'rfc9068'])),
  numeric_subject: z.optional(flag()),
  clock_tolerance: z.optional(duration(ISSUER_BOUNDS.clockTolerance)),
  max_token_age: z.optional(duration(ISSUER_BOUNDS.maxTokenAge)),
  allow_no_expiry: z.optional(flag()),
  allow_no_audience: z.optional(flag()),
  decryption_keys: z.optional(oneOrTwoSecrets()),
  encryption: z.optional(oneOf(['required', 'optional'])),
  max_token_lifetime: z.optional(duration(ISSUER_BOUNDS.maxTokenLifetime)),
  required_claims: z.optional(listOf(claimName(), 'a list of claim names, at least one')),
  tenant_claim: z.optional(claimPath()),
  allowed_kids: z.optional(kids()),
  allowed_thumbprints: z.optional(
    listOf(
      text('an RFC 7638 SHA-256 thumbprint: 43 characters of base64url', (value) =>
        /^[\w-]{42}[AEIMQUYcgkosw048]$/.test(value),
      ),
      'a list of RFC 7638 thumbprints, at least one',
    ),
  ),
  blocked_kids: z.optional(kids()),
  jwks_cache: z.optional(jwksCacheTable),
});

export const revocationTable = table({
  mode: z.optional(oneOf(['strict', 'cached', 'replicated', 'off'])),
  max_staleness: z.optional(duration(REVOCATION_BOUNDS.maxStaleness)),
  on_unavailable: z.optional(oneOf(['reject', 'accept'])),
  timeout: z.optional(duration(REVOCATION_BOUNDS.timeout)),
});

const isValue = (value: unknown) => value !== null;

export const claimTable = table({
  claim: z.optional(claimPath()),
  equals: z.optional(exactValue('a string, number, boolean, list or table', isValue)),
  one_of: z.optional(listOf(exactValue('a value'), 'a list of values, at least one')),
  contains: z.optional(
    exactValue(
      'one element: a string, number, boolean or table; for several, one { claim, contains } each, all of which must hold',
      (value) => isValue(value) && !Array.isArray(value),
    ),
  ),
});

export const headerTable = table({
  claim: z.optional(claimPath()),
  join: z.optional(oneOf([',', ';', '|', ':', '/', ' '])),
  payload: z.optional(oneOf(['base64url'])),
  type: z.optional(oneOf(['any', 'string', 'number', 'boolean', 'array', 'object'])),
});

export const ORIGIN =
  '"https://host[:port]", perhaps with a path (http only to localhost), or "service:BINDING"';

export const routeTable = table({
  group: z.optional(text('the name of a ROUTE_GROUPS table')),
  unset: z.optional(listOf(text('a key that would be inherited'), 'a list of inherited keys, at least one')),
  path: z.optional(
    oneOrMore(
      text('a path such as "/orders" or "/orders/*"'),
      'a path such as "/orders" or "/orders/*", or a list of such',
    ),
  ),
  methods: z.optional(listOf(oneOf(METHODS), 'a list of methods, at least one; left out: every method')),
  host: z.optional(
    oneOrMore(
      parsed(
        'a host name such as "api.example.com" or "*.example.com": lower case, no port',
        parseHost,
        hostHint,
      ),
      'a host name such as "api.example.com" or "*.example.com", or a list of such: lower case, no port',
    ),
  ),
  origin: z.optional(parsed(ORIGIN, parseOrigin, originHint)),
  allow_http: z.optional(httpHosts()),
  authentication: z.optional(oneOf(['required', 'optional', 'none'])),
  token_sources: z.optional(tokenSources),
  multiple_tokens: z.optional(oneOf(['refuse', 'first'])),
  on_unauthenticated: z.optional(onUnauthenticatedTable),
  issuers: z.optional(listOf(text('the name of an ISSUERS table'), 'a list of issuer names, at least one')),
  scope: z.optional(scope()),
  scope_match: z.optional(oneOf(['all', 'any'])),
  claims: z.optional(listOf(claimTable, 'a list of requirements: [{ claim = "role", equals = "admin" }]')),
  require: z.optional(requireTable),
  headers: z.optional(
    z.record(
      z.string(),
      z.union([claimPath(), headerTable], {
        error: 'a claim name, a JSON Pointer, or { claim = "…", type = "string" }',
      }),
      { error: 'a table of header name = claim' },
    ),
  ),
  revocation: z.optional(revocationTable),
  timeout: z.optional(duration(ROUTE_BOUNDS.timeout)),
  keep_headers: z.optional(
    listOf(text('a header name'), 'a list of header names, such as ["Cf-Access-Jwt-Assertion"]'),
  ),
  forward_token: z.optional(flag()),
  preflight: z.optional(oneOf(['reject', 'origin'])),
  ...originKeys,
  ...answerKeys,
});

export const tokenCacheTable = table({
  entries: z.optional(integer(GATEWAY_BOUNDS.tokenCacheEntries)),
  bytes: z.optional(integer(GATEWAY_BOUNDS.tokenCacheBytes)),
});

export const gatewayTable = table({
  events: z.optional(eventsTable),
  max_token_bytes: z.optional(integer(GATEWAY_BOUNDS.maxTokenBytes)),
  token_cache: z.optional(tokenCacheTable),
  candidate_share: z.optional(integer(CANDIDATE_BOUNDS.share)),
  failed_authentication_limit: z.optional(failedAuthenticationLimitTable),
  status: z.optional(statusTable),
  explain: z.optional(explainTable),
  server_timing: z.optional(serverTimingTable),
  canary: z.optional(canaryTable),
  signed_identity: z.optional(signingTable),
  realm: z.optional(
    text('text of 1 to 64 visible ASCII characters and spaces, without " and \\', (value) =>
      /^[ !#-[\]-~]{1,64}$/.test(value),
    ),
  ),
  log_client_address: z.optional(flag()),
  make_traceparent: z.optional(flag()),
  revocation_epoch: z.optional(
    text('text of 1 to 128 characters', (value) => value !== '' && value.length <= 128),
  ),
});

export type IssuerTable = z.output<typeof issuerTable>;
/** With one host and one path: a route with several is compiled for each. */
export type RouteTable = Omit<z.output<typeof routeTable>, 'host' | 'path'> & {
  readonly host: RouteHost | undefined;
  readonly path: string | undefined;
};
export type GatewayTable = z.output<typeof gatewayTable>;
