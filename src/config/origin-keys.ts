import * as z from 'zod/mini';
import { REQUEST_PARTS } from '../core/origin-policy.ts';
import { ROUTE_BOUNDS } from './defaults.ts';
import { parseEndpoint } from './endpoint.ts';
import { BINDING_NAME, flag, integer, listOf, oneOf, plain, table, text } from './fields.ts';

/** Visible ASCII with single spaces inside (RFC 9110 §5.5): no proxy has a reason to change it. */
const headerText = () =>
  text('text of 1 to 1024 visible ASCII characters, with single spaces inside', (value) =>
    /^(?=.{1,1024}$)[!-~]+(?: [!-~]+)*$/.test(value),
  );

export const headerValueTable = table({
  secret: z.optional(text('the name of a secret binding', (value) => BINDING_NAME.test(value))),
  request: z.optional(oneOf(REQUEST_PARTS)),
});

const headerValues = () =>
  z.optional(
    z.record(
      z.string(),
      z.union([headerText(), headerValueTable], {
        error: 'text, { secret = "BINDING" } or { request = "host" }',
      }),
      { error: 'a table of header name = value' },
    ),
  );

export const headerEditsTable = table({
  set: headerValues(),
  append: headerValues(),
  remove: z.optional(listOf(text('a header name'), 'a list of header names, at least one')),
});

export const signedIdentityTable = table({
  header: z.optional(text('a header name')),
  audience: z.optional(plain('what the origin is known by, compared exactly')),
  instead_of_headers: z.optional(flag()),
});

/** The keys of a route that say what its origin hears and how its answer comes back, beside the claims. */
export const originKeys = {
  strip_prefix: z.optional(text('a path such as "/api": the beginning of the route\'s path')),
  rewrite: z.optional(text('a path such as "/v2/orders/*" or "/v2/users/:id"')),
  mtls: z.optional(text('the name of an mtls_certificates binding', (value) => BINDING_NAME.test(value))),
  origin_host: z.optional(
    text('"client", or a host name such as "orders.example"', (value) =>
      /^(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?)(?:\.[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?)*$/.test(value),
    ),
  ),
  request_headers: z.optional(headerEditsTable),
  response_headers: z.optional(headerEditsTable),
  max_body: z.optional(integer(ROUTE_BOUNDS.maxBody)),
  end_with_token: z.optional(flag()),
  signed_identity: z.optional(
    z.union([flag(), signedIdentityTable], {
      error: 'true, or a table { header, audience, instead_of_headers }',
    }),
  ),
};

export type HeaderEditsTable = z.output<typeof headerEditsTable>;
export type SignedIdentityTable = z.output<typeof signedIdentityTable>;

/** `GATEWAY.signed_identity`. */
export const signingTable = table({
  issuer: z.optional(
    text('an https URL without query and fragment (http only to localhost)', (value) => {
      const url = parseEndpoint(value);
      return url !== undefined && url.search === '';
    }),
  ),
  sealing_keys: z.optional(
    listOf(text('the name of a secret binding'), 'a list of secret bindings, at least one: the first seals'),
  ),
});
