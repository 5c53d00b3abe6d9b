import * as z from 'zod/mini';
import type { JsonValue } from '../core/jose.ts';
import { hostHint, parseHost } from './address.ts';
import { REQUIRE_BOUNDS, REQUIRE_LIMITS } from './defaults.ts';
import {
  claimPath,
  duration,
  exactValue,
  flag,
  isScopeToken,
  listOf,
  oneOf,
  oneOrMore,
  parsed,
  scope,
  table,
  text,
} from './fields.ts';
import { METHODS } from './methods.ts';

const isValue = (value: unknown) => value !== null;
const isElement = (value: unknown) => isValue(value) && !Array.isArray(value);
const element = exactValue('an element: a string, number, boolean or table', isElement);
const numeric = exactValue('a number', (value) => typeof value === 'number');
const named = (what: string) =>
  oneOrMore(
    text(what, (value) => value !== ''),
    `${what}, or a list of such`,
  );
const words = (what: string) => listOf(text(what, isScopeToken), `a list, at least one: ["${what}"]`);
const parameterName = () =>
  text('the name of a parameter of the path, such as "id"', (value) => /^[A-Za-z]\w{0,31}$/.test(value));

/** `*` is any run of characters: at least one, none beside another, and something else besides. */
const isGlob = (value: string) =>
  value.length <= REQUIRE_LIMITS.globLength && /\*/.test(value) && !/\*\*/.test(value) && value !== '*';

const nested = () => z.custom<JsonValue>();

/** One requirement. Those inside it are read by `compile-require.ts`, each as a table of this shape. */
export const requireTable = table(
  {
    all: z.optional(listOf(nested(), 'a list of requirements, at least one')),
    any: z.optional(listOf(nested(), 'a list of requirements, at least one')),
    not: z.optional(nested()),
    scope: z.optional(scope()),
    scope_match: z.optional(oneOf(['all', 'any'])),
    claim: z.optional(claimPath()),
    equals: z.optional(exactValue('a string, number, boolean, list or table', isValue)),
    one_of: z.optional(listOf(exactValue('a value'), 'a list of values, at least one')),
    contains: z.optional(element),
    contains_any: z.optional(listOf(element, 'a list of elements, at least one')),
    contains_all: z.optional(listOf(element, 'a list of elements, at least one')),
    separator: z.optional(oneOf(['space', 'comma'])),
    exists: z.optional(flag()),
    matches: z.optional(
      text(
        `1 to ${REQUIRE_LIMITS.globLength} characters with "*" for any run of them, such as "*@acme.example"; without "*" write equals, for any value exists = true`,
        isGlob,
      ),
    ),
    min: z.optional(numeric),
    max: z.optional(numeric),
    has_key: z.optional(text('the name of a member', (value) => value !== '')),
    equals_param: z.optional(parameterName()),
    contains_param: z.optional(parameterName()),
    case_sensitive: z.optional(flag()),
    subject: z.optional(named('a "sub" value')),
    client: z.optional(named('a client identifier')),
    issuer: z.optional(named('the name of an ISSUERS table')),
    max_token_age: z.optional(duration(REQUIRE_BOUNDS.maxTokenAge)),
    acr: z.optional(words('urn:example:mfa')),
    amr: z.optional(words('otp')),
    max_auth_age: z.optional(duration(REQUIRE_BOUNDS.maxAuthAge)),
    method: z.optional(oneOrMore(oneOf(METHODS), 'a method, or a list of such')),
    host: z.optional(
      oneOrMore(
        parsed('a host name such as "api.example.com" or "*.example.com"', parseHost, hostHint),
        'a host name such as "api.example.com" or "*.example.com", or a list of such',
      ),
    ),
  },
  'a table such as { any = [{ scope = ["admin"] }, { claim = "role", equals = "owner" }] }',
);

export type RequireTable = z.output<typeof requireTable>;
