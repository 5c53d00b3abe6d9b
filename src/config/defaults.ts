/**
 * Every number and word that stands in for a key left out, and every bound on one that is given, each with its
 * reason. Durations are milliseconds here; docs/configuration.md shows them as they are written.
 */

const SECOND = 1_000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;
const KIB = 1_024;

export interface Bounds {
  readonly min: number;
  readonly max: number;
}

export const GATEWAY_DEFAULTS = {
  /** What common servers take as one header (nginx, Node and Apache stop at 8 KiB). */
  maxTokenBytes: 8 * KIB,
  /** One isolate has 128 MB; a verified token of usual size counts as 2 to 5 KB, so this is a fifteenth of it at most. */
  tokenCacheEntries: 5_000,
  tokenCacheBytes: 8 * KIB * KIB,
  /** RFC 6750 §3 wants a parameter in every challenge, and this one names no product and no host. */
  realm: 'api',
  /** What an operator looks for first when a client is refused. */
  logClientAddress: true,
  /** Each header more costs the request and the origin. */
  makeTraceparent: false,
} as const;

export const GATEWAY_BOUNDS = {
  /** Cloudflare refuses requests whose headers pass 128 KB together. */
  maxTokenBytes: { min: 256, max: 64 * KIB },
  tokenCacheEntries: { min: 0, max: 100_000 },
  tokenCacheBytes: { min: 0, max: 64 * KIB * KIB },
} as const satisfies Record<string, Bounds>;

export const ISSUER_DEFAULTS = {
  /** RFC 7519 §4.1.3 and §4.1.7. */
  audienceClaim: 'aud',
  jtiClaim: 'jti',
  /**
   * RS256 is what every RFC 9068 issuer must support (§2.1); PS256, ES256 and EdDSA are those the FAPI 2.0
   * Security Profile permits (§5.4.1); Ed25519 is the fully specified name of EdDSA (RFC 9864 §2.2).
   */
  algorithms: ['RS256', 'PS256', 'ES256', 'EdDSA', 'Ed25519'],
  /** The one HMAC algorithm every JWT library has (RFC 7518 §3.1). */
  hmacAlgorithms: ['HS256'],
  /** RFC 7519 §5.1 and RFC 9068 §2.1. */
  types: ['JWT', 'at+jwt'],
  profileTypes: ['at+jwt'],
  /** RFC 7519 §4.1.2: a string; a number is some issuers' own way. */
  numericSubject: false,
  /** Hosts under NTP drift by far less; RFC 7519 §4.1.4 allows "no more than a few minutes". */
  clockTolerance: 30 * SECOND,
  /** Longer than the access tokens of the usual providers (5 min to 24 h). */
  maxTokenLifetime: 24 * HOUR,
  discovery: 'openid',
  /** A secret's text as it is; a random one is mostly made in another form. */
  hmacSecretEncoding: 'utf8',
  /** Whoever configures a key for decryption means that nobody on the way may read claims. */
  encryption: 'required',
} as const;

export const ISSUER_BOUNDS = {
  /** "No more than a few minutes" (RFC 7519 §4.1.4). */
  clockTolerance: { min: 0, max: 5 * MINUTE },
  maxTokenAge: { min: SECOND, max: 366 * DAY },
  maxTokenLifetime: { min: MINUTE, max: 366 * DAY },
} as const satisfies Record<string, Bounds>;

/** An HMAC key has at least as many bytes as the hash has output (RFC 7518 §3.2). */
export const HMAC_SECRET_BYTES = { HS256: 32, HS384: 48, HS512: 64 } as const;

export const JWKS_CACHE_DEFAULTS = {
  /** When the response does not say (RFC 9111 §4.2.2); what jose and Envoy use. */
  maxAge: 10 * MINUTE,
  /** An issuer that answers `no-store` must not cost a fetch per request. */
  minFresh: 30 * SECOND,
  /** A withdrawn key is trusted no longer than this while the issuer answers, whatever its `max-age` says. */
  maxFresh: HOUR,
  /** RFC 5861 §3. One more `maxAge`: an isolate that was idle answers from memory while it refreshes. */
  staleWhileRevalidate: 10 * MINUTE,
  /** RFC 5861 §4. Covers most provider outages; tokens issued before one have expired by then. */
  staleIfError: 4 * HOUR,
  /** At most two fetches a minute per isolate, however many unknown key ids arrive. */
  cooldown: 30 * SECOND,
  /** A cold request waits for this; key sets are usually served within 300 ms. */
  timeout: 3 * SECOND,
  /** 50 RSA-4096 keys with a certificate chain each take about 200 KB. */
  maxBytes: 256 * KIB,
  /** Providers publish two to ten; every key costs an import. */
  maxKeys: 50,
} as const;

export const JWKS_CACHE_BOUNDS = {
  maxAge: { min: SECOND, max: DAY },
  minFresh: { min: SECOND, max: HOUR },
  maxFresh: { min: SECOND, max: DAY },
  staleWhileRevalidate: { min: 0, max: DAY },
  staleIfError: { min: 0, max: 7 * DAY },
  cooldown: { min: SECOND, max: HOUR },
  timeout: { min: 100, max: 30 * SECOND },
  maxBytes: { min: KIB, max: KIB * KIB },
  maxKeys: { min: 1, max: 200 },
} as const satisfies Record<string, Bounds>;

export const ROUTE_DEFAULTS = {
  authentication: 'required',
  scopeMatch: 'all',
  /** Browsers and most clients give up later than this; an origin slower than this answers 504. */
  timeout: 30 * SECOND,
  forwardToken: false,
  enforce: 'refuse',
  preflight: 'reject',
} as const;

export const EVENTS_DEFAULTS = {
  /** Who pays by the line says so; until then every request can be found. */
  allowedShare: 100,
  names: 'portcullis',
} as const;

export const EVENTS_BOUNDS = {
  allowedShare: { min: 0, max: 100 },
  maxPerSecond: { min: 1, max: 10_000 },
} as const satisfies Record<string, Bounds>;

export const CANDIDATE_DEFAULTS = {
  /** Enough to see a difference within minutes, at a tenth of the price of deciding everything twice. */
  share: 10,
} as const;

export const CANDIDATE_BOUNDS = {
  share: { min: 1, max: 100 },
} as const satisfies Record<string, Bounds>;

export const ROUTE_BOUNDS = {
  timeout: { min: 100, max: 15 * MINUTE },
  /** Cloudflare takes 500 MB on its largest plan. */
  maxBody: { min: 0, max: 500_000_000 },
} as const satisfies Record<string, Bounds>;

export const CORS_DEFAULTS = {
  /** What a page needs to send a token, and JSON. */
  headers: ['Authorization', 'Content-Type'],
  /** Cookies of a page's user are sent only where that is meant. */
  credentials: false,
  /** A withdrawn permission holds no longer than this; most pages are open for less. Chromium stops at two hours. */
  maxAge: 10 * MINUTE,
} as const;

export const RESOURCE_METADATA_DEFAULTS = {
  /** A change of issuers reaches clients within it; a client asks once for many requests. */
  maxAge: 5 * MINUTE,
} as const;

export const RESOURCE_METADATA_BOUNDS = {
  maxAge: { min: 0, max: DAY },
} as const satisfies Record<string, Bounds>;

export const RATE_LIMIT_DEFAULTS = {
  /**
   * A limit spares the origin; who may pass has been decided without it. An outage of the counter shall not be one of the
   * API.
   */
  onUnavailable: 'accept',
  /** As for the deny-list: a store in the region answers within 10 ms. */
  timeout: 250,
} as const;

export const RATE_LIMIT_BOUNDS = {
  limit: { min: 1, max: 1_000_000 },
  period: { min: SECOND, max: DAY },
  timeout: { min: 10, max: 10 * SECOND },
} as const satisfies Record<string, Bounds>;

export const CORS_BOUNDS = {
  maxAge: { min: 0, max: DAY },
} as const satisfies Record<string, Bounds>;

export const REQUIRE_BOUNDS = {
  maxTokenAge: { min: SECOND, max: 366 * DAY },
  maxAuthAge: { min: SECOND, max: 366 * DAY },
} as const satisfies Record<string, Bounds>;

/** More than a person reads at a glance is a mistake, or belongs in two routes. */
export const REQUIRE_LIMITS = { depth: 5, tables: 64, globLength: 256 } as const;

export const REVOCATION_DEFAULTS = {
  /** The only mode without a window in which a revoked token is accepted. */
  mode: 'strict',
  /** Shorter than it takes a person to notice; a hundredth of the reads at 20 requests a second per token. */
  maxStaleness: 5 * SECOND,
  onUnavailable: 'reject',
  /** A Redis in the region answers within 10 ms, across a continent within 100. */
  timeout: 250,
} as const;

export const REVOCATION_BOUNDS = {
  /** Below one second `strict` is the honest choice; above one hour a deny-list is none. */
  maxStaleness: { min: SECOND, max: HOUR },
  timeout: { min: 10, max: 10 * SECOND },
} as const satisfies Record<string, Bounds>;

/** Cloudflare's caps: 5 KB a variable, 64 variables on the free plan; the warning comes before the cap. */
export const VARIABLE_BYTES = { cap: 5 * KIB, warn: 4 * KIB } as const;
export const VARIABLE_COUNT = { cap: 64, warn: 58 } as const;
