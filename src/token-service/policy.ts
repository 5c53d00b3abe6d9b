import type { ClaimPath } from '../core/claim-address.ts';
import type { Algorithm, JsonObject } from '../core/jose.ts';
import type { Access, TokenProfile } from '../core/policy.ts';
import type { AdminParty } from '../decision/admin-access.ts';
import type { RegisteredClient } from '../http/client-registration.ts';
import type { KeyTimes, SigningAlgorithm } from '../signing-keys/rotation.ts';
import type { SealingSecret } from '../signing-keys/sealed-key.ts';
import type { FamilyTimes } from './grants/family.ts';

/** The token service's configuration, checked, compiled and frozen. Built once per isolate by `config/compile.ts`. */
export interface ServicePolicy {
  /** `iss` of every token, and the URL all endpoints stand below; no path and no slash at the end. */
  readonly issuer: string;
  /** The first seals, all open. */
  readonly sealing: readonly [SealingSecret, ...SealingSecret[]];
  readonly algorithm: SigningAlgorithm;
  readonly keys: KeyTimes;
  readonly accessToken: AccessTokenPolicy;
  readonly family: FamilyTimes;
  /** From being sent to the provider until being back. */
  readonly loginSeconds: number;
  /** By client identifier. */
  readonly clients: ReadonlyMap<string, Client>;
  /** By audience, the value of `resource` (RFC 8707 §2). */
  readonly resources: ReadonlyMap<string, Resource>;
  /** Providers that log people in, by table name. */
  readonly upstreams: ReadonlyMap<string, Upstream>;
  /** Cookies for browsers; undefined: there are none. */
  readonly session: SessionPolicy | undefined;
  /** Who may withdraw keys and end grants; empty: nobody. */
  readonly admins: readonly AdminParty[];
  /** What it takes to look, and to change. */
  readonly adminAccess: { readonly [access in AdminAccess]: Access };
  /** Issuers whose assertions and subject tokens may be exchanged here, by table name. */
  readonly issuers: ReadonlyMap<string, TokenProfile>;
}

export type AdminAccess = 'read' | 'write';

export interface AccessTokenPolicy {
  readonly lifetimeSeconds: number;
  /** Longest that any resource server's clock may be off: how long revocations outlive a token. */
  readonly toleranceSeconds: number;
  readonly maxBytes: number;
  /** Never in a token, whatever a login or an assertion brings. */
  readonly forbiddenClaims: ReadonlySet<string>;
}

export const GRANT_TYPES = {
  authorization_code: 'authorization_code',
  refresh_token: 'refresh_token',
  client_credentials: 'client_credentials',
  jwt_bearer: 'urn:ietf:params:oauth:grant-type:jwt-bearer',
  token_exchange: 'urn:ietf:params:oauth:grant-type:token-exchange',
} as const;
export type GrantName = keyof typeof GRANT_TYPES;

export interface Client extends RegisteredClient {
  readonly name: string;
  readonly grants: ReadonlySet<GrantName>;
  /** Compared as text (RFC 9700 §2.1). */
  readonly redirectUris: ReadonlySet<string>;
  /** Table names of the providers that its users may log in at. The first is the default. */
  readonly upstreams: readonly string[];
  /** What it may ask for at most. */
  readonly scope: ReadonlySet<string>;
  /** By audience: where its tokens may be for. The first is the default. Never empty. */
  readonly resources: readonly string[];
  /** Table names of the issuers whose assertions (RFC 7523) it may bring. */
  readonly assertionIssuers: ReadonlySet<string>;
  /** Table names of the issuers whose tokens (RFC 8693) it may exchange. */
  readonly subjectTokenIssuers: ReadonlySet<string>;
}

/** A resource server (RFC 8707). */
export interface Resource {
  readonly name: string;
  readonly audience: string;
  readonly scope: ReadonlySet<string>;
  /** Claims of the login that its tokens carry. */
  readonly claims: readonly { readonly name: string; readonly path: ClaimPath }[];
  /** Its tokens are encrypted to this public key (RFC 7516), signed within. */
  readonly encryption: { readonly jwk: JsonObject; readonly algorithm: EncryptionAlgorithm } | undefined;
}

export const ENCRYPTION_ALGORITHMS = ['ECDH-ES', 'ECDH-ES+A256KW', 'RSA-OAEP-256'] as const;
export type EncryptionAlgorithm = (typeof ENCRYPTION_ALGORITHMS)[number];

/** What a client's own key may sign assertions with. */
export const ASSERTION_ALGORITHMS: readonly Algorithm[] = ['ES256', 'RS256', 'PS256', 'EdDSA', 'Ed25519'];

/** An OpenID provider that logs people in for us (OpenID Connect Core 1.0 §3.1). */
export interface Upstream {
  /** 1 to 64 of a-z, 0-9, "_" and "-". */
  readonly name: string;
  readonly issuer: string;
  /** Ours there. */
  readonly clientId: string;
  readonly credential: UpstreamCredential;
  readonly scope: readonly string[];
  /** Claims of the login that are taken from it; others are dropped. */
  readonly claims: ReadonlySet<string>;
  readonly claimsFrom: (typeof CLAIM_PLACES)[number];
  /** Whether a subject of it is called `<name>|<sub>` here, or as the provider calls it. */
  readonly subject: (typeof SUBJECT_FORMS)[number];
  readonly idTokens: TokenProfile;
  readonly logoutTokens: TokenProfile;
}

export type UpstreamCredential =
  | { readonly method: 'none' }
  | { readonly method: 'client_secret'; readonly secret: string }
  /** RFC 7523 §2.2. A private JWK with its `alg`. */
  | { readonly method: 'private_key_jwt'; readonly jwk: JsonObject; readonly algorithm: string };

export const CLAIM_PLACES = ['id_token', 'userinfo'] as const;
export const SUBJECT_FORMS = ['prefixed', 'as_is'] as const;
export const SAME_SITES = ['strict', 'lax'] as const;

/** What a browser without a client of its own is given: the tokens of one client, in cookies of one site. */
export interface SessionPolicy {
  /** `https://host`, where the browser sees `/session/*` and, beside it, what the cookie is for. */
  readonly origin: string;
  /** `client_id` of its tokens. */
  readonly clientId: string;
  /** The audience of its tokens. */
  readonly resource: string;
  readonly scope: readonly string[];
  /** Table names; the first is the default. */
  readonly upstreams: readonly string[];
  readonly sameSite: (typeof SAME_SITES)[number];
}
