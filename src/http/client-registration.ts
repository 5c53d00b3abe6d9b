import type { TokenProfile } from '../core/policy.ts';

/** How a client proves that it is itself (RFC 8414 §2: `token_endpoint_auth_methods_supported`). */
export type ClientCredential =
  | { readonly method: 'none' }
  | { readonly method: 'client_secret_basic'; readonly secret: string }
  /** What its assertions must be (RFC 7523 §3): `iss` is the client, `aud` this server. */
  | { readonly method: 'private_key_jwt'; readonly profile: TokenProfile };

export interface RegisteredClient {
  readonly clientId: string;
  readonly authentication: ClientCredential;
}
