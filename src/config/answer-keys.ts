import * as z from 'zod/mini';
import { corsTable } from './cors-table.ts';
import { oneOf } from './fields.ts';
import { rateLimitTable } from './rate-limit-tables.ts';
import { resourceMetadataTable } from './resource-metadata-table.ts';

/** Keys of a route that say what the gateway itself answers for it, and to whom. */
export const answerKeys = {
  enforce: z.optional(oneOf(['refuse', 'report'])),
  cors: z.optional(corsTable),
  resource_metadata: z.optional(resourceMetadataTable),
  rate_limit: z.optional(rateLimitTable),
};
