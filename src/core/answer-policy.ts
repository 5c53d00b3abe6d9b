import type { ClaimPath } from './claim-address.ts';

/** What the gateway itself answers for a route: compiled like the rest of the policy, and part of it. */

/** What a client is told of a route that it has no token for yet (RFC 9728). */
export interface ProtectedResource {
  /** RFC 9728 §1.2, as configured. */
  readonly identifier: string;
  /** Of the identifier: lower case, without port. */
  readonly host: string;
  /** Where the document is on that host (§3.1), and the whole URL of it for challenges (§5.1). */
  readonly path: string;
  readonly metadataUrl: string;
  /** What every request needs, joined by spaces, for challenges; undefined: nothing, or one of several. */
  readonly challengeScope: string | undefined;
  /** Never empty. */
  readonly authorizationServers: readonly string[];
  readonly scopes: readonly string[];
  /** How a token may be presented (RFC 6750 §2), as far as there are names for it. */
  readonly bearerMethods: readonly ('header' | 'query')[];
  readonly name: string | undefined;
  readonly documentation: string | undefined;
  readonly policyUri: string | undefined;
  readonly tosUri: string | undefined;
  readonly maxAgeSeconds: number;
}

/** The metadata of one protected resource, of all its routes together. */
export interface ResourceDocument {
  readonly host: string;
  readonly path: string;
  /** JSON (RFC 9728 §3.2). */
  readonly document: string;
  readonly maxAgeSeconds: number;
}

/** Which pages of other origins may read a route's answers: what the CORS protocol says of it (Fetch Standard). */
export interface CorsPolicy {
  readonly origins: CorsOrigins;
  /** Upper case. HEAD goes with GET. */
  readonly methods: ReadonlySet<string>;
  /** As header values: the methods, the request headers that a page may set, and those of an answer it may read. */
  readonly allowMethods: string;
  readonly allowHeaders: string;
  readonly exposeHeaders: string;
  /** Never with `any` origin. */
  readonly credentials: boolean;
  /** Seconds for which a browser need not ask again, as a header value. */
  readonly maxAge: string;
}

/** `any`: every page there is. Otherwise origins as a browser writes them. */
export type CorsOrigins =
  | 'any'
  | { readonly exact: ReadonlySet<string>; readonly wildcards: readonly OriginWildcard[] };

/** `https://*.example.com` is `https://` before one label and `.example.com` after it. */
export interface OriginWildcard {
  readonly before: string;
  readonly after: string;
}

/** How many requests one caller may make. */
export interface RateLimitPolicy {
  /** The name of the route, for logs. */
  readonly name: string;
  /** Whose requests are counted together. */
  readonly by: 'subject' | 'client' | 'tenant' | 'issuer' | 'claim' | 'address';
  /** Of `claim` alone. */
  readonly claim: ClaimPath | undefined;
  readonly limit: number;
  readonly periodSeconds: number;
  /** What shares its counts with what: the binding, or the route. */
  readonly scope: string;
  /** As RateLimit fields name it: a string of RFC 9651 §3.3.3. */
  readonly fieldName: string;
  /** Workers' rate-limit binding; undefined: counted exactly, in a Redis. */
  readonly binding: string | undefined;
  readonly onUnavailable: 'accept' | 'reject';
  readonly timeoutMs: number;
}
