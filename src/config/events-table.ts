import * as z from 'zod/mini';
import { EVENTS_BOUNDS } from './defaults.ts';
import { integer, oneOf, table } from './fields.ts';

export const eventsTable = table({
  allowed_share: z.optional(integer(EVENTS_BOUNDS.allowedShare)),
  names: z.optional(oneOf(['portcullis', 'opentelemetry'])),
  max_per_second: z.optional(integer(EVENTS_BOUNDS.maxPerSecond)),
});
