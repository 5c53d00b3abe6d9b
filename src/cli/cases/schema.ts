import * as z from 'zod/mini';
import { parseDuration } from '../../config/duration.ts';
import { exactValue, flag, listOf, oneOf, parsed, plain, scope, table, text } from '../../config/fields.ts';
import { REJECTIONS } from '../../core/rejection.ts';

/** The tables of a file of cases, as `config/schema.ts` has those of the configuration. Durations are seconds. */

/** A duration with a sign: `-1m` is a minute ago. */
const signedDuration = () =>
  parsed('a duration such as "5m", or "-1m" for the past', (typed) => {
    const past = typed.startsWith('-');
    const ms = parseDuration(past ? typed.slice(1) : typed);
    return ms === undefined ? undefined : (past ? -ms : ms) / 1000;
  });

export const requestTable = table({
  method: z.optional(text('a method, in upper case', (value) => /^[!#$%&'*+.^_`|~0-9A-Z-]+$/.test(value))),
  url: z.optional(
    text('a path such as "/orders/7?page=2", or "https://host/path"', (value) =>
      /^(https?:\/\/[^/]+)?\/\S*$/.test(value),
    ),
  ),
  headers: z.optional(z.record(z.string(), z.string(), { error: 'a table of header = text' })),
  body: z.optional(z.string({ error: 'text' })),
});

export const tokenTable = table({
  issuer: z.optional(plain('the name of an ISSUERS table')),
  subject: z.optional(text('a subject')),
  audience: z.optional(
    z.union([text('an audience'), listOf(text('an audience'), 'a list')], { error: 'text or a list' }),
  ),
  scope: z.optional(scope()),
  claims: z.optional(z.record(z.string(), exactValue('a JSON value'), { error: 'a table of claim = value' })),
  without: z.optional(listOf(text('a claim name'), 'a list of claim names, at least one')),
  expires_in: z.optional(signedDuration()),
  issued_ago: z.optional(signedDuration()),
  type: z.optional(text('a "typ"')),
  alg: z.optional(text('an "alg"')),
  kid: z.optional(text('a "kid"')),
  signature: z.optional(oneOf(['valid', 'forged'])),
  revoked: z.optional(flag()),
});

export const expectTable = table({
  status: z.optional(z.union([z.int()], { error: 'the status of the answer: a whole number' })),
  route: z.optional(plain('the name of a ROUTES table')),
  reason: z.optional(oneOf(['none', ...Object.keys(REJECTIONS)])),
  headers: z.optional(
    z.record(z.string(), z.union([z.string(), z.literal(false)]), {
      error: 'a table of header = what the origin gets, or false for a header that it must not get',
    }),
  ),
  answer_headers: z.optional(
    z.record(z.string(), z.union([z.string(), z.literal(false)]), {
      error: 'a table of header = what the client gets, or false for a header that it must not get',
    }),
  ),
});

export const caseTable = table({
  name: z.optional(plain('what the case shows')),
  request: z.optional(requestTable),
  token: z.optional(tokenTable),
  expect: z.optional(expectTable),
});

export const fileTable = table({
  config: z.optional(plain('a wrangler file, from the folder of this one')),
  policy: z.optional(plain('a module whose policy stands in code, from the folder of this one')),
  environment: z.optional(plain('the name of an environment of it')),
  case: z.optional(
    z.array(
      z.custom(() => true),
      { error: 'cases: [[case]]' },
    ),
  ),
});

export type Case = z.output<typeof caseTable>;
