import type { issuerTable, jwksCacheTable } from '../schema.ts';
import type { KeyReferences } from './key-reference.ts';

export const ISSUER_KEYS: KeyReferences<typeof issuerTable> = {
  issuer: {
    byDefault: 'required',
    why: 'Compared with `iss` exactly: a slash at the end counts, and there is no wildcard (RFC 7519 §4.1.1). Where the keys are discovered it is an https URL without query and fragment. `{claim}` as one whole segment of its path makes it a template; see below.',
    example: 'issuer = "https://id.acme.example"',
  },
  issuer_parameter: {
    byDefault: 'none',
    why: 'What may stand in the place of `{claim}`: `"guid"` (lower case), or a list of values. Required beside a placeholder, and refused without one.',
    example: 'issuer_parameter = "guid"',
    beside:
      'issuer = "https://login.microsoftonline.com/{tid}/v2.0"\njwks_uri = "https://login.microsoftonline.com/common/discovery/v2.0/keys"',
  },
  audience: {
    byDefault: 'required',
    why: 'The token must name at least one (RFC 7519 §4.1.3). No wildcard: a token for another API is not for this one.',
    example: 'audience = ["https://api.acme.example"]',
  },
  audience_claim: {
    byDefault: '`"aud"`',
    why: 'For issuers that put the audience elsewhere.',
    example: 'audience_claim = "client_id"',
  },
  jti_claim: {
    byDefault: '`"jti"`',
    why: "The token's identifier, for revocation. Routes that check revocation refuse tokens without it.",
    example: 'jti_claim = "uti"',
  },
  scope_claim: {
    byDefault: 'scope, else scp',
    why: 'Where this issuer puts what `scope` asks for: text with spaces, or a list of texts. Auth0 puts permissions in `permissions`, others roles in a list of their own. With it, `scope` and `scp` count for nothing.',
    example: 'scope_claim = "permissions"',
  },
  algorithms: {
    byDefault: '`["RS256", "PS256", "ES256", "EdDSA", "Ed25519"]`',
    why: 'RS256 is what every RFC 9068 issuer supports, the others are those of FAPI 2.0 (§5.4.1). Also: RS384, RS512, PS384, PS512, ES384, ES512; beside `hmac_secret` HS256 (the default there), HS384, HS512, and never a mix of the two (RFC 8725 §3.1).',
    example: 'algorithms = ["ES256"]',
  },
  jwks_uri: {
    byDefault: 'discovered',
    why: 'Where the keys are: a URL without credentials and fragment (http to localhost only), or `"service:BINDING/path"`, a path of the Worker behind a service binding, so that nothing crosses a network. Its query is never logged.',
    example: 'jwks_uri = "https://keys.acme.example/jwks.json"',
  },
  discovery: {
    byDefault: '`"openid"`',
    why: 'Which metadata names `jwks_uri`: OpenID Connect Discovery 1.0 §4, or RFC 8414 §3.',
    example: 'discovery = "oauth"',
  },
  jwks: {
    byDefault: 'none',
    why: 'The keys themselves, `{ keys = [ … ] }`, for issuers without an endpoint. Public keys only, 1 to 50.',
    example:
      'jwks = { keys = [{ kty = "OKP", crv = "Ed25519", x = "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo", kid = "2026" }] }',
  },
  pem: {
    byDefault: 'none',
    why: 'The keys themselves as PEM: 1 to 50 blocks of `PUBLIC KEY` or `CERTIFICATE` (RFC 7468). A certificate is a key in an envelope: its dates, names and issuer are not looked at. A private key is refused and never repeated.',
    example:
      'pem = """\n-----BEGIN PUBLIC KEY-----\nMCowBQYDK2VwAyEA11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo=\n-----END PUBLIC KEY-----\n"""',
  },
  hmac_secret_encoding: {
    byDefault: '`"utf8"`',
    why: 'How the text of `hmac_secret` stands for the bytes of the key: `"utf8"` as it is, `"base64"`, `"base64url"` or `"hex"`. The least length counts in bytes.',
    example: 'hmac_secret_encoding = "utf8"',
    beside: 'hmac_secret = "BATCH_HMAC_SECRET"',
  },
  allow_http: {
    byDefault: 'none',
    why: 'Hosts that the keys may be fetched from over plain http, as they stand in `issuer` or `jwks_uri`: **whoever is on the way can give keys of their own, and be anybody**. For a private network alone: a public address is refused, and the key is warned of.',
    example: 'allow_http = ["10.0.0.7:8080"]',
    beside: 'jwks_uri = "http://10.0.0.7:8080/jwks.json"',
  },
  allow_no_expiry: {
    byDefault: '`false`',
    why: '**Takes tokens without `exp`.** Each is good until `max_token_age` has passed since its `iat`, both of which are then required; an `exp` that is there holds. `max_token_age` may not be longer than `max_token_lifetime`. Warned of.',
    example: 'allow_no_expiry = true',
    beside: 'max_token_age = "1h"',
  },
  allow_no_audience: {
    byDefault: '`false`',
    why: '**Takes tokens without audience, whomever they were made for.** An audience that is there must be one of `audience`, which may then be left out: no token that names an audience is taken. Warned of.',
    example: 'allow_no_audience = true',
  },
  decryption_keys: {
    byDefault: 'none',
    why: 'Private keys for encrypted tokens, by the names of their secrets; two while one replaces the other. A JWK or PEM (`PRIVATE KEY`): EC (P-256, P-384, P-521) or X25519 for ECDH-ES and ECDH-ES+A256KW, RSA of 2048 bits and more for RSA-OAEP-256. See below.',
    example: 'decryption_keys = ["DECRYPTION_KEY"]',
  },
  encryption: {
    byDefault: '`"required"`',
    why: 'Whether a token that is signed alone is refused. `"optional"` is for the time in which an issuer begins to encrypt. Only beside `decryption_keys`; without them an encrypted token is refused.',
    example: 'encryption = "optional"',
    beside: 'decryption_keys = ["DECRYPTION_KEY"]',
  },
  hmac_secret: {
    byDefault: 'none',
    why: 'The name of a secret whose bytes are the key: at least 32 for HS256, 48 for HS384, 64 for HS512 (RFC 7518 §3.2). A list of two while one replaces the other.',
    example: 'hmac_secret = "BATCH_HMAC_SECRET"',
  },
  types: {
    byDefault: '`["JWT", "at+jwt"]`',
    why: 'Accepted `typ` values, without regard to case and `application/` (RFC 7515 §4.1.9): a logout token is no access token (RFC 8725 §3.11).',
    example: 'types = ["at+jwt"]',
  },
  type_required: {
    byDefault: '`false`',
    why: 'Whether a token without `typ` is refused. Many providers leave it out.',
    example: 'type_required = true',
  },
  profile: {
    byDefault: '`"jwt"`',
    why: '`"rfc9068"` demands `typ` `at+jwt` and every claim of RFC 9068 §2.2.',
    example: 'profile = "rfc9068"',
  },
  numeric_subject: {
    byDefault: '`false`',
    why: 'Whether `sub` may be a whole number (RFC 7519 §4.1.2 wants a string). It becomes its decimal text: for headers, for rules (`equals = "42"`) and for revocation. Beyond ±(2^53 − 1) JSON no longer tells two subjects apart, so it is refused.',
    example: 'numeric_subject = true',
  },
  clock_tolerance: {
    byDefault: '`"30s"`',
    why: 'For `exp`, `nbf` and `iat`, all of which may have fractions (RFC 7519 §2): "no more than a few minutes" (RFC 7519 §4.1.4).',
    example: 'clock_tolerance = "10s"',
  },
  max_token_age: {
    byDefault: 'no bound',
    why: 'Refuses tokens whose `iat` is older, or missing, whatever `exp` says.',
    example: 'max_token_age = "1h"',
  },
  max_token_lifetime: {
    byDefault: '24 hours, for revocation alone',
    why: 'The longest life this issuer gives a token: how long a revocation by subject, session, client, tenant or key is kept. A token made to live longer, or without `iat`, is refused (401): everywhere where this key is written, and on routes that check revocation in any case, since its revocation could be forgotten before it expires.',
    example: 'max_token_lifetime = "28h"',
  },
  required_claims: {
    byDefault: 'none',
    why: 'Beside `exp` and the audience, which are required anyway. A `sub` that is the empty text names nobody and counts as absent, here and everywhere.',
    example: 'required_claims = ["token_use"]',
  },
  tenant_claim: {
    byDefault: 'none',
    why: 'Names the tenant, for tenant-wide revocation.',
    example: 'tenant_claim = "/org/tenant_id"',
  },
  allowed_kids: {
    byDefault: 'any',
    why: 'Accept only these key ids.',
    example: 'allowed_kids = ["2026-11"]',
  },
  allowed_thumbprints: {
    byDefault: 'any',
    why: 'Accept only these keys: RFC 7638 SHA-256 thumbprints in base64url.',
    example: 'allowed_thumbprints = ["NzbLsXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9Xs"]',
  },
  blocked_kids: {
    byDefault: 'none',
    why: 'Never accept these key ids: the kill-switch for a leaked key.',
    example: 'blocked_kids = ["2026-10"]',
  },
  jwks_cache: {
    byDefault: 'see below',
    why: 'Bounds of the key cache.',
    example: 'jwks_cache = { max_fresh = "15m" }',
  },
};

export const JWKS_CACHE_KEYS: KeyReferences<typeof jwksCacheTable> = {
  max_age: {
    byDefault: '`"10m"`',
    why: 'Freshness when the response says nothing (RFC 9111 §4.2.2).',
    example: 'max_age = "5m"',
  },
  min_fresh: {
    byDefault: '`"30s"`',
    why: 'Least freshness: `no-store` must not cost a fetch per request.',
    example: 'min_fresh = "1m"',
  },
  max_fresh: {
    byDefault: '`"1h"`',
    why: 'Most freshness: how long a withdrawn key is trusted while the issuer answers.',
    example: 'max_fresh = "15m"',
  },
  stale_while_revalidate: {
    byDefault: '`"10m"`',
    why: 'After that: serve and refresh behind the request (RFC 5861 §3).',
    example: 'stale_while_revalidate = "5m"',
  },
  stale_if_error: {
    byDefault: '`"4h"`',
    why: 'Serve while the issuer fails (RFC 5861 §4): longer than most outages.',
    example: 'stale_if_error = "1d"',
  },
  cooldown: {
    byDefault: '`"30s"`',
    why: 'Least time between two fetches, after failures too: unknown key ids cannot flood the issuer.',
    example: 'cooldown = "10s"',
  },
  timeout: {
    byDefault: '`"3s"`',
    why: 'A cold request waits for this.',
    example: 'timeout = "1s"',
  },
  max_bytes: {
    byDefault: '`262144`',
    why: 'Fifty RSA-4096 keys with certificates take about 200 KB.',
    example: 'max_bytes = 65536',
  },
  max_keys: {
    byDefault: '`50`',
    why: 'Providers publish two to ten; each costs an import.',
    example: 'max_keys = 10',
  },
};
