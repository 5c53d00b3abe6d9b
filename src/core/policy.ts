import type { CorsPolicy, ProtectedResource, RateLimitPolicy, ResourceDocument } from './answer-policy.ts';
import type { ClaimPath } from './claim-address.ts';
import type { EventsPolicy } from './events-policy.ts';
import type { IssuerTemplate, KeyPins, PemBlock, SecretEncoding, TokenEncryption } from './issuer-policy.ts';
import type { Algorithm, JsonObject } from './jose.ts';
import type { SigningPolicy, Upstream } from './origin-policy.ts';
import type { Requirement } from './requirement.ts';
import type { TokenSource } from './token-source.ts';

export type { ClaimPath } from './claim-address.ts';
export type { KeyPins } from './issuer-policy.ts';
export type { ClaimType, HeaderMapping, OriginTarget, Upstream } from './origin-policy.ts';

/** The whole configuration, checked, compiled and deeply frozen. Built once per isolate by `config/compile.ts`. */
export interface Policy {
  /** One for each `[vars.ISSUERS.<name>]`: the access tokens of that issuer, for this gateway. */
  readonly issuers: readonly TokenProfile[];
  readonly routes: readonly Route[];
  /** What is decided beside this policy and never carried out; undefined: nothing. */
  readonly candidate: CandidatePolicy | undefined;
  /** One for each protected resource that routes name. */
  readonly resources: readonly ResourceDocument[];
  /** Folded names (see `core/fold-header-name.ts`) of every header that any route maps: stripped on every route. */
  readonly mappedHeaders: ReadonlySet<string>;
  /** Largest accepted token in bytes, before any parsing. */
  readonly maxTokenBytes: number;
  /** Verified-token cache bounds; `entries: 0` switches it off. */
  readonly tokenCache: { readonly entries: number; readonly bytes: number };
  /** What the challenges name as protected (RFC 9110 §11.5). */
  readonly realm: string;
  /** Which requests are logged; undefined: all. */
  readonly events: EventsPolicy | undefined;
  /** Whether the event tells the client's address. */
  readonly logClientAddress: boolean;
  /** Whether the origin gets a `traceparent` of the gateway's own where the client sends no valid one. */
  readonly makeTraceparent: boolean;
  /** The only life of the revocation store whose answers count; undefined: the one an isolate sees first. */
  readonly revocationEpoch: string | undefined;
  /** How many failed authentications an address has before its tokens are not looked at; undefined: any number. */
  readonly failedAuthenticationLimit:
    | { readonly binding: string; readonly limit: number; readonly periodSeconds: number }
    | undefined;
  /** undefined: no route signs identity. */
  readonly signing: SigningPolicy | undefined;
  /** Who may read `/.portcullis/status`; undefined: nobody, the endpoint does not exist. */
  readonly status: EndpointGuard | undefined;
  /** Who may ask `/.portcullis/explain`; undefined: nobody, the endpoint does not exist. */
  readonly explain: EndpointGuard | undefined;
  /** Whose answers tell how long each stage took; undefined: nobody's. */
  readonly serverTiming: EndpointGuard | undefined;
  /** What a token must be that measures how soon a revocation bites; undefined: none is taken. No route takes it. */
  readonly canary?: TokenProfile | undefined;
}

/** Whose tokens, with what scope, may use an endpoint of the gateway's own. */
export interface EndpointGuard {
  readonly profile: TokenProfile;
  readonly scope: readonly string[];
}

/** Where the keys of one issuer come from, and how they age. The key source looks a provider up by identity. */
export interface KeyProvider {
  /** The table name in `[vars.ISSUERS.<name>]`; what logs and events show. */
  readonly name: string;
  /** The `iss` of the tokens that its keys sign; discovery starts from it. */
  readonly issuer: string;
  /** What its keys are imported for. */
  readonly algorithms: ReadonlySet<Algorithm>;
  readonly source: KeyProviderSource;
}

/** `remote` with `jwksUri` undefined means discovery. */
export type KeyProviderSource =
  | {
      readonly from: 'remote';
      /** A URL, or `service:BINDING/path`. */
      readonly jwksUri: string | undefined;
      /** Hosts that may be asked over plain http. */
      readonly httpHosts: ReadonlySet<string>;
      /** Metadata document: OpenID Connect Discovery 1.0 §4 or RFC 8414 §3. */
      readonly discovery: 'openid' | 'oauth';
      readonly cache: JwksCachePolicy;
      readonly pins: KeyPins;
    }
  | { readonly from: 'inline'; readonly jwks: JsonObject; readonly pins: KeyPins }
  | { readonly from: 'pem'; readonly blocks: readonly PemBlock[]; readonly pins: KeyPins }
  | { readonly from: 'secret'; readonly bindings: readonly string[]; readonly encoding: SecretEncoding };

/** What a token must be for one purpose: an access token of a route or of the admin API, a logout token, a SET. */
export interface TokenProfile {
  /** The table name in `[vars.ISSUERS.<name>]`; what logs and events show. */
  readonly name: string;
  /** Compared with `iss` code point by code point (RFC 7519 §4.1.1); with a template its text, which is no `iss`. */
  readonly issuer: string;
  /** undefined: the tokens of one issuer alone. */
  readonly template: IssuerTemplate | undefined;
  /**
   * At least one must be in the token's audience (RFC 7519 §4.1.3). Empty only where the audience is optional: what a
   * token then names is never us. `any`: the token is not for us.
   */
  readonly audience: readonly string[] | 'any';
  /** Take tokens without the audience claim as well. */
  readonly audienceOptional: boolean;
  /** `aud` unless the issuer puts its audience elsewhere (Cognito access tokens: `client_id`). */
  readonly audienceClaim: string;
  /** Where the issuer puts scopes; undefined: `scope`, else `scp`. */
  readonly scopeClaim: ClaimPath | undefined;
  /** `jti` unless the issuer names its token identifier otherwise (Entra: `uti`). */
  readonly jtiClaim: string;
  readonly algorithms: ReadonlySet<Algorithm>;
  readonly keys: KeyProvider;
  /** Accepted `typ` values, lower case, without `application/` (RFC 7515 §4.1.9). */
  readonly types: ReadonlySet<string> | 'any';
  readonly typeRequired: boolean;
  /** `rfc9068`: every claim and the type of the JWT access token profile is required. */
  readonly profile: 'jwt' | 'rfc9068';
  /** A `sub` that is a whole number is taken, as its decimal text (RFC 7519 §4.1.2 wants a string). */
  readonly numericSubject: boolean;
  /**
   * `required`: `exp` must be there, and all times hold. `optional`: it need not be (RFC 8417 §2.2), but what is there
   * holds. `ignored`: it, or a greatest age, must be there, and no time is judged: the token may have expired, or not be
   * valid yet.
   */
  readonly expiry: 'required' | 'optional' | 'ignored';
  readonly clockToleranceSeconds: number;
  /** Refuse tokens whose `iat` is older than this; undefined: only `exp` bounds the age. */
  readonly maxTokenAgeSeconds: number | undefined;
  readonly requiredClaims: readonly string[];
  /** The claim that names the tenant for tenant-wide revocation. */
  readonly tenantClaim: ClaimPath | undefined;
  /** Longest lifetime this issuer gives a token: how long a revocation by subject, session or key is kept. */
  readonly maxTokenLifetimeSeconds: number;
  /** Refuse tokens of a longer lifetime, or of none that can be told, wherever they are used. */
  readonly lifetimeEnforced: boolean;
  /** undefined: tokens are signed alone, and an encrypted one is refused. */
  readonly encryption: TokenEncryption | undefined;
}

/** By `issuer`. Where several fit an `iss`, the one decides whose algorithm, type and audience the token has. */
export type TokenProfiles = ReadonlyMap<string, readonly TokenProfile[]>;

/** Bounds of the JWKS cache. Reasons for the defaults are in `config/defaults.ts`. */
export interface JwksCachePolicy {
  /** Freshness when the response has no `Cache-Control` (RFC 9111 §4.2.2). */
  readonly maxAgeSeconds: number;
  /** `Cache-Control: max-age` is honoured between these two. */
  readonly minFreshSeconds: number;
  readonly maxFreshSeconds: number;
  /** After freshness ends: served while a refresh runs behind the request (RFC 5861 §3). */
  readonly staleWhileRevalidateSeconds: number;
  /** After freshness ends: served while the issuer fails (RFC 5861 §4). */
  readonly staleIfErrorSeconds: number;
  /** Least time between two fetches, counted after failures as well. */
  readonly cooldownSeconds: number;
  readonly timeoutMs: number;
  readonly maxBytes: number;
  readonly maxKeys: number;
}

/** A policy that is tried on a share of the requests. */
export interface CandidatePolicy {
  readonly routes: readonly Route[];
  /** Issuers that the live policy does not have, or has otherwise. */
  readonly ownIssuers: readonly TokenProfile[];
  /** Of 100 requests. */
  readonly share: number;
}

/** Which requests it is for, what they need, and where they go. */
export interface Route {
  /** The table name in `[vars.ROUTES.<name>]`. */
  readonly name: string;
  readonly match: RoutePattern;
  readonly access: Access;
  readonly upstream: Upstream;
  /** `report`: what the access would refuse goes to the origin all the same, without identity, and its event says so. */
  readonly enforce: 'refuse' | 'report';
  /** undefined: the gateway says nothing of CORS. */
  readonly cors: CorsPolicy | undefined;
  /** undefined: clients are not told how to log in. */
  readonly resource: ProtectedResource | undefined;
  /** undefined: as many requests as the origin bears. */
  readonly rateLimit: RateLimitPolicy | undefined;
  /** Where people are sent who come with a browser and without a valid token; undefined: they get the 401. */
  readonly login?: LoginRedirect | undefined;
}

/** A URL around the return URL, which is one whole value in its query, percent-encoded. */
export interface LoginRedirect {
  readonly before: string;
  readonly after: string;
}

export interface RoutePattern {
  readonly host: RouteHost;
  readonly path: RoutePath;
  /** undefined: every method. Upper case. */
  readonly methods: readonly string[] | undefined;
}

/** What a request needs to be allowed, wherever it goes. */
export interface Access {
  /** What logs and events call it: the name of the route, or of the endpoint of our own that it guards. */
  readonly name: string;
  /** `optional`: nobody in particular, but who presents a token must be let in by it. `none`: nothing below is looked at. */
  readonly authentication: 'required' | 'optional' | 'none';
  /** Where a token may stand, in this order. */
  readonly sources: readonly TokenSource[];
  /** `first`: the first source that has one decides. undefined: tokens in more than one are refused. */
  readonly multipleTokens?: 'first' | undefined;
  /** Empty without authentication. */
  readonly profiles: TokenProfiles;
  readonly requirement: Requirement;
  readonly revocation: RevocationPolicy;
}

/** `prefix`: `/orders/*` is held as `/orders` and matches `/orders`, `/orders/` and everything below. */
export interface RoutePath {
  readonly kind: 'exact' | 'prefix';
  /** A segment `:name` is a parameter. */
  readonly value: string;
  /** undefined: it has none. */
  readonly parameters?: readonly RouteParameter[] | undefined;
}

/** One `:name` of a route's path; `index` counts segments from 0. */
export interface RouteParameter {
  readonly name: string;
  readonly index: number;
}

/** `wildcard` holds `example.com` for `*.example.com`, which matches one or more labels before it. */
export type RouteHost =
  | { readonly kind: 'any' }
  | { readonly kind: 'exact'; readonly value: string }
  | { readonly kind: 'wildcard'; readonly value: string };

export type RevocationMode = 'strict' | 'cached' | 'replicated' | 'off';

export interface RevocationPolicy {
  readonly mode: RevocationMode;
  /** Bound on the age of a "not revoked" answer; 0 in `strict`. */
  readonly maxStalenessSeconds: number;
  readonly onUnavailable: 'reject' | 'accept';
  readonly timeoutMs: number;
}
