import * as z from 'zod/mini';
import { parseEndpoint } from '../../config/endpoint.ts';
import {
  claimName,
  claimPath,
  duration,
  integer,
  listOf,
  oneOf,
  parsed,
  plain,
  scope,
  table,
  text,
} from '../../config/fields.ts';
import type { JsonValue } from '../../core/jose.ts';
import { SIGNING_ALGORITHMS } from '../../signing-keys/rotation.ts';
import {
  CLAIM_PLACES,
  ENCRYPTION_ALGORITHMS,
  GRANT_TYPES,
  type GrantName,
  SAME_SITES,
  SUBJECT_FORMS,
} from '../policy.ts';
import { SERVICE_BOUNDS } from './defaults.ts';

/**
 * The shape of `TOKEN_SERVICE`, `CLIENTS` and `RESOURCES`, as `config/schema.ts` has it for the gateway's tables: every
 * key optional here, unknown keys refused; what must be there is decided where the table is compiled.
 */

const secretBinding = () => z.string({ error: 'the name of a secret binding' });
const names = (allowed: string) =>
  listOf(z.string({ error: allowed }), `a list of ${allowed}s, at least one`);
const GRANT_NAMES = Object.keys(GRANT_TYPES).filter((name): name is GrantName => name in GRANT_TYPES);

const ISSUER = 'https://host[:port] (http only to localhost), without a path, without "/" at the end';
/** RFC 8414 §2, and no path: the metadata and every endpoint then have one address. */
const parseIssuer = (text: string) => (parseEndpoint(text)?.origin === text ? text : undefined);

export const sessionTable = table({
  origin: z.optional(parsed(ISSUER, parseIssuer)),
  client_id: z.optional(plain('a client identifier')),
  resource: z.optional(text('the name of a RESOURCES table')),
  scope: z.optional(scope()),
  upstreams: z.optional(names('name of an UPSTREAMS table')),
  same_site: z.optional(oneOf(SAME_SITES)),
});

export const serviceTable = table({
  issuer: z.optional(parsed(ISSUER, parseIssuer)),
  sealing_keys: z.optional(listOf(secretBinding(), 'a list of secret bindings, the first of which seals')),
  algorithm: z.optional(oneOf(SIGNING_ALGORITHMS)),
  jwks_freshness: z.optional(duration(SERVICE_BOUNDS.jwksFreshness)),
  key_rotation: z.optional(duration(SERVICE_BOUNDS.keyRotation)),
  access_token_lifetime: z.optional(duration(SERVICE_BOUNDS.accessTokenLifetime)),
  clock_tolerance: z.optional(duration(SERVICE_BOUNDS.clockTolerance)),
  max_access_token_bytes: z.optional(integer(SERVICE_BOUNDS.maxAccessTokenBytes)),
  forbidden_claims: z.optional(listOf(claimName(), 'a list of claim names, at least one')),
  reuse_interval: z.optional(duration(SERVICE_BOUNDS.reuseInterval)),
  absolute_lifetime: z.optional(duration(SERVICE_BOUNDS.absoluteLifetime)),
  idle_lifetime: z.optional(duration(SERVICE_BOUNDS.idleLifetime)),
  revocation: z.optional(oneOf(['required', 'off'])),
  code_lifetime: z.optional(duration(SERVICE_BOUNDS.codeLifetime)),
  login_lifetime: z.optional(duration(SERVICE_BOUNDS.loginLifetime)),
  session: z.optional(sessionTable),
  admins: z.optional(z.record(z.string(), z.custom<JsonValue>(), { error: 'a table of named tables' })),
});

export const adminTable = table({
  issuer: z.optional(text('the name of an ISSUERS table')),
  audience: z.optional(listOf(plain('an audience'), 'a list of audiences, at least one')),
  read_scope: z.optional(plain('a scope')),
  write_scope: z.optional(plain('a scope')),
});

export const CLIENT_TYPES = ['public', 'client_secret_basic', 'private_key_jwt'] as const;

const UPSTREAM_ISSUER =
  'the exact issuer of an OpenID provider: an https URL without a query (http only to localhost)';
const parseUpstream = (text: string) =>
  parseEndpoint(text) === undefined || text.includes('?') ? undefined : text;

const REDIRECT_URI = 'an absolute https URI without a fragment (http only to localhost)';

export const clientTable = table({
  client_id: z.optional(plain('a client identifier')),
  type: z.optional(oneOf(CLIENT_TYPES)),
  client_secret: z.optional(secretBinding()),
  jwks: z.optional(z.custom<JsonValue>()),
  jwks_uri: z.optional(z.custom<JsonValue>()),
  grants: z.optional(listOf(oneOf(GRANT_NAMES), 'a list of grants, at least one')),
  redirect_uris: z.optional(
    listOf(
      parsed(REDIRECT_URI, (text) => (parseEndpoint(text) === undefined ? undefined : text)),
      'a list of redirect URIs, at least one',
    ),
  ),
  scope: z.optional(scope()),
  resources: z.optional(names('name of a RESOURCES table')),
  upstreams: z.optional(names('name of an UPSTREAMS table')),
  assertion_issuers: z.optional(names('name of an ISSUERS table')),
  subject_token_issuers: z.optional(names('name of an ISSUERS table')),
});

export const upstreamTable = table({
  issuer: z.optional(parsed(UPSTREAM_ISSUER, parseUpstream)),
  client_id: z.optional(plain('the client identifier that the provider has given')),
  client_secret: z.optional(secretBinding()),
  client_key: z.optional(secretBinding()),
  scope: z.optional(scope()),
  algorithms: z.optional(z.custom<JsonValue>()),
  clock_tolerance: z.optional(z.custom<JsonValue>()),
  claims: z.optional(listOf(claimName(), 'a list of claim names, at least one')),
  claims_from: z.optional(oneOf(CLAIM_PLACES)),
  subject: z.optional(oneOf(SUBJECT_FORMS)),
});

export const resourceTable = table({
  audience: z.optional(plain('the audience of the resource server, the value of "resource"')),
  scope: z.optional(scope()),
  claims: z.optional(
    z.record(z.string(), claimPath(), { error: 'a table of claim = "where the login has it"' }),
  ),
  encryption_algorithm: z.optional(oneOf(ENCRYPTION_ALGORITHMS)),
  encryption_jwk: z.optional(z.record(z.string(), z.custom<JsonValue>(), { error: 'a public JWK' })),
});
