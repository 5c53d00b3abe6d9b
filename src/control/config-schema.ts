import * as z from 'zod/mini';
import { parseEndpoint } from '../config/endpoint.ts';
import { flag, listOf, oneOf, parsed, plain, scope, table } from '../config/fields.ts';
import type { JsonValue } from '../core/jose.ts';
import { gatewayAddress } from './canary/config.ts';
import { SUBJECT_FORMATS } from './policy.ts';

/**
 * The shape of the `CONTROL` table, as `config/schema.ts` has it for the gateway's: every key optional here, unknown
 * keys refused; what must be there is decided in `config-tables.ts`.
 */

const issuerName = () => z.string({ error: 'the name of an ISSUERS table' });
const issuerNames = () => listOf(issuerName(), 'a list of issuer names, at least one');
const audience = () => listOf(plain('an audience'), 'a list of audiences, at least one');
const subjectFormats = () =>
  listOf(oneOf(SUBJECT_FORMATS), 'a list of RFC 9493 formats whose identifier is the "sub" of the tokens');
/** Any text: what it is gets checked where it can be told without repeating it. */
const secretBinding = () => z.string({ error: 'the name of a secret binding' });

export const adminTable = table({
  issuer: z.optional(issuerName()),
  audience: z.optional(audience()),
  read_scope: z.optional(scope()),
  write_scope: z.optional(scope()),
  events_scope: z.optional(scope()),
  may_revoke: z.optional(issuerNames()),
  subject_formats: z.optional(subjectFormats()),
});

export const clientTable = table({
  client_id: z.optional(plain('a client identifier')),
  client_secret: z.optional(secretBinding()),
  issuers: z.optional(issuerNames()),
});

export const logoutTable = table({
  issuer: z.optional(issuerName()),
  client_ids: z.optional(listOf(plain('a client identifier'), 'a list of client identifiers, at least one')),
  revoke: z.optional(oneOf(['session', 'subject'])),
  type_required: z.optional(flag()),
});

export const transmitterTable = table({
  issuer: z.optional(issuerName()),
  audience: z.optional(audience()),
  authorization: z.optional(secretBinding()),
  may_revoke: z.optional(issuerNames()),
  subject_formats: z.optional(subjectFormats()),
});

const browserOrigin = () =>
  parsed('an origin such as "https://login.example"', (text) => {
    const url = parseEndpoint(text);
    return url?.origin === text ? text : undefined;
  });

export const consoleTable = table({
  issuer: z.optional(issuerName()),
  client_id: z.optional(plain('a client identifier')),
  scope: z.optional(scope()),
  resource: z.optional(plain('a resource identifier')),
  audience: z.optional(plain('an audience')),
  login_origins: z.optional(listOf(browserOrigin(), 'a list of origins, at least one')),
  pasted_token: z.optional(flag()),
  gateway: z.optional(gatewayAddress()),
  token_service: z.optional(gatewayAddress()),
});

const named = z.optional(z.record(z.string(), z.custom<JsonValue>(), { error: 'a table of named tables' }));

/** One section for each intake, and two for alarms, holding named tables; and the console. */
export const controlTable = table({
  admins: named,
  clients: named,
  logout: named,
  transmitters: named,
  alarms: named,
  webhooks: named,
  console: z.optional(z.custom<JsonValue>()),
  canary: z.optional(z.custom<JsonValue>()),
});
