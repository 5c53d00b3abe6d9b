import * as z from 'zod/mini';
import { RATE_LIMIT_BOUNDS } from './defaults.ts';
import { BINDING_NAME, claimPath, duration, flag, integer, oneOf, table, text } from './fields.ts';

const rate = {
  limit: z.optional(integer(RATE_LIMIT_BOUNDS.limit)),
  period: z.optional(duration(RATE_LIMIT_BOUNDS.period)),
  binding: z.optional(text('the name of a rate-limit binding', (value) => BINDING_NAME.test(value))),
};

export const rateLimitTable = table({
  by: z.optional(oneOf(['subject', 'client', 'tenant', 'issuer', 'claim', 'address'])),
  claim: z.optional(claimPath()),
  ...rate,
  exact: z.optional(flag()),
  on_unavailable: z.optional(oneOf(['accept', 'reject'])),
  timeout: z.optional(duration(RATE_LIMIT_BOUNDS.timeout)),
});

export const failedAuthenticationLimitTable = table(rate);
