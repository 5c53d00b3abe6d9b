import * as z from 'zod/mini';
import { allowedOriginHint, parseAllowedOrigin } from './allowed-origin.ts';
import { CORS_BOUNDS } from './defaults.ts';
import { duration, flag, listOf, oneOf, parsed, table, text } from './fields.ts';
import { METHODS } from './methods.ts';

const fieldNames = () =>
  listOf(
    text('a header name; no "*"', (name) => /^[A-Za-z0-9!#$%&'+.^_`|~-]{1,64}$/.test(name)),
    'a list of header names, at least one',
  );

export const corsTable = table({
  origins: z.optional(
    listOf(
      parsed(
        'an origin as browsers write it, "https://app.example.com" or "https://*.example.com" (http only to this machine), or "*"',
        parseAllowedOrigin,
        allowedOriginHint,
      ),
      'a list of origins, at least one',
    ),
  ),
  methods: z.optional(listOf(oneOf(METHODS), 'a list of methods, at least one')),
  headers: z.optional(fieldNames()),
  expose_headers: z.optional(fieldNames()),
  credentials: z.optional(flag()),
  max_age: z.optional(duration(CORS_BOUNDS.maxAge)),
});
