import type { requireTable } from '../schema-require.ts';
import type { KeyReferences } from './key-reference.ts';

export const REQUIRE_KEYS: KeyReferences<typeof requireTable> = {
  all: {
    byDefault: 'none',
    why: 'Every requirement in the list must hold.',
    example: 'all = [{ scope = ["orders:write"] }, { claim = "tier", equals = "gold" }]',
  },
  any: {
    byDefault: 'none',
    why: 'At least one in the list must hold.',
    example: 'any = [{ scope = ["orders:admin"] }, { claim = "roles", contains = "clerk" }]',
  },
  not: {
    byDefault: 'none',
    why: 'It must not hold. A claim that is absent meets nothing, so `not` of it holds: a warning says so unless an `all` around it asks that the claim is there.',
    example: 'not = { scope = ["suspended"] }',
  },
  scope: {
    byDefault: 'none',
    why: "What the token's scopes must grant, as in the route's `scope`.",
    example: 'scope = ["orders:read"]',
  },
  scope_match: {
    byDefault: '`"all"`',
    why: 'Whether all of them or any.',
    example: 'scope_match = "any"',
    beside: 'scope = ["orders:read", "orders:admin"]',
  },
  claim: {
    byDefault: 'none',
    why: 'The claim that the test beside it looks at. One that is absent meets no test.',
    example: 'claim = "/realm_access/roles"',
    beside: 'contains = "orders"',
  },
  equals: {
    byDefault: 'none',
    why: 'The whole claim, without conversion: `1` is not `"1"`.',
    example: 'equals = "gold"',
    beside: 'claim = "tier"',
  },
  one_of: {
    byDefault: 'none',
    why: 'As `equals`, any of them.',
    example: 'one_of = ["gold", "silver"]',
    beside: 'claim = "tier"',
  },
  contains: {
    byDefault: 'none',
    why: 'One element of a list claim.',
    example: 'contains = "clerk"',
    beside: 'claim = "roles"',
  },
  contains_any: {
    byDefault: 'none',
    why: 'At least one of these elements.',
    example: 'contains_any = ["clerk", "manager"]',
    beside: 'claim = "roles"',
  },
  contains_all: {
    byDefault: 'none',
    why: 'All of these elements.',
    example: 'contains_all = ["staff", "berlin"]',
    beside: 'claim = "groups"',
  },
  separator: {
    byDefault: 'none',
    why: 'For `contains`, `contains_any`, `contains_all` and `contains_param`: a claim that is text is a list of words, with one space between them, or a comma with spaces around it or none. A list claim is taken as it is.',
    example: 'separator = "comma"',
    beside: 'claim = "roles"\ncontains = "clerk"',
  },
  exists: {
    byDefault: 'none',
    why: '`true`: the claim is there and not null. `false`: it is not.',
    example: 'exists = true',
    beside: 'claim = "email"',
  },
  matches: {
    byDefault: 'none',
    why: 'A glob for the whole of a text claim: `*` stands for any run of characters, also none, also `/`, `.` and `@`; everything else for itself, in its case. There is no other wildcard and no escape. Its work is linear: each piece is looked for once.',
    example: 'matches = "*@acme.example"',
    beside: 'claim = "email"',
  },
  min: {
    byDefault: 'none',
    why: 'The least number, included; alone or beside `max`. A claim that is text is no number.',
    example: 'min = 2',
    beside: 'claim = "level"',
  },
  max: {
    byDefault: 'none',
    why: 'The greatest number, included.',
    example: 'max = 10000',
    beside: 'claim = "credit_limit"',
  },
  has_key: {
    byDefault: 'none',
    why: 'The claim is an object with a member of this name, whatever the member says: `{"admin": {…}}`, as ZITADEL writes roles.',
    example: 'has_key = "admin"',
    beside: 'claim = "urn:zitadel:iam:org:project:roles"',
  },
  equals_param: {
    byDefault: 'none',
    why: 'The claim is this parameter of the path ([routing.md](routing.md#parameters)). Whatever origins may read differently in the segment meets nothing, nor the `not` of it.',
    example: 'equals_param = "id"',
    beside: 'claim = "sub"',
  },
  contains_param: {
    byDefault: 'none',
    why: 'The same for an element of a list claim, or a word.',
    example: 'contains_param = "id"',
    beside: 'claim = "tenants"',
  },
  case_sensitive: {
    byDefault: '`false`',
    why: 'Beside `equals_param` and `contains_param`. `false`: an origin might take `Alice` and `alice` for one, so a segment with upper-case letters equals nothing. `true`: the origin is known to tell them apart, so identifiers in mixed case can be compared.',
    example: 'case_sensitive = true',
    beside: 'claim = "sub"\nequals_param = "id"',
  },
  subject: {
    byDefault: 'none',
    why: '`sub` is this, or one of these.',
    example: 'subject = "service-account-7"',
  },
  client: {
    byDefault: 'none',
    why: '`client_id`, or where there is none `azp`, is this, or one of these.',
    example: 'client = ["mobile-app", "web-app"]',
  },
  issuer: {
    byDefault: 'none',
    why: 'The token is of this ISSUERS table, or one of these, among those that the route takes.',
    example: 'issuer = "acme"',
  },
  max_token_age: {
    byDefault: 'none',
    why: "`iat` is no older, within `clock_tolerance`. The answer to an older token is 403; an issuer's own `max_token_age` answers 401.",
    example: 'max_token_age = "5m"',
  },
  acr: {
    byDefault: 'none',
    why: 'Step-up (RFC 9470): `acr` is one of these. May stand with `amr` and `max_auth_age`. Where it does not hold the answer is 401 `insufficient_user_authentication` with `acr_values` and `max_age`.',
    example: 'acr = ["urn:acme:mfa", "urn:acme:phr"]',
  },
  amr: {
    byDefault: 'none',
    why: 'Step-up: `amr` has all of these (RFC 8176). No parameter of the challenge can ask for them.',
    example: 'amr = ["otp", "pwd"]',
  },
  max_auth_age: {
    byDefault: 'none',
    why: 'Step-up: the user authenticated no longer ago, by `auth_time`, within `clock_tolerance`.',
    example: 'max_auth_age = "15m"',
  },
  method: {
    byDefault: 'none',
    why: 'The method of the request is this, or one of these. GET brings HEAD with it.',
    example: 'method = ["GET"]',
  },
  host: {
    byDefault: 'none',
    why: 'The host of the request is this, or one of these; `"*.example.com"` is one or more labels before it.',
    example: 'host = "eu.api.acme.example"',
  },
};
