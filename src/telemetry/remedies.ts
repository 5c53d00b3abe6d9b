import type { RejectionReason } from '../core/rejection.ts';

/** Why requests are refused for a reason, and what to do about it; in Markdown, as docs/operating.md shows it. */
export interface Remedy {
  readonly cause: string;
  readonly mend: string;
}

/** The one table from a reason to its cause and mend; the reasons of docs/operating.md are tested against it. */
export const REMEDIES: { readonly [reason in RejectionReason | 'client_disconnected']: Remedy } = {
  route_not_found: {
    cause: 'no route has this host and path; a deployment without the route; `/.portcullis/…`',
    mend: 'compare `host` and `path` with ROUTES; `npx portcullis check` lists the routes',
  },
  path_ambiguous: {
    cause:
      "the path reads as another route's to some origin (escapes, `//`, `;`), steps back, or has control characters",
    mend: '`evidence` names the rule, [routing.md](routing.md) explains it; correct the client, or give both readings one route',
  },
  method_not_allowed: {
    cause: 'the route\'s `methods` leave it out; a preflight without `cors` or `preflight = "origin"`',
    mend: 'add the method, or let preflights through',
  },
  cross_origin_forbidden: {
    cause: "a preflight of a page whose origin is not among the `origins` of the route's `cors`",
    mend: "compare the page's address with `origins`: scheme, host and port count; `*` is one label",
  },
  content_unexpected: {
    cause: 'GET or HEAD with content, as some search clients send it',
    mend: 'let the client use POST; `Content-Length: 0` is no content',
  },
  content_incomplete: {
    cause: "the client's content broke off or was framed wrongly: a lost connection, a client that gave up",
    mend: 'look at the client; nothing of it counts at the origin',
  },
  content_too_large: {
    cause: "content beyond the route's `max_body`, announced or counted",
    mend: 'a larger `max_body`, or smaller uploads',
  },
  credentials_missing: {
    cause:
      "no token in any of the route's `token_sources`, which is `Authorization: Bearer` alone unless configured; another scheme; an empty cookie",
    mend: 'send the token where the route looks for it',
  },
  credentials_malformed: {
    cause:
      '`Bearer` with nothing or with characters no token has: quotes, a line end, "undefined"; a query parameter in an escaped spelling; a cookie after a comma',
    mend: '`evidence` names the place; look at how the client writes it',
  },
  credentials_multiple: {
    cause:
      "`Authorization` twice, or a token in the query besides; tokens in two of the route's `token_sources`; a cookie twice, with different paths or domains",
    mend: '`evidence` names the places; a proxy in front may add one; `multiple_tokens = "first"`',
  },
  cross_site_request: {
    cause:
      "a page of another origin asked for a change, or a WebSocket, with the user's cookie; `evidence` says by which header it was told. `no origin`: a client that is no browser, or a proxy that removes `Origin`",
    mend: "`allowed_origins` for a page of one's own; else an attack, or a link in the wrong place; [browsers.md](browsers.md)",
  },
  token_too_large: {
    cause: 'many groups or roles in the token',
    mend: 'make it smaller at the issuer, or raise `max_token_bytes`',
  },
  token_malformed: {
    cause:
      'no JWT (an opaque token, a JWE where no key is configured), a cut one, duplicate members, `crit` or `zip`',
    mend: 'ask the issuer for JWT access tokens; for Auth0, name the API as audience',
  },
  decryption_failed: {
    cause:
      "an encrypted token that none of the route's `decryption_keys` opens, or that was altered, or encrypted to the key of another issuer",
    mend: 'compare the `kid` in its header with the keys; while a key is replaced, both must be configured',
  },
  encryption_required: {
    cause: 'a token that is signed alone, of an issuer with `decryption_keys`',
    mend: 'let the issuer encrypt to this API; until it does, `encryption = "optional"`',
  },
  algorithm_not_allowed: {
    cause: 'the issuer signs with another algorithm than its table lists',
    mend: "compare the header's `alg` with `algorithms`; never add one because a token asks for it",
  },
  type_unexpected: {
    cause: 'an ID, logout or refresh token instead of an access token; a `typ` that `types` does not have',
    mend: "send the access token, or add the issuer's `typ`",
  },
  issuer_untrusted: {
    cause:
      '`iss` is not, to the letter, an issuer of this route: a slash more, another tenant, a development token',
    mend: "compare `unverified.issuer` with `issuer`, and the route's `issuers`",
  },
  key_not_found: {
    cause: 'the key was withdrawn or never published, or is refused, pinned away or blocked',
    mend: '`evidence`, then `key_rejected` events and `/.portcullis/status`; [keys.md](keys.md)',
  },
  signature_invalid: {
    cause: 'a forged or altered token; a key set of another environment under the same `kid`',
    mend: 'one: an attack or a broken client; all: compare `jwks_uri` with the issuer',
  },
  claim_missing: {
    cause:
      '`evidence` names it: one of `required_claims` or the profile; `jti` or `iat`, which a revocable token needs',
    mend: 'have the issuer add it, or `revocation = { mode = "off" }` where revoking is not needed',
  },
  claim_invalid: {
    cause:
      'a claim of another type (a numeric `sub`, `exp` as text), or a lifetime beyond `max_token_lifetime`',
    mend: '`numeric_subject`, `max_token_lifetime`; else the issuer',
  },
  audience_mismatch: {
    cause: 'a token for another API, or an ID token, whose audience is the client',
    mend: 'compare `unverified.audience` with `audience`; ask for the token with the right `resource` or audience',
  },
  expired: {
    cause: "the client does not renew; its clock or the issuer's is off; `evidence` `iat`: `max_token_age`",
    mend: 'compare `unverified.expiresAt` with `time`; renew before the end',
  },
  not_yet_valid: {
    cause: "the issuer's clock is ahead by more than `clock_tolerance`",
    mend: 'set the clock right; `clock_tolerance` goes to five minutes',
  },
  revoked: {
    cause: 'the deny-list: `evidence` says by what (`jti`, `sub`, `sid`, `client`, `tenant`, `kid`)',
    mend: '`npx portcullis lookup`; a new login gets a new token',
  },
  scope_insufficient: {
    cause: 'the token has not the scope that the challenge names; of `require`, `evidence` is the place',
    mend: 'let the client ask for it, or grant it at the issuer',
  },
  claim_forbidden: {
    cause:
      "a claim, or the request, is not as the route's `claims` or `require` want it; `evidence` names the claim, or the place in `require`; a path parameter that origins read differently counts as unequal",
    mend: 'give the user the role, or correct the rule; [routing.md](routing.md#parameters)',
  },
  authentication_insufficient: {
    cause: 'step-up: `acr`, `amr` or `auth_time` is not as `require` wants it, or not in the token',
    mend: "the client asks for a new login with the challenge's `acr_values` and `max_age`; have the issuer put the claims into access tokens",
  },
  rate_limited: {
    cause: "more requests than the route's `rate_limit` lets through; `evidence` is what is counted by",
    mend: 'let the client heed `Retry-After`; raise the limit, in the route and in `[[ratelimits]]`',
  },
  address_held_off: {
    cause:
      'too many failed authentications from this address, and a token this isolate has not verified before',
    mend: 'look for the `reason` of the earlier events of that `client`; `failed_authentication_limit`',
  },
  rate_limit_unavailable: {
    cause: 'the counter does not answer, on a route with `on_unavailable = "reject"`',
    mend: 'the Redis of exact limits; `timeout` of the limit',
  },
  keys_unavailable: {
    cause: "the issuer's key set cannot be fetched and no copy is usable; a shared secret is not set",
    mend: '`jwks_refresh_failed` says why; the request may be sent again',
  },
  revocation_unavailable: {
    cause: 'Redis or the object does not answer in time, has lost its memory, or holds a value that is none',
    mend: '`evidence` is the cause; `revocation_store_lost`; [revocation.md](revocation.md)',
  },
  signing_unavailable: {
    cause:
      'the object `IDENTITY_KEYS` does not answer, or its keys do not open with the `sealing_keys` there are (`evidence`: `SealBroken`)',
    mend: 'an old secret must stay in `sealing_keys` for a day after a new one',
  },
  origin_unreachable: {
    cause:
      "refused, closed before its answer, no HTTP, a missing service binding; or the client's own content broke off where that cannot be told apart ([proxying.md](proxying.md#content-that-breaks-off))",
    mend: '`evidence` names both sides then, and `max_body` tells content without a length apart; try the origin from elsewhere',
  },
  origin_timeout: {
    cause: 'no response headers within `timeout`',
    mend: "make it faster, or raise the route's `timeout`",
  },
  config_invalid: {
    cause: 'the configuration was refused: nothing is served',
    mend: '`config_invalid` events name each key; `npm run check:config` says so before a deployment',
  },
  internal_error: {
    cause: 'a bug: `evidence` is the kind of error, never its message',
    mend: 'report it, with the version',
  },
  client_disconnected: {
    cause: 'the client went away before there was an answer',
    mend: "nothing; many: look at `originMs` of others, and at the client's own timeout",
  },
};

/** Markdown as a terminal shows it: links as the pages that they lead to. */
export const plainText = (markdown: string): string =>
  markdown.replace(/\[[^\]]*\]\(([^)#]+)(#[^)]*)?\)/g, 'docs/$1').replaceAll('`', '"');
